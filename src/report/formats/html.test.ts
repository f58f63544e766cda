import { describe, expect, test } from 'vitest';
import type { Report, RunReport } from '../report.ts';
import { html } from './html.ts';
import { elementsOf } from './html-parse.ts';
import { find, readPage, words } from './html-reading.ts';
import {
  conformantReport,
  interruptedReport,
  nonconformantReport,
  sampleOutcome,
  sampleReport,
  sampleRun,
} from './sample-report.ts';

const read = (report: Report | RunReport): string => readPage(html.render(report));

describe('a report', () => {
  test('reads from the verdict and its cause to the numbers and the requirements', () => {
    expect(read(nonconformantReport())).toMatchInlineSnapshot(`
      "h1: kv is nonconformant
      p: 1 MUST failed; the baseline has 1 problem; 1 requirement is blocked; 1 probe errored through no fault of the plugin.
      p: hashicorp-grpc profile default complete run 2026-02-03 04:05 UTC 812 ms
      li: Baseline known-failures.yaml: GRPC-HS-002 is listed as a known failure and passed: remove it
      h2: Diagnosis
      p: Error Line 1 on stdout is your own output starting <kv> & co; the handshake follows on line 2
      p: Fix Send logs to stderr: print(…, file=sys.stderr)
      p: Breaks GRPC-HS-001 1 requirement blocked behind it output-before-handshake
      p: Warning The socket file is left behind
      p: Breaks GRPC-SD-004 left-behind/socket-file
      h2: Not judged
      li: Errored GRPC-BR-003 MUST The broker takes a late dial Plugfest itself failed: EMFILE
      h2: Outcomes
      dt: Passed
      dd: 1
      dt: Failed
      dd: 1
      dt: Warning
      dd: 1
      dt: Known
      dd: 1
      dt: Skipped
      dd: 1
      dt: Blocked
      dd: 1
      dt: Errored
      dd: 1
      li: HS Handshake 1/2 passed
      li: SD 0/1 passed
      li: LM 0/1 passed
      li: HL 0/1 passed
      li: BR 0/1 passed
      li: TLS Transport security – none judged
      p: Coverage 155 of 204 requirements of hashicorp-grpc probed, 46 planned, 3 untestable
      li: recognised as hashicorp-grpc: it prints a handshake line that names grpc
      h2: Requirements
      h3: HS Handshake 1 passed 1 failed
      open #GRPC-HS-001
        summary: Failed GRPC-HS-001 MUST The first line on stdout is the handshake Line 1 on stdout is your own output starting <kv> & co
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Diagnosis
        dd: Line 1 on stdout is your own output starting <kv> & co; the handshake follows on line 2 (output-before-handshake)
        dt: Expected
        dd: line 1 on stdout is the handshake
        dt: Observed
        dd: line 1 is starting <kv> & co, the handshake follows on line 2
        dt: Evidence
        tr: Time Launch Source What was seen
        tr: +12 ms plain stdout starting <kv> & co
        tr: +13 ms plain stdout 1|1|unix|/tmp/p/s|grpc|
        tr: +15 ms plain stderr \\xff\\xfekv … (cut)
        dt: A real host
        li: says here: Unrecognized remote plugin message: starting <kv> & co
        li: ≥ 1.4.7 rejects the plugin: Unrecognized remote plugin message: … (at once)
        li: < 1.4.7 rejects the plugin
        dt: Fix
        dd: Send logs to stderr: print(…, file=sys.stderr)
        dt: Reproduce
        pre: npx plugfest check --only GRPC-HS-001 --system hashicorp-grpc -- ./kv serve
        dt: Source
        dd: client.go, Start
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      folded #GRPC-HS-002
        summary: Passed GRPC-HS-002 MUST The line ends with a line feed and is flushed
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h3: SD 1 warning
      folded #GRPC-SD-004
        summary: Warning GRPC-SD-004 SHOULD The socket file is gone after Shutdown The socket file is left behind
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Diagnosis
        dd: left-behind
        dt: Note
        dd: fails only in a process that other probes have used before; alone it passes
        dt: Expected
        dd: no file at /tmp/p/s
        dt: Observed
        dd: a socket
        dt: A real host
        li: does not notice
        dt: Fix
        dd: Remove the socket file when the server stops.
        dt: Reproduce
        pre: npx plugfest check --only GRPC-SD-004 --system hashicorp-grpc -- ./kv serve
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h3: LM 1 known
      folded #GRPC-LM-002
        summary: Known GRPC-LM-002 MUST A message of 5 MB is taken RESOURCE_EXHAUSTED
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Known
        dd: waits for grpc 2, excused until 2026-12-31, https://example.com/issues/7
        dt: Expected
        dd: OK
        dt: Observed
        dd: RESOURCE_EXHAUSTED
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h3: HL 1 blocked
      folded #GRPC-HL-001
        summary: Blocked GRPC-HL-001 MUST Health answers for "plugin" behind GRPC-HS-001
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Blocked by
        dd: GRPC-HS-001
        dt: Reason
        dd: the handshake cannot be read
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h3: BR 1 errored
      open #GRPC-BR-003
        summary: Errored GRPC-BR-003 MUST The broker takes a late dial Plugfest itself failed: EMFILE
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h3: TLS Transport security 1 skipped
      folded #GRPC-TLS-001
        summary: Skipped GRPC-TLS-001 MUST AutoMTLS is spoken the plugin does not offer auto-mtls, and the profile does not demand it
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h2: Launches
      folded 
        summary: 1 launch, nothing left behind
        tr: Launch PID Ready after Exit Left behind
        tr: plain 4711 31 ms code 0 –
      h2: About this run
      dt: Command
      dd: ./kv serve
      dt: File
      dd: ./kv SHA-256 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      dt: Handshake
      dd: 1|1|unix|/tmp/p/s|grpc|
      dt: Services
      dd: proto.KV
      dt: Capabilities
      dd: health, stdio
      dt: Profile
      dd: default digest bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
      dt: Started
      dd: 2026-02-03 04:05 UTC, took 812 ms, seed 1
      dt: Environment
      dd: linux x64, Node 20.20.2
      dt: Tool
      dd: Plugfest 0.1.0 requirements d1e5c0de00000000
      p: Written by Plugfest 0.1.0. The JSON report holds the same and more, for programs."
    `);
  });

  test('that is conformant has nothing above its numbers', () => {
    expect(read(conformantReport())).toMatchInlineSnapshot(`
      "h1: kv is conformant
      p: No MUST failed, and nothing was blocked or errored.
      p: hashicorp-grpc profile default complete run 2026-02-03 04:05 UTC 812 ms
      h2: Outcomes
      dt: Passed
      dd: 2
      dt: Failed
      dd: 0
      dt: Warning
      dd: 0
      dt: Skipped
      dd: 1
      dt: Blocked
      dd: 0
      dt: Errored
      dd: 0
      li: HS Handshake 1/1 passed
      li: HL 1/1 passed
      li: TLS Transport security – none judged
      p: Coverage 155 of 204 requirements of hashicorp-grpc probed, 46 planned, 3 untestable
      h2: Requirements
      h3: HS Handshake 1 passed
      folded #GRPC-HS-001
        summary: Passed GRPC-HS-001 MUST The first line on stdout is the handshake
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h3: HL 1 passed
      folded #GRPC-HL-001
        summary: Passed GRPC-HL-001 MUST Health answers for "plugin"
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 1.4 s
      h3: TLS Transport security 1 skipped
      folded #GRPC-TLS-001
        summary: Skipped GRPC-TLS-001 MUST AutoMTLS is spoken the plugin does not offer auto-mtls, and the profile does not demand it
        dt: Rule
        dd: The very first line on stdout is the handshake line.
        dt: Why
        dd: The host judges the first line and never looks at a second.
        dt: Probed in
        dd: plain, 3 ms
      h2: Launches
      folded 
        summary: 1 launch, nothing left behind
        tr: Launch PID Ready after Exit Left behind
        tr: plain 4711 31 ms code 0 –
      h2: About this run
      dt: Command
      dd: ./kv serve
      dt: File
      dd: ./kv SHA-256 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      dt: Handshake
      dd: 1|1|unix|/tmp/p/s|grpc|
      dt: Services
      dd: proto.KV
      dt: Capabilities
      dd: health, stdio
      dt: Profile
      dd: default digest bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
      dt: Started
      dd: 2026-02-03 04:05 UTC, took 812 ms, seed 1
      dt: Environment
      dd: linux x64, Node 20.20.2
      dt: Tool
      dd: Plugfest 0.1.0 requirements d1e5c0de00000000
      p: Written by Plugfest 0.1.0. The JSON report holds the same and more, for programs."
    `);
  });

  test('that was interrupted and narrowed says so first', () => {
    expect(read(interruptedReport()).split('\n').slice(0, 6)).toMatchInlineSnapshot(`
      [
        "h1: counter is incomplete",
        "p: No MUST failed, but the run was interrupted.",
        "p: hashicorp-grpc profile terraform strict not a complete run 2026-02-03 04:05 UTC 812 ms",
        "li: The run was interrupted: this is what was known by then.",
        "li: The run was narrowed by --only GRPC-HS-*,HL --level MUST: it says nothing of the rest and cannot gate a release.",
        "h2: Outcomes",
      ]
    `);
  });

  test('under --strict shows a failed SHOULD as the failure that it is', () => {
    const should = sampleOutcome({ outcome: 'failed', level: 'SHOULD', observed: 'no' });
    const page = read(sampleReport([should, sampleOutcome({ id: 'GRPC-HS-002' })], { strict: true }));
    expect(page).toContain('1 SHOULD failed, which counts under --strict.');
    expect(page).toContain('summary: Failed GRPC-HS-001 SHOULD');
  });

  test('counts what is blocked behind a cause that no diagnosis names', () => {
    const blocked = (id: string) => sampleOutcome({ id, outcome: 'blocked', blockedBy: 'GRPC-HS-001', reason: 'no' });
    const page = read(sampleReport([sampleOutcome(), blocked('GRPC-HL-001'), blocked('GRPC-HL-002')]));
    expect(page).toContain('li: Blocked 2 requirements behind GRPC-HS-001: GRPC-HL-001 GRPC-HL-002');
  });

  test('shows what launches left behind without opening their table', () => {
    const launches = [
      {
        name: 'plain',
        pid: 1,
        startMs: 5,
        exit: { signal: 'SIGKILL', killedBy: 'it was over' },
        leaked: ['socket /tmp/s'],
      },
    ];
    const page = read(sampleReport([sampleOutcome()], { launches }));
    expect(page).toContain('li: Left behind plain: socket /tmp/s');
    expect(page).toContain('tr: plain 1 5 ms SIGKILL, killed by Plugfest: it was over socket /tmp/s');
  });
});

