/** Looks once more at a plugin that never got ready, started in another way, to tell what the first start could not. */
import type { CompletionContext, Explanation } from '../../src/run/suite.ts';
import { launches, type TiloLaunch } from './launches.ts';
import type { TiloSession } from './session.ts';
import { notFlushed } from './why-not-ready.ts';

type Context = CompletionContext<TiloSession, TiloLaunch>;

const [plain] = launches;

const starts = (context: Context, changes: Partial<TiloLaunch>): Promise<boolean> =>
  context.look({ ...plain, refuses: true, ...changes }, ({ ready }) => ready.arrival === 'ready');

/** A plugin that starts with an open stdin reads it; one that starts with unbuffered output does not flush. */
export async function explain(context: Context, gate: TiloSession): Promise<Explanation | undefined> {
  const { arrival } = gate.ready;
  const cause = gate.broken?.outcome.cause;
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
