/**
 * Markdown for job summaries and comments on pull requests: verdict, then root causes, then numbers, then each failure
 * with all it takes to fix it; what is no failure is folded away. GitHub refuses comments beyond 65,536 characters, so
 * the text is bounded: when space runs out, failures shrink to one line and then to a count.
 */
import type { Format } from '../format.ts';
import { counts, type Diagnosis, type Report, type ReportedOutcome, type RunReport } from '../report.ts';
import { type Fact, factsOf, reasonOf } from './failure-facts.ts';
import { foldedSections } from './markdown-folded.ts';
import { cell, codeSpan, fenced, prose } from './markdown-text.ts';

const spaceOfAComment = 60_000;

/** A part of the page, and what stands for it when it does not fit. */
export interface Block {
  readonly full: string;
  readonly short?: string;
}

const marks: Readonly<Record<Report['verdict'], string>> = {
  conformant: '✅',
  nonconformant: '❌',
  incomplete: '⚠️',
};

function scopeWords({ only, skip, level, smoke }: Report['scope']): string {
  const words = [
    ...(only ? [`--only ${only.join(',')}`] : []),
    ...(skip ? [`--skip ${skip.join(',')}`] : []),
    ...(level ? [`--level ${level}`] : []),
    ...(smoke ? ['--smoke'] : []),
  ];
  return words.join(' ');
}

function caveats(report: Report): readonly string[] {
  const narrowed = scopeWords(report.scope);
  return [
    ...(report.interrupted ? ['The run was **interrupted**: this is what was known by then.'] : []),
    ...(narrowed === ''
      ? []
      : [`The run was narrowed by ${codeSpan(narrowed)}: it says nothing of the rest and cannot gate a release.`]),
    ...(!report.complete && !report.interrupted && narrowed === ''
      ? ['The run ended early: it says nothing of the rest and cannot gate a release.']
      : []),
    ...(report.baseline?.problems ?? []).map(
      (problem) => `**Baseline** ${codeSpan(report.baseline?.file ?? '')}: ${prose(problem)}`,
    ),
    ...(report.notes ?? []).map(prose),
  ];
}

const severityMarks: Readonly<Record<Diagnosis['severity'], string>> = {
  error: '',
  warning: ' (warning)',
  note: ' (note)',
};

function diagnosisItem(diagnosis: Diagnosis, index: number): string {
  const { title, fix, requirements, severity } = diagnosis;
  const name = diagnosis.variant === undefined ? diagnosis.class : `${diagnosis.class}/${diagnosis.variant}`;
  const lines = [
    `${index + 1}. **${prose(title)}**${severityMarks[severity]}`,
    ...(fix === undefined ? [] : [`   - **Fix:** ${prose(fix)}`]),
    `   - ${codeSpan(name)} breaks ${requirements.map(codeSpan).join(', ') || 'nothing'}`,
  ];
  return lines.join('\n');
}

const shownDiagnoses = 12;

function diagnosisList(diagnoses: readonly Diagnosis[]): string {
  const more = diagnoses.length - shownDiagnoses;
  const items = diagnoses.slice(0, shownDiagnoses).map(diagnosisItem);
  return [...items, ...(more > 0 ? [`\nand ${more} more`] : [])].join('\n');
}

