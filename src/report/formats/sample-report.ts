/**
 * Reports to try formats on: built, not copied from output, so that they stay true to the types. Three plugins: one
 * that is sound, one that breaks in most of the ways a report can tell, and one that never got ready.
 */
import { countOutcomes } from '../build-report.ts';
import type { Report, ReportedEvidence, ReportedOutcome, RunReport } from '../report.ts';
import { verdictOf, worstVerdict } from '../verdict.ts';

/** An outcome of `GRPC-HS-001` that passed, with changes. */
export const sampleOutcome = (changes: Partial<ReportedOutcome> = {}): ReportedOutcome => ({
  id: 'GRPC-HS-001',
  level: 'MUST',
  area: 'HS',
  title: 'The first line on stdout is the handshake',
  text: 'The very first line on stdout is the handshake line.',
  why: 'The host judges the first line and never looks at a second.',
  launches: ['plain'],
  outcome: 'passed',
  durationMs: 3,
  ...changes,
});

/** One line of a transcript, with changes. */
export const sampleEvidence = (text: string, changes: Partial<ReportedEvidence> = {}): ReportedEvidence => ({
  launch: 'plain',
  atMs: 12,
  source: 'stdout',
  text,
  encoding: 'utf8',
  truncated: false,
  ...changes,
});

/** A report on the given outcomes: counts and verdict follow from them. */
export function sampleReport(outcomes: readonly ReportedOutcome[], changes: Partial<Report> = {}): Report {
  const { strict = false, interrupted = false } = changes;
  const baselineProblems = changes.baseline?.problems.length ?? 0;
  return {
    kind: 'report',
    schemaVersion: 1,
    tool: { name: 'plugfest', version: '0.1.0', requirements: 'd1e5c0de00000000' },
    environment: { os: 'linux', arch: 'x64', node: '20.20.2' },
    system: 'hashicorp-grpc',
    plugin: { name: 'kv', command: ['./kv', 'serve'], files: [{ path: './kv', sha256: 'a'.repeat(64) }] },
    profile: { name: 'default', digest: 'b'.repeat(64) },
    areas: [
      { name: 'HS', title: 'Handshake' },
      { name: 'TLS', title: 'Transport security' },
    ],
    startedAt: '2026-02-03T04:05:06.789Z',
    durationMs: 812,
    seed: 1,
    complete: !interrupted,
    scope: {},
    strict,
    interrupted,
    verdict: verdictOf({ outcomes, strict, interrupted, baselineProblems }),
    counts: countOutcomes(outcomes),
    coverage: { requirements: 204, probed: 155, untestable: 3, planned: 46 },
    observed: { handshake: '1|1|unix|/tmp/p/s|grpc|', services: ['proto.KV'], capabilities: ['health', 'stdio'] },
    diagnoses: [],
    outcomes,
    launches: [{ name: 'plain', pid: 4711, startMs: 31, exit: { code: 0 }, leaked: [] }],
    ...changes,
  };
}

const reproduce = (id: string): Pick<ReportedOutcome, 'reproduce'> => ({
  reproduce: {
    text: `npx plugfest check --only ${id} --system hashicorp-grpc -- ./kv serve`,
    argv: ['plugfest', 'check', '--only', id, '--system', 'hashicorp-grpc', '--', './kv', 'serve'],
  },
});

const noAutoMtls = 'the plugin does not offer auto-mtls, and the profile does not demand it';

/** A sound plugin: everything passed but one capability it does not offer. */
export const conformantReport = (): Report =>
  sampleReport([
    sampleOutcome(),
    sampleOutcome({ id: 'GRPC-HL-001', area: 'HL', title: 'Health answers for "plugin"', durationMs: 1450 }),
    sampleOutcome({
      id: 'GRPC-TLS-001',
      area: 'TLS',
      title: 'AutoMTLS is spoken',
      outcome: 'skipped',
      reason: noAutoMtls,
    }),
  ]);

