/** Area HS: the handshake line. Most rules hold for every start whose host could accept its version. */
import { scannerLimit } from '../../../src/launch/output.ts';
import { blocked, failed, passed, skipped } from '../../../src/run/outcome.ts';
import { Blocked } from '../../../src/run/plugin-fact.ts';
import { type Probe, type ProbeReturn, probe } from '../../../src/run/suite.ts';
import { parseBool } from '../go-text.ts';
import type { HandshakeLine } from '../handshake-line.ts';
import type { GrpcSession } from '../session.ts';

/** What the rules said of a start's line; see handshake-rules.ts. */
const judged =
  (id: string) =>
  ({ handshake }: GrpcSession): ProbeReturn => {
    const outcome = handshake.outcomes.get(id);
    if (!outcome) throw new Error(`no rule judges ${id}`);
    return outcome;
  };

/** The line of a start. @throws Blocked by whatever kept it from coming */
function lineOf({ handshake: { line, broken } }: GrpcSession): HandshakeLine {
  if (line) return line;
  throw new Blocked(broken?.by ?? 'GRPC-LE-013', broken?.outcome.observed ?? 'there is no handshake line');
}

/** @throws Blocked when the handshake leads to nothing */
function assertUsable({ handshake: { broken } }: GrpcSession): void {
  if (broken) throw new Blocked(broken.by, broken.outcome.observed);
}

const lineProbes = [
  'GRPC-HS-001',
  'GRPC-HS-002',
  'GRPC-HS-003',
  'GRPC-HS-004',
  'GRPC-HS-005',
  'GRPC-HS-006',
  'GRPC-HS-007',
  'GRPC-HS-008',
  'GRPC-HS-009',
  'GRPC-HS-010',
  'GRPC-HS-011',
  'GRPC-HS-012',
  'GRPC-HS-013',
  'GRPC-HS-014',
  'GRPC-HS-015',
  'GRPC-HS-016',
  'GRPC-HS-017',
  'GRPC-HS-020',
  'GRPC-HS-027',
  'GRPC-HS-029',
].map((id) => probe(id, { every: true, smoke: true }, judged(id)));

/** Field 6 is empty wherever the host hands out no certificate. */
const fieldProbes = ['GRPC-HS-018', 'GRPC-HS-019'].map((id) =>
  probe(id, { every: true, at: ['auto-mtls'], smoke: true }, judged(id)),
);

function listensFirst(session: GrpcSession): ProbeReturn {
  assertUsable(session);
  if (!session.broken) session.assertConnected();
  const { reach, where } = session;
  if (reach?.first.connected) return passed();
  if (reach?.lateByMs === undefined) return blocked('GRPC-HS-028', `nobody ever listened on ${where}`);
  return failed({
    expected: `a listener on ${where} in the moment the line arrives`,
    observed: `nobody listened; ${reach.lateByMs} ms later somebody did`,
    evidence: session.evidence(),
    cause: {
      class: 'not-listening',
      variant: 'too-early',
      title: `The line was printed ${reach.lateByMs} ms before the listener was ready`,
      fix: 'Listen first, print second: the host connects at once and never retries its stdio and broker streams.',
    },
  });
}

function onlyTheLine(session: GrpcSession): ProbeReturn {
  lineOf(session);
  const { plugin, transcript, handshake } = session;
  const others = plugin.stdout.lineCount - 1;
  if (others <= 0) return passed();
  const sample = plugin.stdout.lines().filter((line) => line.number !== handshake.lineNumber);
  return failed({
    expected: 'one line on stdout, the handshake',
    observed: `${others} further ${others === 1 ? 'line' : 'lines'}`,
    evidence: sample.slice(0, 3).map((line) => transcript.line('stdout', line)),
  });
}

function laterLinesAreShort(session: GrpcSession): ProbeReturn {
  lineOf(session);
  const { plugin, transcript } = session;
  const long = plugin.stdout.lines().find((line) => line.number > 1 && line.length >= scannerLimit);
  const { length } = plugin.stdout.unfinished();
  if (!long && length < scannerLimit) return passed();
  const observed = long ? `line ${long.number} has ${long.length} bytes` : `a line of ${length} bytes and more`;
  return failed({
    expected: 'stdout lines of less than 65536 bytes',
    observed,
    evidence: long ? [transcript.line('stdout', long)] : [],
    cause: {
      class: 'blocked-by-own-output',
      title: `A stdout line of 64 KiB ends the host's reader, and the plugin then blocks in write(2): ${observed}`,
      fix: 'Write to stderr, or keep lines short: nobody reads stdout after such a line.',
    },
  });
}

async function keepsStdoutOpen(session: GrpcSession): Promise<ProbeReturn> {
  const { plugin } = session;
  if (plugin.stdout.endedAtMs === undefined || (await session.hasExited())) return passed();
  return failed({
    expected: 'stdout stays open while the plugin runs',
    observed: `it was closed after ${Math.round(plugin.stdout.endedAtMs)} ms`,
    evidence: session.evidence(),
  });
}

export const handshakeProbes: readonly Probe<GrpcSession>[] = [
  ...lineProbes,
  ...fieldProbes,

  probe('GRPC-HS-021', { launches: ['multiplex'] }, (session: GrpcSession) => {
    if (!session.handshake.line) return blocked('GRPC-HS-022', 'there is no line when multiplexing is asked for');
    return judged('GRPC-HS-021')(session);
  }),

  probe('GRPC-HS-022', { launches: ['multiplex'] }, (session: GrpcSession) => {
    const { line, broken } = session.handshake;
    if (line?.fields.multiplex !== undefined && parseBool(line.fields.multiplex) === true)
      return skipped('the plugin can multiplex');
    if (!broken) return passed();
    const { observed, evidence = [], cause } = broken.outcome;
    return failed({
      expected: 'an ordinary start although the host asks for multiplexing',
      observed,
      evidence,
      ...(cause && { cause }),
    });
  }),

  probe('GRPC-HS-023', { launch: 'plain', smoke: true }, listensFirst),

  probe('GRPC-HS-024', { every: true }, onlyTheLine),

  probe('GRPC-HS-025', { every: true, smoke: true }, laterLinesAreShort),

  probe('GRPC-HS-026', { every: true }, (session: GrpcSession) => {
    const { text } = lineOf(session);
    return text === text.trim() ? passed() : passed('there are blanks around the line, which hosts drop');
  }),

  probe('GRPC-HS-028', { launch: 'plain', smoke: true }, (session: GrpcSession) => {
    assertUsable(session);
    if (session.broken?.by === 'GRPC-HS-028') return session.broken.outcome;
    if (!session.broken) session.assertConnected();
    return passed();
  }),

  probe('GRPC-HS-030', { launch: 'plain' }, keepsStdoutOpen),
];