const countNames = ['passed', 'failed', 'warned', 'known', 'skipped', 'blocked', 'errored'] as const;
const countHeads = countNames.map((name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`);
const numbersOf = ({ counts }: Report): readonly string[] => countNames.map((name) => String(counts[name] ?? 0));

const table = (head: readonly string[], align: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, align, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const countTable = (report: Report): string =>
  table(
    countHeads,
    countNames.map(() => '---:'),
    [numbersOf(report)],
  );

const shownLines = 12;

function factPart(fact: Fact): string {
  const label = `**${fact.label}:**`;
  switch (fact.kind) {
    case 'text':
      return `- ${label} ${prose(fact.text)}`;
    case 'lines': {
      const more = fact.lines.length - shownLines;
      const lines = more > 0 ? [...fact.lines.slice(0, shownLines), `… ${more} more in the JSON report`] : fact.lines;
      return `\n${label}\n\n${fenced(lines, 'text')}\n`;
    }
    case 'command':
      return `\n${label}\n\n${fenced([fact.command], 'sh')}\n`;
    case 'host': {
      const items = fact.reactions.map(({ phrase, words, remark }) => {
        const said = words === undefined ? '' : `: ${codeSpan(words)}`;
        return `  - ${prose(phrase)}${said}${remark === undefined ? '' : ` (${prose(remark)})`}`;
      });
      return [`- ${label}`, ...items].join('\n');
    }
  }
}

const headOf = ({ id, level, title }: ReportedOutcome): string => `${codeSpan(id)} (${level}) ${prose(title)}`;

/** One failure, with everything known of it. */
export function failureBlock(outcome: ReportedOutcome, { diagnoses }: Report, heading: string): Block {
  const facts = factsOf(outcome, diagnoses).map(factPart);
  return {
    full: `${heading} ${headOf(outcome)}\n\n${prose(reasonOf(outcome))}\n\n${facts.join('\n').trim()}`,
    short: `- ${headOf(outcome)}: ${prose(reasonOf(outcome))}`,
  };
}

function coverageLine({ coverage, system }: Report): string {
  const { requirements, probed, untestable, planned } = coverage;
  return `Coverage of ${prose(system)}: ${probed} of ${requirements} requirements probed, ${planned} planned, ${untestable} untestable.`;
}

function reportBlocks(report: Report, depth: number): readonly Block[] {
  const heading = '#'.repeat(depth);
  const { plugin, system, profile, verdict, strict, durationMs, tool, diagnoses } = report;
  const facts = [prose(system), `profile ${prose(profile.name)}`, ...(strict ? ['strict'] : [])];
  const failures = report.outcomes.filter((outcome) => counts(outcome, strict));
  const remarks = caveats(report).map((line) => `- ${line}`);
  return [
    { full: `${heading} ${marks[verdict]} ${prose(plugin.name)} is ${verdict}` },
    { full: `${facts.join(', ')}; ${(durationMs / 1000).toFixed(1)} s, Plugfest ${prose(tool.version)}` },
    ...(remarks.length > 0 ? [{ full: remarks.join('\n') }] : []),
    ...(diagnoses.length > 0 ? [{ full: `${heading}# Diagnosis\n\n${diagnosisList(diagnoses)}` }] : []),
    { full: countTable(report) },
    ...(failures.length > 0 ? [{ full: `${heading}# Failures` }] : []),
    ...failures.map((outcome) => failureBlock(outcome, report, `${heading}##`)),
    ...foldedSections(report, `${heading}##`),
    { full: coverageLine(report) },
  ];
}

function runBlocks({ verdict, reports }: RunReport): readonly Block[] {
  const rows = reports.map((report) => [
    cell(report.plugin.name),
    cell(report.system),
    cell(report.profile.name),
    `${marks[report.verdict]} ${report.verdict}`,
    ...numbersOf(report),
  ]);
  const align = ['---', '---', '---', '---', ...countNames.map(() => '---:')];
  const plugins = `${reports.length} ${reports.length === 1 ? 'plugin' : 'plugins'}`;
  return [
    { full: `## ${marks[verdict]} ${plugins}: ${verdict}` },
    ...(rows.length > 0
      ? [{ full: table(['Plugin', 'System', 'Profile', 'Verdict', ...countHeads], align, rows) }]
      : []),
    ...reports.flatMap((report) => reportBlocks(report, 3)),
  ];
}

/** Joins blocks until the space is used up; what does not fit shrinks, then is counted. */
function fit(blocks: readonly Block[]): string {
  const shown: string[] = [];
  let left = spaceOfAComment;
  let dropped = 0;
  for (const { full, short } of blocks) {
    const text = full.length <= left ? full : short;
    if (text === undefined || text.length > left) dropped += 1;
    else {
      shown.push(text);
      left -= text.length + 2;
    }
  }
  if (dropped > 0) shown.push(`${dropped} more parts of this report did not fit here; the JSON report has them all.`);
  return `${shown.join('\n\n')}\n`;
}

/** Markdown. */
export const markdown: Format = {
  name: 'markdown',
  title: 'Markdown, for job summaries and comments on pull requests',
  render: (report) => fit(report.kind === 'run' ? runBlocks(report) : reportBlocks(report, 2)),
};