const strayLine: ReportedOutcome = sampleOutcome({
  outcome: 'failed',
  reason: 'Line 1 on stdout is your own output `starting <kv> & co`',
  expected: 'line 1 on stdout is the handshake',
  observed: 'line 1 is `starting <kv> & co`, the handshake follows on line 2',
  evidence: [
    sampleEvidence('starting <kv> & co'),
    sampleEvidence('1|1|unix|/tmp/p/s|grpc|', { atMs: 13 }),
    sampleEvidence('//5rdg==', { atMs: 15, source: 'stderr', encoding: 'base64', truncated: true }),
  ],
  host: [
    { versions: '≥ 1.4.7', reaction: 'rejects', message: 'Unrecognized remote plugin message: …', note: 'at once' },
    { versions: '< 1.4.7', reaction: 'rejects' },
  ],
  hostSays: 'Unrecognized remote plugin message: starting <kv> & co',
  fix: 'Send logs to stderr: print(…, file=sys.stderr)',
  source: 'client.go, Start',
  ...reproduce('GRPC-HS-001'),
});

/** A plugin that breaks a MUST and a SHOULD, has a known failure, and leaves something blocked and something errored. */
export const nonconformantReport = (): Report =>
  sampleReport(
    [
      strayLine,
      sampleOutcome({ id: 'GRPC-HS-002', title: 'The line ends with a line feed and is flushed' }),
      sampleOutcome({
        id: 'GRPC-SD-004',
        level: 'SHOULD',
        area: 'SD',
        title: 'The socket file is gone after Shutdown',
        outcome: 'failed',
        reason: 'The socket file is left behind',
        expected: 'no file at /tmp/p/s',
        observed: 'a socket',
        host: [{ versions: 'all', reaction: 'tolerates' }],
        fix: 'Remove the socket file when the server stops.',
        stateDependent: true,
        ...reproduce('GRPC-SD-004'),
      }),
      sampleOutcome({
        id: 'GRPC-LM-002',
        area: 'LM',
        title: 'A message of 5 MB is taken',
        outcome: 'failed',
        reason: 'RESOURCE_EXHAUSTED',
        expected: 'OK',
        observed: 'RESOURCE_EXHAUSTED',
        known: { reason: 'waits for grpc 2', until: '2026-12-31', link: 'https://example.com/issues/7' },
      }),
      sampleOutcome({
        id: 'GRPC-HL-001',
        area: 'HL',
        title: 'Health answers for "plugin"',
        outcome: 'blocked',
        reason: 'the handshake cannot be read',
        blockedBy: 'GRPC-HS-001',
      }),
      sampleOutcome({
        id: 'GRPC-BR-003',
        area: 'BR',
        title: 'The broker takes a late dial',
        outcome: 'errored',
        reason: 'Plugfest itself failed: EMFILE',
      }),
      sampleOutcome({
        id: 'GRPC-TLS-001',
        area: 'TLS',
        title: 'AutoMTLS is spoken',
        outcome: 'skipped',
        reason: noAutoMtls,
      }),
    ],
    {
      diagnoses: [
        {
          class: 'output-before-handshake',
          title: 'Line 1 on stdout is your own output `starting <kv> & co`; the handshake follows on line 2',
          fix: 'Send logs to stderr: print(…, file=sys.stderr)',
          requirements: ['GRPC-HS-001'],
          severity: 'error',
        },
        {
          class: 'left-behind',
          variant: 'socket-file',
          title: 'The socket file is left behind',
          requirements: ['GRPC-SD-004'],
          severity: 'warning',
        },
      ],
      notes: ['recognised as hashicorp-grpc: it prints a handshake line that names grpc'],
      baseline: {
        file: 'known-failures.yaml',
        problems: ['GRPC-HS-002 is listed as a known failure and passed: remove it'],
      },
    },
  );

/** A narrowed run under a profile that was interrupted before the plugin was ready. */
export const interruptedReport = (): Report =>
  sampleReport([], {
    plugin: { name: 'counter', command: ['python3', 'counter.py'], files: [] },
    profile: { name: 'terraform', digest: 'c'.repeat(64) },
    complete: false,
    interrupted: true,
    strict: true,
    scope: { only: ['GRPC-HS-*', 'HL'], level: 'MUST' },
    observed: { services: [], capabilities: [] },
    launches: [],
  });

/** What `plugfest run` writes for the given reports. */
export const sampleRun = (reports: readonly Report[]): RunReport => ({
  kind: 'run',
  schemaVersion: 1,
  tool: { name: 'plugfest', version: '0.1.0' },
  verdict: worstVerdict(reports.map(({ verdict }) => verdict)),
  reports,
});
