/** Area LG: what goes to stderr, read as the host reads it. Judged on what was seen in every start. */
import { blocked, failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { PluginExited } from '../../../src/run/plugin-fact.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import type { LogFault } from '../logs.ts';
import { privateKey } from '../private-key.ts';
import { healthCheck, methods } from '../services.ts';
import type { GrpcSession } from '../session.ts';

/** A rule that no line may break. */
const everyLine =
  (fault: LogFault, expected: string) =>
  ({ logs, transcript }: GrpcSession): ProbeOutcome => {
    const found = logs.faults.get(fault);
    if (!found) return passed();
    const observed = `line ${found.line.number} of stderr: ${found.what}`;
    return failed({
      expected,
      observed,
      evidence: [transcript.line('stderr', found.line)],
      ...(fault === 'crashes-host' && {
        cause: {
          class: 'log-crashes-host',
          title: `A log line crashes the host: ${found.what} in line ${found.line.number} of stderr`,
          fix: 'Write @message, @level and @timestamp as JSON strings.',
        },
      }),
    });
  };

/** A line as loggers write it: with a level or hclog's keys. */
const looksLikeLog =
  /"@?(?:level|message|msg)"\s*:|(?:^|[^A-Za-z])(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)(?:[^A-Za-z]|$)/;

function logsKeepOffStdout({ handshake, plugin }: GrpcSession): ProbeOutcome {
  const first = handshake.outcomes.get('GRPC-HS-001');
  if (first?.outcome === 'failed')
    return looksLikeLog.test(plugin.stdout.firstLine?.bytes.toString('utf8') ?? '')
      ? first
      : blocked('GRPC-HS-001', 'something was printed before the handshake');
  return handshake.line ? passed() : blocked(handshake.broken?.by ?? 'GRPC-LE-013', 'there is no handshake line');
}

function isStructured({ handshake, logs, transcript }: GrpcSession): ProbeOutcome {
  if (handshake.broken) return blocked(handshake.broken.by, 'last words of a start that failed are no log');
  if (logs.lines === 0) return skipped('nothing was written to stderr');
  if (logs.structured > 0) return passed();
  return failed({
    expected: 'JSON objects with @message, @level and @timestamp',
    observed: `${logs.lines} lines of text, which a host logs at debug level`,
    evidence: transcript.last(2, 'stderr'),
  });
}

function prefixes({ logs }: GrpcSession): ProbeOutcome {
  if (logs.prefixed > 0) return passed(`${logs.prefixed} lines name their level in brackets`);
  return passed();
}

function crashOutput({ logs, plugin }: GrpcSession): ProbeOutcome {
  const crashed = plugin.exited !== undefined && plugin.exited.killedBy === undefined && (plugin.exited.code ?? 0) > 1;
  if (!crashed || logs.lines === 0) return passed();
  return logs.crash
    ? passed('the crash shows at error level in hosts from 1.7.0 on')
    : passed('the crash shows at debug level in a host');
}

async function survivesDeafHost(session: GrpcSession): Promise<ProbeOutcome> {
  void session.main;
  const { plugin } = session;
  plugin.stdout.release();
  plugin.stderr.release();
  for (let round = 0; round < 5; round += 1) {
    // Calls that a server has reason to log: unknown methods, bad messages, connections that end in the middle.
    await session.call('/plugfest.NoSuchService/Log', Buffer.from([0xff, 0xff]));
    const raw = await session.connectRaw();
    if (raw.connected) raw.socket.end('GARBAGE\r\n\r\n');
  }
  await eventually(() => plugin.exited !== undefined, { limitMs: 200 });
  if (plugin.exited) throw new PluginExited(plugin.exited);
  const connection = await session.connect();
  await session.answered(methods.check, healthCheck, { connection });
  connection.close();
  return passed();
}

/** A shorter cookie, such as `hello`, may stand in a log for other reasons. */
const shortestSecret = 12;

function keepsSecrets({ plugin, profile, transcript }: GrpcSession): ProbeOutcome {
  const cookie = profile.cookie?.value ?? '';
  for (const output of [plugin.stdout, plugin.stderr]) {
    for (const line of output.lines()) {
      const text = line.bytes.toString('latin1');
      const what = privateKey.test(text)
        ? 'a private key'
        : cookie.length >= shortestSecret && text.includes(cookie)
          ? 'the value of the cookie'
          : undefined;
      if (what === undefined) continue;
      const observed = `${what} in line ${line.number} of ${output.name}`;
      return failed({
        expected: 'no secrets in what the plugin prints',
        observed,
        evidence: [transcript.line(output.name, { ...line, bytes: Buffer.from('(not repeated)') })],
      });
    }
  }
  return passed();
}

export const loggingProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-LG-001', { every: true }, logsKeepOffStdout),
  probe('GRPC-LG-002', { every: true }, everyLine('crashes-host', 'strings under @message, @level and @timestamp')),
  probe('GRPC-LG-003', { launches: ['plain'] }, isStructured),
  probe('GRPC-LG-004', { every: true }, everyLine('timestamp', '@timestamp with six fraction digits and a zone')),
  probe('GRPC-LG-005', { every: true }, everyLine('level', '@level is trace, debug, info, warn or error')),
  probe('GRPC-LG-006', { every: true }, everyLine('long', 'lines of less than 65536 bytes')),
  probe('GRPC-LG-007', { every: true }, prefixes),
  probe('GRPC-LG-008', { every: true }, crashOutput),
  probe('GRPC-LG-009', { launch: 'plain', isolated: true }, survivesDeafHost),
  probe('GRPC-LG-010', { every: true }, keepsSecrets),
];
