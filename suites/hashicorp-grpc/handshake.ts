/** The handshake of one start: what arrived, what every rule says of it, and whether a host could go on. */
import { blocked, type Failed, type ProbeOutcome, passed } from '../../src/run/outcome.ts';
import type { Broken } from '../../src/run/suite.ts';
import type { Address } from '../../src/wire/address.ts';
import {
  earlyExit,
  findLater,
  type HandshakeFacts,
  lineEvidence,
  notFirst,
  silence,
  tooLong,
  unfinished,
} from './arrival.ts';
import type { FirstLine, FoundLine } from './first-line.ts';
import { atoi, splitHostPort } from './go-text.ts';
import { type HandshakeLine, looksLikeHandshake, readLine } from './handshake-line.ts';
import { lineRules, stoppingRules } from './handshake-rules.ts';
import { hostError } from './reference-host.ts';

export interface Handshake {
  readonly first: FirstLine;
  /** The line that was judged: the first one, or a later one where the first is no handshake. */
  readonly line: HandshakeLine | undefined;
  readonly lineNumber: number;
  /** What each rule says of it. */
  readonly outcomes: ReadonlyMap<string, ProbeOutcome>;
  /** Why no host would go on from here. */
  readonly broken: Broken | undefined;
  /** The error the reference host would show, where it shows one. */
  readonly hostSays: string | undefined;
  readonly address: Address | undefined;
  readonly version: number | undefined;
}

const arrivalRules = ['GRPC-LE-013', 'GRPC-HS-016', 'GRPC-HS-002', 'GRPC-HS-001'] as const;

/** Reads and judges the handshake of a start. */
export async function readHandshake(facts: HandshakeFacts): Promise<Handshake> {
  const { plugin, first, host } = facts;
  const outcomes = new Map<string, ProbeOutcome>();
  const none = { first, line: undefined, lineNumber: 0, hostSays: undefined, address: undefined, version: undefined };
  const stop = (id: string, outcome: Failed, hostSays?: string): Handshake => {
    for (const rule of [...arrivalRules, ...Object.keys(lineRules)])
      outcomes.set(rule, rule === id ? outcome : (outcomes.get(rule) ?? blocked(id, outcome.observed)));
    const said = hostSays === undefined ? outcome : { ...outcome, hostSays };
    outcomes.set(id, said);
    return { ...none, outcomes, hostSays, broken: { by: id, outcome: said, stage: 'start' } };
  };
  if (first.arrival === 'closed')
    return stop(
      'GRPC-LE-013',
      await earlyExit(facts),
      "Unrecognized remote plugin message: Failed to read any lines from plugin's stdout",
    );
  if (first.arrival === 'nothing') {
    const outcome = await silence(facts);
    // What comes out at the end was printed and not flushed, which is a rule of its own.
    const by = outcome.cause?.variant === 'buffered' ? 'GRPC-HS-002' : 'GRPC-LE-013';
    return stop(by, outcome, 'timeout while waiting for plugin to start');
  }
  outcomes.set('GRPC-LE-013', passed());
  if (first.arrival === 'too-long')
    return stop('GRPC-HS-016', tooLong(facts), "Failed to read any lines from plugin's stdout");
  outcomes.set('GRPC-HS-016', passed());
  const bytes = first.line?.bytes ?? Buffer.alloc(0);
  const line = readLine(bytes);
  if (first.arrival === 'unfinished')
    return stop('GRPC-HS-002', unfinished(facts, line), 'timeout while waiting for plugin to start');
  outcomes.set('GRPC-HS-002', first.arrival === 'line' ? passed() : passed('the end of the output ended the line'));
  const hostSays = hostError(line.text, host);
  let judged: FoundLine = { line, number: 1 };
  let broken: Broken | undefined;
  if (looksLikeHandshake(line)) outcomes.set('GRPC-HS-001', passed());
  else {
    const later = await findLater(plugin);
    const outcome = notFirst(facts, line, later);
    if (!later) return stop('GRPC-HS-001', outcome, hostSays);
    outcomes.set('GRPC-HS-001', outcome);
    broken = { by: 'GRPC-HS-001', outcome, stage: 'start' };
    judged = later;
  }
  const evidence = lineEvidence(plugin, judged.number);
  for (const [id, rule] of Object.entries(lineRules)) outcomes.set(id, rule({ line: judged.line, host, evidence }));
  for (const id of stoppingRules) {
    const outcome = outcomes.get(id);
    if (broken || outcome?.outcome !== 'failed') continue;
    const said = hostSays === undefined ? outcome : { ...outcome, hostSays };
    outcomes.set(id, said);
    broken = { by: id, outcome: said, stage: 'start' };
  }
  return {
    first,
    line: judged.line,
    lineNumber: judged.number,
    outcomes,
    broken,
    hostSays,
    address: addressOf(judged.line),
    version: atoi(judged.line.fields.app ?? ''),
  };
}

/** Where the printed address leads; `undefined` when nobody could connect to it. */
export function addressOf(line: HandshakeLine): Address | undefined {
  const { network, address } = line.fields;
  if (address === undefined) return undefined;
  if (network === 'unix') return { network, path: asKernelReads(address) };
  if (network !== 'tcp') return undefined;
  const split = splitHostPort(address);
  // A Go host dials the local machine when the host part is empty.
  return split.ok ? { network, host: split.host || 'localhost', port: Number(split.port) } : undefined;
}

/** The system takes a path up to its first zero byte, and a Go host hands it over as it stands. */
const asKernelReads = (path: string): string => (path.startsWith('@') ? path : path.replace(/\0.*$/s, ''));
