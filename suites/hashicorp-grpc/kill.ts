/**
 * Ends a session step by step as the reference host's `Kill()` does (client.go, Kill; grpc_client.go, Close), and
 * remembers what happened at each step. The probes about shutdown all read these facts.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Exit } from '../../src/launch/exit.ts';
import { type Listener, listenersOf, type ProcessEntry } from '../../src/launch/process-table.ts';
import { eventually } from '../../src/run/within.ts';
import type { CallResult } from '../../src/wire/grpc-call.ts';
import { Status } from '../../src/wire/grpc-status.ts';
import { empty, methods } from './services.ts';
import type { GrpcSession } from './session.ts';
import { statOf } from './socket-file.ts';

export interface KillFacts {
  /** What Shutdown came to. */
  readonly answer: CallResult;
  /** The service is not there. */
  readonly unimplemented: boolean;
  /** It answered, or dropped the connection while doing so. */
  readonly accepted: boolean;
  /** The process that owned the printed address before. */
  readonly ownerPid: number | undefined;
  /** Milliseconds from the answer to the end of the process; absent when it had to be killed. */
  readonly goneAfterMs: number | undefined;
  readonly exit: Exit | undefined;
  /** Milliseconds from the end of the process to the end of both pipes; absent when they stayed open. */
  readonly pipesAfterMs: number | undefined;
  /** Processes of the plugin that outlived a kill of the started process. */
  readonly survivors: readonly ProcessEntry[];
  /** The main socket is still there. */
  readonly socketLeft: boolean;
  /** Other sockets and files in the temporary folder, by path. */
  readonly otherSockets: readonly string[];
  readonly otherFiles: readonly string[];
}

const kills = new WeakMap<GrpcSession, Promise<KillFacts>>();

/** Kills the session's plugin as the host would; once, however many probes ask. @throws Blocked */
export function kill(session: GrpcSession): Promise<KillFacts> {
  const known = kills.get(session);
  if (known) return known;
  const facts = perform(session);
  kills.set(session, facts);
  return facts;
}

const ownerOf = (session: GrpcSession): number | undefined => {
  const { address } = session.handshake;
  const isPrinted = (listener: Listener): boolean =>
    address?.network === 'unix'
      ? listener.network === 'unix' && listener.address === address.path
      : listener.network === 'tcp' && listener.address.endsWith(`:${address?.port}`);
  // Mostly it is the plugin itself, which can be told without a look at every process.
  const [own] = listenersOf([session.plugin.pid], address?.network).filter(isPrinted);
  return (own ?? listenersOf(session.plugin.processes().map(({ pid }) => pid)).find(isPrinted))?.pid;
};

async function perform(session: GrpcSession): Promise<KillFacts> {
  const { plugin, transcript, deadlines } = session;
  const ownerPid = ownerOf(session);
  const { connection } = session.openMain ?? { connection: await session.connect() };
  session.leaving = true;
  const startedAt = transcript.now();
  const answer = await connection.unary(methods.shutdown, empty, { limitMs: deadlines.shutdownMs });
  session.note(answer, startedAt);
  const answeredAt = transcript.now();
  connection.close();
  const pipesClosed = () => plugin.stdout.endedAtMs !== undefined && plugin.stderr.endedAtMs !== undefined;
  await eventually(() => plugin.exited !== undefined && pipesClosed(), { limitMs: deadlines.graceMs });
  const goneAfterMs = plugin.exited && Math.max(0, Math.round(plugin.exited.atMs - answeredAt));
  if (!plugin.exited) plugin.signal('SIGKILL');
  await eventually(() => plugin.exited !== undefined && pipesClosed(), { limitMs: deadlines.graceMs });
  const exit = plugin.exited;
  const pipesAt = Math.max(plugin.stdout.endedAtMs ?? 0, plugin.stderr.endedAtMs ?? 0);
  const survivors = plugin.processes().filter(({ pid }) => pid !== plugin.pid);
  for (const { pid, name } of survivors) transcript.add('census', `process ${pid} (${name}) is still there`);
  const path = session.handshake.address?.network === 'unix' ? session.handshake.address.path : undefined;
  const files = listTree(plugin.directory).filter((file) => file !== path);
  return {
    answer,
    unimplemented: answer.status === Status.UNIMPLEMENTED,
    accepted: isAccepted(answer),
    ownerPid,
    goneAfterMs,
    exit,
    pipesAfterMs: exit && pipesClosed() ? Math.max(0, Math.round(pipesAt - exit.atMs)) : undefined,
    survivors,
    socketLeft: path !== undefined && statOf(path) !== undefined,
    otherSockets: files.filter((file) => statOf(file)?.isSocket()),
    otherFiles: files.filter((file) => statOf(file)?.isFile()),
  };
}

/** A plugin may answer, or lose the connection because it stops its server from inside the call: both are right. */
const isAccepted = ({ end, status }: CallResult): boolean =>
  status === Status.OK ||
  status === Status.UNAVAILABLE ||
  status === Status.CANCELLED ||
  (status === undefined && (end === 'lost' || end === 'reset' || end === 'unfinished'));

function listTree(folder: string, depth = 3): readonly string[] {
  try {
    return readdirSync(folder)
      .slice(0, 200)
      .flatMap((name) => {
        const path = join(folder, name);
        const isFolder = depth > 0 && statSync(path, { throwIfNoEntry: false })?.isDirectory();
        return isFolder ? listTree(path, depth - 1) : [path];
      });
  } catch {
    return [];
  }
}
