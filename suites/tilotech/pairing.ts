/**
 * Whether two copies of a plugin can run side by side, each at its own path. No rule asks for it; where they cannot, a
 * fixed port for example, launches run one after the other, so that one copy is never blamed for the other.
 */
import { failed, type ProbeOutcome, passed } from '../../src/run/outcome.ts';
import type { TiloSession } from './session.ts';

export function judgePair(first: TiloSession, second: TiloSession): ProbeOutcome {
  if (first.broken || !second.broken) return passed();
  return failed({ expected: 'a second copy starts beside the first', observed: second.broken.outcome.observed });
}
