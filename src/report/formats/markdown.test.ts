import { describe, expect, test } from 'vitest';
import type { Report } from '../report.ts';
import { markdown } from './markdown.ts';
import {
  conformantReport,
  interruptedReport,
  nonconformantReport,
  sampleOutcome,
  sampleReport,
  sampleRun,
} from './sample-report.ts';

describe('a report', () => {
  test('as Markdown', () => {
    expect(markdown.render(nonconformantReport())).toMatchInlineSnapshot(`
      "## ❌ kv is nonconformant

      hashicorp-grpc, profile default; 0.8 s, Plugfest 0.1.0

      - **Baseline** \`known-failures.yaml\`: GRPC-HS-002 is listed as a known failure and passed: remove it
      - recognised as hashicorp-grpc: it prints a handshake line that names grpc

      ### Diagnosis

      1. **Line 1 on stdout is your own output \`starting <kv> & co\`; the handshake follows on line 2**
         - **Fix:** Send logs to stderr: print(…, file=sys.stderr)
         - \`output-before-handshake\` breaks \`GRPC-HS-001\`
      2. **The socket file is left behind** (warning)
         - \`left-behind/socket-file\` breaks \`GRPC-SD-004\`

      | Passed | Failed | Warned | Known | Skipped | Blocked | Errored |
      | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      | 1 | 1 | 1 | 1 | 1 | 1 | 1 |

      ### Failures

      #### \`GRPC-HS-001\` (MUST) The first line on stdout is the handshake

      Line 1 on stdout is your own output \`starting <kv> & co\`

      - **Diagnosis:** Line 1 on stdout is your own output \`starting <kv> & co\`; the handshake follows on line 2 (output-before-handshake)
      - **Expected:** line 1 on stdout is the handshake
      - **Observed:** line 1 is \`starting <kv> & co\`, the handshake follows on line 2

      **Evidence:**

      \`\`\`text
      plain +12 ms stdout: starting <kv> & co
      plain +13 ms stdout: 1|1|unix|/tmp/p/s|grpc|
      plain +15 ms stderr: \\xff\\xfekv … (cut)
      \`\`\`

      - **A real host:**
        - says here: \`Unrecognized remote plugin message: starting <kv> & co\`
        - ≥ 1.4.7 rejects the plugin: \`Unrecognized remote plugin message: …\` (at once)
        - &lt; 1.4.7 rejects the plugin
      - **Fix:** Send logs to stderr: print(…, file=sys.stderr)

      **Reproduce:**

      \`\`\`sh
      npx plugfest check --only GRPC-HS-001 --system hashicorp-grpc -- ./kv serve
      \`\`\`

      - **Source:** client.go, Start

      ### Not judged

      - \`GRPC-BR-003\` (MUST) The broker takes a late dial: Plugfest itself failed: EMFILE (no fault of the plugin)
      - 1 blocked by \`GRPC-HS-001\`: \`GRPC-HL-001\`

      <details>
      <summary>1 warning</summary>

      #### \`GRPC-SD-004\` (SHOULD) The socket file is gone after Shutdown

      The socket file is left behind

      - **Diagnosis:** \`left-behind\`
      - **Note:** fails only in a process that other probes have used before; alone it passes
      - **Expected:** no file at /tmp/p/s
      - **Observed:** a socket
      - **A real host:**
        - does not notice
      - **Fix:** Remove the socket file when the server stops.

      **Reproduce:**

      \`\`\`sh
      npx plugfest check --only GRPC-SD-004 --system hashicorp-grpc -- ./kv serve
      \`\`\`

      </details>

      <details>
      <summary>1 known failure</summary>

      - \`GRPC-LM-002\` (MUST) A message of 5 MB is taken: waits for grpc 2, until 2026-12-31, [link](<https://example.com/issues/7>)

      </details>

      <details>
      <summary>1 skipped</summary>

      - \`GRPC-TLS-001\` (MUST) AutoMTLS is spoken: the plugin does not offer auto-mtls, and the profile does not demand it

      </details>

      Coverage of hashicorp-grpc: 155 of 204 requirements probed, 46 planned, 3 untestable.
      "
    `);
  });

  test('that is conformant', () => {
    expect(markdown.render(conformantReport())).toMatchInlineSnapshot(`
      "## ✅ kv is conformant

      hashicorp-grpc, profile default; 0.8 s, Plugfest 0.1.0

      | Passed | Failed | Warned | Known | Skipped | Blocked | Errored |
      | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      | 2 | 0 | 0 | 0 | 1 | 0 | 0 |

      <details>
      <summary>1 skipped</summary>

      - \`GRPC-TLS-001\` (MUST) AutoMTLS is spoken: the plugin does not offer auto-mtls, and the profile does not demand it

      </details>

      Coverage of hashicorp-grpc: 155 of 204 requirements probed, 46 planned, 3 untestable.
      "
    `);
  });

  test('names a few of many that one failure blocks', () => {
    const blocked = Array.from({ length: 7 }, (_, n) =>
      sampleOutcome({ id: `GRPC-HS-01${n}`, outcome: 'blocked', blockedBy: 'GRPC-HS-001', reason: 'no handshake' }),
    );
    expect(markdown.render(sampleReport(blocked))).toContain(
      '\n- 7 blocked by `GRPC-HS-001`: `GRPC-HS-010`, `GRPC-HS-011`, `GRPC-HS-012`, `GRPC-HS-013`, `GRPC-HS-014` and 2 more\n',
    );
  });

  test('that ended early says so', () => {
    expect(markdown.render(sampleReport([], { complete: false }))).toContain(
      '- The run ended early: it says nothing of the rest and cannot gate a release.\n',
    );
  });
});

