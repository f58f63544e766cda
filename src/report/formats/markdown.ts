/**
 * Markdown for job summaries and comments on pull requests: verdict, then root causes, then numbers, then each failure
 * with all it takes to fix it; what is no failure is folded away. GitHub refuses comments beyond 65,536 characters, so
 * the text is bounded: when space runs out, the last parts shrink to one line each.
 */
import type { Format } from '../format.ts';
import { counts, type Diagnosis, type Report, type RunReport } from '../report.ts';
import { scopeWords } from '../scope-words.ts';
import { type Block, failureBlock } from './markdown-failure.ts';
import { otherSections } from './markdown-sections.ts';
import { cell, codeSpan, prose } from './markdown-text.ts';

const roomOfAComment = 60_000;

const marks: Readonly<Record<Report['verdict'], string>> = {
  conformant: '✅',
  nonconformant: '❌',
  incomplete: '⚠️',
};

/** What a reader must know before trusting the verdict. */
function caveats({ scope, complete, interrupted, baseline, notes = [] }: Report): readonly string[] {
  const narrowed = scopeWords(scope);
  const rest = 'it says nothing of the rest and cannot gate a release.';
  return [
    ...(interrupted ? ['The run was **interrupted**: this is what was known by then.'] : []),
    ...(narrowed === '' ? [] : [`The run was narrowed by ${codeSpan(narrowed)}: ${rest}`]),
    ...(!complete && !interrupted && narrowed === '' ? [`The run ended early: ${rest}`] : []),
    ...(baseline?.problems ?? []).map((problem) => `**Baseline** ${codeSpan(baseline?.file ?? '')}: ${prose(problem)}`),
    ...notes.map(prose),
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
  const about = severity === 'note' ? 'about' : 'breaks';
  return [
    `${index + 1}. **${prose(title)}**${severityMarks[severity]}`,
    ...(fix === undefined ? [] : [`   - **Fix:** ${prose(fix)}`]),
    `   - ${codeSpan(name)}${requirements.length > 0 ? ` ${about} ${requirements.map(codeSpan).join(', ')}` : ''}`,
  ].join('\n');
}

const shownDiagnoses = 12;

function diagnosisList(diagnoses: readonly Diagnosis[]): string {
  const more = diagnoses.length - shownDiagnoses;
  const items = diagnoses.slice(0, shownDiagnoses).map(diagnosisItem).join('\n');
  return more > 0 ? `${items}\n\nand ${more} more` : items;
}

const countNames = ['passed', 'failed', 'warned', 'known', 'skipped', 'blocked', 'errored'] as const;
const countHeads = countNames.map((name) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`);
const numbersOf = ({ counts }: Report): readonly string[] => countNames.map((name) => String(counts[name] ?? 0));

/** A table with columns of words on the left and columns of numbers on the right. */
function table(words: readonly string[], numbers: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = [...words.map(() => '---'), ...numbers.map(() => '---:')];
  return [[...words, ...numbers], align, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function coverageLine({ coverage, system }: Report): string {
  const { requirements, probed, untestable, planned } = coverage;
  return `Coverage of ${prose(system)}: ${probed} of ${requirements} requirements probed, ${planned} planned, ${untestable} untestable.`;
}

function reportBlocks(report: Report, heading: string): readonly Block[] {
  const { plugin, system, profile, verdict, strict, durationMs, tool, diagnoses } = report;
  const facts = [prose(system), `profile ${prose(profile.name)}`, ...(strict ? ['strict'] : [])].join(', ');
  const failures = report.outcomes.filter((outcome) => counts(outcome, strict));
  const remarks = caveats(report).map((line) => `- ${line}`);
  return [
    { full: `${heading} ${marks[verdict]} ${prose(plugin.name)} is ${verdict}` },
    { full: `${facts}; ${(durationMs / 1000).toFixed(1)} s, Plugfest ${prose(tool.version)}` },
    ...(remarks.length > 0 ? [{ full: remarks.join('\n') }] : []),
    ...(diagnoses.length > 0 ? [{ full: `${heading}# Diagnosis\n\n${diagnosisList(diagnoses)}` }] : []),
    { full: table([], countHeads, [numbersOf(report)]) },
    ...(failures.length > 0 ? [{ full: `${heading}# Failures` }] : []),
    ...failures.map((outcome) => failureBlock(outcome, diagnoses, `${heading}##`)),
    ...otherSections(report, `${heading}#`),
    { full: coverageLine(report) },
  ];
}

function runBlocks({ verdict, reports }: RunReport): readonly Block[] {
  const rows = reports.map((report) => [
    ...[report.plugin.name, report.system, report.profile.name].map(cell),
    `${marks[report.verdict]} ${report.verdict}`,
    ...numbersOf(report),
  ]);
  const plugins = `${reports.length} ${reports.length === 1 ? 'plugin' : 'plugins'}`;
  return [
    { full: `## ${marks[verdict]} ${plugins}: ${verdict}` },
    ...(rows.length > 0 ? [{ full: table(['Plugin', 'System', 'Profile', 'Verdict'], countHeads, rows) }] : []),
    ...reports.flatMap((report) => reportBlocks(report, '###')),
  ];
}

const sizeOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length + 2, 0);

/** Joins blocks so that they fit: everything in short first, then the earliest in full for as long as there is room. */
function withinRoom(blocks: readonly Block[]): string {
  const texts = blocks.map(({ full, short }) => short ?? full);
  let left = roomOfAComment - sizeOf(texts);
  for (const [index, { full }] of blocks.entries()) {
    const growth = full.length - (texts[index]?.length ?? 0);
    if (growth > left) continue;
    texts[index] = full;
    left -= growth;
  }
  let dropped = 0;
  for (; left < 0 && texts.length > 1; dropped += 1) left += (texts.pop()?.length ?? 0) + 2;
  if (dropped > 0) texts.push(`${dropped} more parts of this report have no room here; the JSON report has them all.`);
  return `${texts.join('\n\n')}\n`;
}

/** Markdown. */
export const markdown: Format = {
  name: 'markdown',
  title: 'Markdown, for job summaries and comments on pull requests',
  render: (report) => withinRoom(report.kind === 'run' ? runBlocks(report) : reportBlocks(report, '##')),
};
