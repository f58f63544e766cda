/** Looks once more at a plugin that could not be used, started in another way, to tell what the first start could not. */

import type { CompletionContext, Explanation } from '../../src/run/suite.ts';
import { eventually } from '../../src/run/within.ts';
import { hasEnded } from './has-ended.ts';
import { launches, type TiloLaunch } from './launches.ts';
import type { TiloSession } from './session.ts';
import { notFlushed } from './why-not-ready.ts';

type Context = CompletionContext<TiloSession, TiloLaunch>;

const [plain] = launches;

const starts = (context: Context, changes: Partial<TiloLaunch>): Promise<boolean> =>
  context.look({ ...plain, refuses: true, ...changes }, ({ ready }) => ready.arrival === 'ready');

/** Says what a second start shows: reading stdin, a buffer, or an end that has nothing to do with the first request. */
export async function explain(context: Context, gate: TiloSession): Promise<Explanation | undefined> {
  const { arrival } = gate.ready;
  const cause = gate.broken?.outcome.cause;
  if (arrival === 'ready') return gate.broken?.by === 'TILO-ERR-005' ? endsByItself(context, gate) : undefined;
  const mayReadStdin = (arrival === 'ended' && cause?.class === 'early-exit') || arrival === 'nothing';
  if (arrival === 'nothing' && cause?.class === 'ready-line-missing' && (await starts(context, unbuffered)))
    return { ...notFlushed, breaks: 'TILO-READY-002' };
  if (mayReadStdin && gate.earlyExit?.signal === undefined && (await starts(context, { stdin: 'pipe' })))
    return {
      class: 'reads-stdin',
      title: 'The plugin ends when its stdin does: it starts with an open pipe, and not with /dev/null',
      fix: 'Leave stdin alone: under a host it is /dev/null.',
      breaks: 'TILO-START-002',
    };
  return undefined;
}

const unbuffered: Partial<TiloLaunch> = {
  environment: (context) => ({ ...plain.environment(context), PYTHONUNBUFFERED: '1' }),
};

/** A plugin that dies without a request as well, as soon as with one, has not died of it. */
async function endsByItself(context: Context, gate: TiloSession): Promise<Explanation | undefined> {
  const livedMs = (gate.plugin.exited?.atMs ?? 0) - gate.ready.atMs;
  const broken = await context.look({ ...plain, quiet: true }, async (session) => {
    if (session.broken) return undefined;
    await eventually(() => session.plugin.exited !== undefined, { limitMs: livedMs + 250 });
    return session.plugin.exited ? hasEnded(session) : undefined;
  });
  if (!broken) return undefined;
  gate.broken = broken;
  return broken.outcome.cause;
}
