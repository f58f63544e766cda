/** Rules that hold for other generations than the one a suite is for: skipped, with the reason, and never left out. */
import { skipped } from '../../src/run/outcome.ts';
import { type Probe, probe, type Session } from '../../src/run/suite.ts';

export const notHere = <S extends Session>(ids: readonly string[], reason: string): readonly Probe<S>[] =>
  ids.map((id) => probe<S>(id, { launch: 'plain' }, () => skipped(reason)));
