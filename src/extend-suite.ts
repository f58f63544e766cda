/** Fits a system's suite to a profile: what the profile adds to it, and what it may not ask of it. */
import { nearest } from './config/nearest.ts';
import type { Profile } from './config/profile.ts';
import { UsageError } from './config/usage-error.ts';
import type { Requirements } from './run/requirement.ts';
import type { Suite } from './run/suite.ts';

export interface ExtendedSuite {
  /** The system's suite with what the profile adds. */
  readonly suite: Suite;
  /** The requirements that the profile adds, such as its calls. */
  readonly extra: Requirements;
}

function assertRequires({ capabilities, system }: Suite, { requires }: Profile): void {
  const known = Object.keys(capabilities);
  for (const word of requires) {
    if (Object.hasOwn(capabilities, word)) continue;
    const meant = nearest(word, known);
    throw new UsageError(
      `requires in the profile: "${word}" is no capability of ${system}; expected one of ${known.join(', ')}`,
      { hint: meant === undefined ? undefined : `did you mean \`${meant}\`?` },
    );
  }
}

/** Adds what the profile brings. @throws UsageError for a profile that does not fit the system */
export async function extendSuite(suite: Suite, profile: Profile): Promise<ExtendedSuite> {
  assertRequires(suite, profile);
  const extension = await suite.extend?.(profile);
  if (!extension || extension.requirements.size === 0) return { suite, extra: new Map() };
  const { requirements, probes } = extension;
  return {
    suite: {
      ...suite,
      requirements: new Map([...suite.requirements, ...requirements]),
      probes: [...suite.probes, ...probes],
      areas: { ...suite.areas, CALL: 'Calls of the profile' },
    },
    extra: requirements,
  };
}
