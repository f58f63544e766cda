import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oneLine } from '../escape.ts';
import { hostileReport, hostileText } from './hostile-report.ts';
import { junit } from './junit.ts';
import { parseXml, type XmlElement } from './parse-xml.ts';
import {
  conformantReport,
  interruptedReport,
  nonconformantReport,
  sampleOutcome,
  sampleReport,
  sampleRun,
} from './sample-report.ts';

const all = (element: XmlElement, name: string): readonly XmlElement[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);

describe('a report', () => {
  test('as JUnit XML', () => {
    expect(junit.render(nonconformantReport())).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="plugfest" tests="8" failures="2" errors="1" skipped="3" time="0.812">
        <testsuite name="kv" tests="8" failures="2" errors="1" skipped="3" time="0.812" timestamp="2026-02-03T04:05:06">
          <properties>
            <property name="system" value="hashicorp-grpc"/>
            <property name="profile" value="default"/>
            <property name="verdict" value="nonconformant"/>
            <property name="complete" value="true"/>
            <property name="strict" value="false"/>
            <property name="requirements" value="d1e5c0de00000000"/>
          </properties>
          <testcase name="GRPC-HS-001 The first line on stdout is the handshake" classname="kv.HS" time="0.003">
            <failure message="Line 1 on stdout is your own output \`starting &lt;kv&gt; &amp; co\`" type="GRPC-HS-001">Line 1 on stdout is your own output \`starting &lt;kv&gt; &amp; co\`

      Diagnosis: Line 1 on stdout is your own output \`starting &lt;kv&gt; &amp; co\`; the handshake follows on line 2 (output-before-handshake)
      Expected: line 1 on stdout is the handshake
      Observed: line 1 is \`starting &lt;kv&gt; &amp; co\`, the handshake follows on line 2
      Evidence:
        plain +12 ms stdout: starting &lt;kv&gt; &amp; co
        plain +13 ms stdout: 1|1|unix|/tmp/p/s|grpc|
        plain +15 ms stderr: \\xff\\xfekv … (cut)
      A real host:
        says here: Unrecognized remote plugin message: starting &lt;kv&gt; &amp; co
        ≥ 1.4.7 rejects the plugin: Unrecognized remote plugin message: … (at once)
        &lt; 1.4.7 rejects the plugin
      Fix: Send logs to stderr: print(…, file=sys.stderr)
      Reproduce: npx plugfest check --only GRPC-HS-001 --system hashicorp-grpc -- ./kv serve
      Source: client.go, Start</failure>
          </testcase>
          <testcase name="GRPC-HS-002 The line ends with a line feed and is flushed" classname="kv.HS" time="0.003"/>
          <testcase name="GRPC-SD-004 The socket file is gone after Shutdown" classname="kv.SD" time="0.003">
            <system-out>warning, a SHOULD failed: The socket file is left behind

      Diagnosis: \`left-behind\`
      Note: fails only in a process that other probes have used before; alone it passes
      Expected: no file at /tmp/p/s
      Observed: a socket
      A real host:
        does not notice
      Fix: Remove the socket file when the server stops.
      Reproduce: npx plugfest check --only GRPC-SD-004 --system hashicorp-grpc -- ./kv serve</system-out>
          </testcase>
          <testcase name="GRPC-LM-002 A message of 5 MB is taken" classname="kv.LM" time="0.003">
            <skipped message="known: waits for grpc 2 (until 2026-12-31)">RESOURCE_EXHAUSTED

      Expected: OK
      Observed: RESOURCE_EXHAUSTED</skipped>
          </testcase>
          <testcase name="GRPC-HL-001 Health answers for &quot;plugin&quot;" classname="kv.HL" time="0.003">
            <skipped message="blocked by GRPC-HS-001: the handshake cannot be read"/>
          </testcase>
          <testcase name="GRPC-BR-003 The broker takes a late dial" classname="kv.BR" time="0.003">
            <error message="Plugfest itself failed: EMFILE" type="GRPC-BR-003">Plugfest itself failed: EMFILE</error>
          </testcase>
          <testcase name="GRPC-TLS-001 AutoMTLS is spoken" classname="kv.TLS" time="0.003">
            <skipped message="the plugin does not offer auto-mtls, and the profile does not demand it"/>
          </testcase>
          <testcase name="baseline GRPC-HS-002 is listed as a known failure and passed: remove it" classname="kv.baseline" time="0.000">
            <failure message="known-failures.yaml: GRPC-HS-002 is listed as a known failure and passed: remove it" type="baseline">known-failures.yaml: GRPC-HS-002 is listed as a known failure and passed: remove it</failure>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });

  test('that is conformant has no failure', () => {
    expect(junit.render(conformantReport())).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="plugfest" tests="3" failures="0" errors="0" skipped="1" time="0.812">
        <testsuite name="kv" tests="3" failures="0" errors="0" skipped="1" time="0.812" timestamp="2026-02-03T04:05:06">
          <properties>
            <property name="system" value="hashicorp-grpc"/>
            <property name="profile" value="default"/>
            <property name="verdict" value="conformant"/>
            <property name="complete" value="true"/>
            <property name="strict" value="false"/>
            <property name="requirements" value="d1e5c0de00000000"/>
          </properties>
          <testcase name="GRPC-HS-001 The first line on stdout is the handshake" classname="kv.HS" time="0.003"/>
          <testcase name="GRPC-HL-001 Health answers for &quot;plugin&quot;" classname="kv.HL" time="1.450"/>
          <testcase name="GRPC-TLS-001 AutoMTLS is spoken" classname="kv.TLS" time="0.003">
            <skipped message="the plugin does not offer auto-mtls, and the profile does not demand it"/>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });

  test('that is incomplete without any outcome to show it says so in a case of its own', () => {
    expect(junit.render(interruptedReport())).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="plugfest" tests="1" failures="0" errors="1" skipped="0" time="0.812">
        <testsuite name="counter" tests="1" failures="0" errors="1" skipped="0" time="0.812" timestamp="2026-02-03T04:05:06">
          <properties>
            <property name="system" value="hashicorp-grpc"/>
            <property name="profile" value="terraform"/>
            <property name="verdict" value="incomplete"/>
            <property name="complete" value="false"/>
            <property name="strict" value="true"/>
            <property name="requirements" value="d1e5c0de00000000"/>
          </properties>
          <testcase name="verdict" classname="counter.verdict" time="0.000">
            <error message="incomplete: the run was interrupted" type="incomplete">incomplete: the run was interrupted</error>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });

  test('whose blocked requirements alone make it incomplete is not green', () => {
    const blocked = sampleOutcome({ outcome: 'blocked', blockedBy: 'GRPC-SD-004', reason: 'nothing answers' });
    const root = parseXml(junit.render(sampleReport([blocked])));
    expect(all(root, 'error').map(({ attributes }) => attributes['message'])).toEqual([
      'incomplete: 1 requirements are blocked',
    ]);
  });

  test.each([
    { strict: false, failures: '0', outputs: 1 },
    { strict: true, failures: '1', outputs: 0 },
  ])('counts a failed SHOULD as a failure when strict is $strict', ({ strict, failures, outputs }) => {
    const failed = sampleOutcome({ level: 'SHOULD', outcome: 'failed', expected: 'a', observed: 'b' });
    const root = parseXml(junit.render(sampleReport([failed], { strict })));
    expect(root.attributes['failures']).toBe(failures);
    expect(all(root, 'system-out')).toHaveLength(outputs);
  });
});

describe('a run', () => {
  test('has a suite for each plugin, and names of its own for each of two checks of one plugin', () => {
    const vault = { ...conformantReport(), profile: { name: 'vault', digest: 'd'.repeat(64) } };
    const root = parseXml(
      junit.render(sampleRun([conformantReport(), vault, nonconformantReport(), interruptedReport()])),
    );
    expect(all(root, 'testsuite').map(({ attributes }) => attributes['name'])).toEqual([
      'kv (default) 1',
      'kv (vault)',
      'kv (default) 3',
      'counter',
    ]);
    expect(root.attributes).toEqual({
      name: 'plugfest',
      tests: '15',
      failures: '2',
      errors: '2',
      skipped: '5',
      time: '3.248',
    });
  });

  test('of nothing is well-formed', () => {
    expect(junit.render(sampleRun([]))).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="plugfest" tests="0" failures="0" errors="0" skipped="0" time="0.000">
      </testsuites>
      "
    `);
  });
});

describe('hostile text', () => {
  test('never breaks the document, its counts or its messages', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const root = parseXml(junit.render(sampleRun([hostileReport(text), conformantReport()])));
        const number = (name: string): string => String(all(root, name).length);
        expect(root.attributes).toMatchObject({
          tests: number('testcase'),
          failures: number('failure'),
          errors: number('error'),
          skipped: number('skipped'),
        });
        expect(all(root, 'failure')[0]?.attributes['message']).toBe(oneLine(text));
      }),
      { numRuns: 300 },
    );
  });
});