describe('a run', () => {
  test('begins with a matrix of plugins', () => {
    expect(markdown.render(sampleRun([conformantReport(), interruptedReport()]))).toMatchInlineSnapshot(`
      "## ⚠️ 2 plugins: incomplete

      | Plugin | System | Profile | Verdict | Passed | Failed | Warned | Known | Skipped | Blocked | Errored |
      | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      | kv | hashicorp-grpc | default | ✅ conformant | 2 | 0 | 0 | 0 | 1 | 0 | 0 |
      | counter | hashicorp-grpc | terraform | ⚠️ incomplete | 0 | 0 | 0 | 0 | 0 | 0 | 0 |

      ### ✅ kv is conformant

      hashicorp-grpc, profile default; 0.8 s, Plugfest 0.1.0

      | Passed | Failed | Warned | Known | Skipped | Blocked | Errored |
      | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      | 2 | 0 | 0 | 0 | 1 | 0 | 0 |

      <details>
      <summary>1 skipped</summary>

      - \`GRPC-TLS-001\` (MUST) AutoMTLS is spoken: the plugin does not offer auto-mtls, and the profile does not demand it

      </details>

      Coverage of hashicorp-grpc: 155 of 204 requirements probed, 46 planned, 3 untestable.

      ### ⚠️ counter is incomplete

      hashicorp-grpc, profile terraform, strict; 0.8 s, Plugfest 0.1.0

      - The run was **interrupted**: this is what was known by then.
      - The run was narrowed by \`--only GRPC-HS-*,HL --level MUST\`: it says nothing of the rest and cannot gate a release.

      | Passed | Failed | Warned | Known | Skipped | Blocked | Errored |
      | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
      | 0 | 0 | 0 | 0 | 0 | 0 | 0 |

      Coverage of hashicorp-grpc: 155 of 204 requirements probed, 46 planned, 3 untestable.
      "
    `);
  });

  test('of nothing', () => {
    expect(markdown.render(sampleRun([]))).toBe('## ✅ 0 plugins: conformant\n');
  });
});

describe('room', () => {
  const [failure] = nonconformantReport().outcomes;
  const many = (count: number): Report =>
    sampleReport(
      Array.from({ length: count }, (_, n) =>
        sampleOutcome({ ...failure, id: `GRPC-XX-${String(n).padStart(3, '0')}`, observed: 'x'.repeat(500) }),
      ),
    );

  test('runs out: the last failures shrink to one line', () => {
    const text = markdown.render(many(100));
    expect(text.length).toBeLessThanOrEqual(60_200);
    expect(text).toContain('\n#### `GRPC-XX-000` (MUST) The first line on stdout is the handshake\n\nLine 1');
    expect(text).toContain('\n- `GRPC-XX-099` (MUST) The first line on stdout is the handshake: Line 1');
    expect(text).toContain('\nCoverage of hashicorp-grpc: ');
  });

  test('runs out altogether: what is left out is counted', () => {
    const text = markdown.render(sampleRun([many(600), many(600)]));
    expect(text.length).toBeLessThanOrEqual(60_200);
    expect(text).toMatch(/\n\n\d+ more parts of this report have no room here; the JSON report has them all\.\n$/);
  });
});
