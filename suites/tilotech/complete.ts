/** Says what the profile leaves open; nothing can be found out, because no plugin tells what methods it has. */
import type { Completion, CompletionContext } from '../../src/run/suite.ts';
import type { TiloLaunch } from './launches.ts';
import { settingsOf } from './profile-block.ts';
import type { TiloSession } from './session.ts';

export async function complete({ profile }: CompletionContext<TiloSession, TiloLaunch>): Promise<Completion> {
  const { methods } = settingsOf(profile);
  const note =
    'no methods are known, so only what every plugin must do is probed: name some under tilotech.methods in a profile, each with path, payload, and body or error';
  return { profile, notes: methods.length === 0 ? [note] : [] };
}