describe('a run', () => {
  test('has one line for each plugin, with its first root cause', () => {
    const page = html.render(sampleRun([conformantReport(), nonconformantReport(), interruptedReport()]));
    const [matrix] = find(page, 'table');
    expect(
      matrix &&
        elementsOf(matrix)
          .filter(({ name }) => name === 'tr')
          .map(words),
    ).toMatchInlineSnapshot(`
      [
        "Plugin Verdict System, profile Passed Failed Warning Known Skipped Blocked Errored Probed",
        "kv conformant hashicorp-grpc default 2 0 0 0 1 0 0 155/204",
        "kv Line 1 on stdout is your own output starting <kv> & co; the handshake follows on line 2 nonconformant hashicorp-grpc default 1 1 1 1 1 1 1 155/204",
        "counter interrupted incomplete hashicorp-grpc terraform 0 0 0 0 0 0 0 155/204",
      ]
    `);
    expect(find(page, 'h1').map(words)).toEqual(['3 plugins: nonconformant']);
  });

  test('folds its reports, unless there is only one', () => {
    const folds = (page: string) =>
      find(page, 'details').flatMap(({ attributes }) => (attributes['class'] === 'rep' ? ['open' in attributes] : []));
    expect(folds(html.render(sampleRun([conformantReport(), nonconformantReport()])))).toEqual([false, false]);
    expect(folds(html.render(sampleRun([conformantReport()])))).toEqual([true]);
  });
});
