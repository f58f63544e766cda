/** For tests: what a user is told about bad input, as the command line shows it. */
import { isUsageError } from './usage-error.ts';

/** The message of the UsageError and its hint on a line of its own, or `accepted`. Other errors pass through. */
export async function refusal(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (!isUsageError(error)) throw error;
    return error.hint === undefined ? error.message : `${error.message}\n  ${error.hint}`;
  }
  return 'accepted';
}
