/** For tests: a report in which every text that a plugin, a path or a config file can influence is the given one. */
import fc from 'fast-check';
import type { Report } from '../report.ts';
import { sampleEvidence, sampleOutcome, sampleReport } from './sample-report.ts';

/** What has broken out of some format before, and what a plugin may print by accident. */
const fragments = [
  ...['\ud800', '\udfff', '\ufffe', '\u0000', '\u001b[2J', '\u0085', '\u202e', '\u2028', '\r', '\r\n', '\n', '\t', ' '],
  ...[
    '&',
    '<',
    '>',
    '"',
    "'",
    ']]>',
    '<![CDATA[',
    '-->',
    '&amp;',
    '&#0;',
    '</failure>',
    '<script>',
    '</details>',
    '<!--',
  ],
  ...['`', '``', '```', '````', '~~~', '\n```\n', '|', '\\|', '\\', '**', '__', '# ', '\n# ', '> ', '- ', '1. ', '***'],
  ...['@everyone', '#1', 'GH-1', '!1', '~bug', '$x$', ':tada:', 'https://evil.example/', 'www.evil.example', '[a](b)'],
  ...['![i](http://x)', 'deadbeef1', '/close', '{+ +}', '==', '==='],
];

/** Text that is never blank, so that every part of a report has something to show. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: 'binary', maxLength: 8 }), fc.constant('word')), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => `${parts.join('')}.`);

/** A report with one outcome of each kind, each with every field a report can have. */
export function hostileReport(text: string): Report {
  const facts = {
    area: text,
    title: text,
    text,
    why: text,
    launches: [text],
    reason: text,
    expected: text,
    observed: text,
    evidence: [sampleEvidence(text, { launch: text, source: text }), sampleEvidence(text, { truncated: true })],
    host: [{ versions: text, reaction: 'rejects' as const, message: text, note: text }],
    hostSays: text,
    fix: text,
    source: text,
    stateDependent: true,
    reproduce: { text, argv: [text] },
    repeated: { runs: 3, failed: 1 },
  };
  const known = { reason: text, until: text, link: `javascript:${text}` };
  return sampleReport(
    [
      sampleOutcome({ ...facts, outcome: 'failed' }),
      sampleOutcome({ ...facts, outcome: 'failed', level: 'SHOULD' }),
      sampleOutcome({ ...facts, outcome: 'failed', known }),
      sampleOutcome({ ...facts, outcome: 'passed' }),
      sampleOutcome({ ...facts, outcome: 'skipped' }),
      sampleOutcome({ ...facts, outcome: 'blocked', blockedBy: text }),
      sampleOutcome({ ...facts, outcome: 'errored' }),
    ],
    {
      system: text,
      areas: [{ name: text, title: text }],
      plugin: { name: text, command: [text], files: [{ path: text, sha256: text }] },
      profile: { name: text, digest: text },
      complete: false,
      scope: { only: [text], skip: [text] },
      diagnoses: [
        { class: text, variant: text, title: text, fix: text, requirements: ['GRPC-HS-001', text], severity: 'error' },
        { class: text, title: text, requirements: [text], severity: 'note' },
      ],
      notes: [text],
      baseline: { file: text, problems: [text] },
    },
  );
}
