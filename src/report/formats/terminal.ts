/**
 * The report for people at a terminal: the verdict, then the root causes with what they break, then each failure with
 * everything needed to mend it. What passed is folded into counts.
 */

import { oneLine, oneLineWithin } from '../escape.ts';
import type { Format } from '../format.ts';
import { groupBy } from '../group-by.ts';
import { counts, type Diagnosis, type Report, type ReportedOutcome, type RunReport } from '../report.ts';

/** The colours that are used; each wraps a text. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const same = (text: string): string => text;
const noColours: Palette = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

export interface TerminalOptions {
  readonly palette?: Palette;
  /** Show passed and skipped requirements one by one. */
  readonly verbose?: boolean;
  /** Show the verdict and the root causes only. */
  readonly quiet?: boolean;
}

const evidenceLines = 6;

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

function verdictLine(report: Report, p: Palette): string {
  const { verdict, counts: c } = report;
  const paint = verdict === 'conformant' ? p.green : verdict === 'nonconformant' ? p.red : p.yellow;
  const mark = verdict === 'conformant' ? '✓' : verdict === 'nonconformant' ? '✗' : '…';
  const parts = [
    `${c.passed} passed`,
    ...(c.failed > 0 ? [p.red(`${c.failed} failed`)] : []),
    ...(c.warned > 0 ? [p.yellow(plural(c.warned, 'warning'))] : []),
    ...(c.known ? [`${c.known} known`] : []),
    ...(c.blocked > 0 ? [`${c.blocked} blocked`] : []),
    ...(c.errored > 0 ? [p.red(`${c.errored} errored`)] : []),
    ...(c.skipped > 0 ? [p.dim(`${c.skipped} skipped`)] : []),
  ];
  const narrowed = report.complete ? '' : p.dim(report.interrupted ? ' · interrupted' : ' · not the whole suite');
  return `${paint(p.bold(`${mark} ${verdict}`))}  ${parts.join(' · ')}${narrowed}  ${p.dim(seconds(report.durationMs))}`;
}

function diagnosisBlock(diagnosis: Diagnosis, p: Palette): string[] {
  const paint = diagnosis.severity === 'error' ? p.red : diagnosis.severity === 'warning' ? p.yellow : p.cyan;
  const name = diagnosis.variant === undefined ? diagnosis.class : `${diagnosis.class} (${diagnosis.variant})`;
  const breaks = diagnosis.severity === 'note' ? 'about' : 'breaks';
  return [
    `  ${paint('●')} ${p.bold(oneLine(diagnosis.title))}`,
    ...(diagnosis.fix === undefined ? [] : [`    ${p.green('fix')}  ${oneLine(diagnosis.fix)}`]),
    `    ${p.dim(`${name}, ${breaks} ${diagnosis.requirements.join(', ')}`)}`,
  ];
}

function row(label: string, text: string, p: Palette): string {
  return `      ${p.dim(label.padEnd(10))} ${text}`;
}

function failureBlock(outcome: ReportedOutcome, p: Palette): string[] {
  const paint = outcome.level === 'MUST' ? p.red : p.yellow;
  const mark = outcome.known ? '~' : outcome.level === 'MUST' ? '✗' : '!';
  const lines = [`  ${paint(mark)} ${p.bold(outcome.id)} ${outcome.level}  ${oneLine(outcome.title)}`];
  const add = (label: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') lines.push(row(label, text, p));
  };
  if (outcome.known) add('known', oneLine(outcome.known.reason));
  add('expected', outcome.expected === undefined ? undefined : oneLine(outcome.expected));
  add('observed', outcome.observed === undefined ? undefined : oneLineWithin(outcome.observed, 400));
  if (outcome.stateDependent) add('when', 'only in a session that other probes had used before; alone it passes');
  if (outcome.repeated) add('repeated', `failed in ${outcome.repeated.failed} of ${outcome.repeated.runs} runs`);
  for (const [index, entry] of (outcome.evidence ?? []).slice(-evidenceLines).entries()) {
    const text = entry.encoding === 'base64' ? `(base64) ${entry.text}` : entry.text;
    const cut = entry.truncated ? ' …' : '';
    add(
      index === 0 ? 'evidence' : '',
      `${p.dim(`${entry.launch} +${entry.atMs} ms ${entry.source}`)} ${oneLineWithin(text, 200)}${cut}`,
    );
  }
  if (outcome.hostSays !== undefined) add('host says', oneLineWithin(outcome.hostSays, 300));
  for (const [index, reaction] of (outcome.host ?? []).entries()) {
    const message = reaction.message === undefined || outcome.hostSays !== undefined ? '' : `: ${reaction.message}`;
    const note = reaction.note === undefined ? '' : p.dim(` (${reaction.note})`);
    add(index === 0 ? 'real hosts' : '', `${reaction.versions}: ${reaction.reaction}${message}${note}`);
  }
  add('fix', outcome.fix === undefined ? undefined : oneLine(outcome.fix));
  add('reproduce', outcome.reproduce === undefined ? undefined : p.cyan(oneLine(outcome.reproduce.text)));
  return lines;
}

/** One failure as the report shows it, for messages elsewhere. */
export const renderFailure = (outcome: ReportedOutcome, palette: Palette = noColours): string =>
  failureBlock(outcome, palette).join('\n');

const section = (title: string, lines: readonly string[], p: Palette): string[] =>
  lines.length === 0 ? [] : ['', p.bold(title), ...lines];

function blockedLines(outcomes: readonly ReportedOutcome[], verbose: boolean): string[] {
  const blocked = outcomes.filter(({ outcome }) => outcome === 'blocked');
  const behind = groupBy(blocked, ({ blockedBy }) => blockedBy ?? '?');
  return [...behind].flatMap(([by, list]) => [
    `  ${plural(list.length, 'requirement')} behind ${by}${list[0]?.reason === undefined ? '' : `: ${oneLineWithin(list[0].reason, 160)}`}`,
    ...(verbose ? list.map(({ id, title }) => `    ${id}  ${title}`) : []),
  ]);
}

function areaLine(outcomes: readonly ReportedOutcome[], p: Palette): string[] {
  const areas = groupBy(outcomes, ({ area }) => area);
  const cells = [...areas].map(([area, list]) => {
    const passed = list.filter(({ outcome }) => outcome === 'passed').length;
    const judged = list.filter(({ outcome }) => outcome !== 'skipped').length;
    return judged === 0
      ? p.dim(`${area} –`)
      : passed === judged
        ? p.green(`${area} ${passed}`)
        : p.yellow(`${area} ${passed}/${judged}`);
  });
  return cells.length === 0 ? [] : ['', `${p.bold('Passed')}  ${cells.join('  ')}`];
}

function listed(report: Report, p: Palette): string[] {
  const lines = report.outcomes.flatMap((outcome) => {
    if (outcome.outcome === 'passed')
      return [
        `  ${p.green('✓')} ${outcome.id} ${outcome.level}  ${outcome.title}${outcome.reason ? p.dim(`  ${oneLine(outcome.reason)}`) : ''}`,
      ];
    if (outcome.outcome === 'skipped')
      return [
        `  ${p.dim('-')} ${outcome.id} ${outcome.level}  ${outcome.title}  ${p.dim(oneLine(outcome.reason ?? ''))}`,
      ];
    return [];
  });
  return section('Passed and skipped', lines, p);
}

function erroredLines(outcomes: readonly ReportedOutcome[], p: Palette): string[] {
  return outcomes
    .filter(({ outcome }) => outcome === 'errored')
    .flatMap(({ id, title, reason }) => [
      `  ${p.red('?')} ${p.bold(id)}  ${title}`,
      row('reason', oneLineWithin(reason ?? '', 600), p),
    ]);
}

/** Renders one report. */
export function renderReport(report: Report, options: TerminalOptions = {}): string {
  const { palette: p = noColours, verbose = false, quiet = false } = options;
  const failures = report.outcomes.filter(({ outcome }) => outcome === 'failed');
  const grave = failures.filter((outcome) => counts(outcome, report.strict));
  const warnings = failures.filter((outcome) => !counts(outcome, report.strict));
  const leaks = report.launches.flatMap(({ name, leaked }) => leaked.map((leak) => `  ${name}: ${oneLine(leak)}`));
  const skipped = report.counts.skipped;
  const causes = section(
    'Diagnosis',
    report.diagnoses.flatMap((diagnosis) => diagnosisBlock(diagnosis, p)),
    p,
  );
  const baseline = section(
    'Baseline',
    (report.baseline?.problems ?? []).map((problem) => `  ${p.red('✗')} ${oneLine(problem)}`),
    p,
  );
  if (quiet) return [verdictLine(report, p), ...baseline, ...causes, ''].join('\n');
  return [
    verdictLine(report, p),
    p.dim(`  ${report.system} · ${oneLine(report.plugin.command.join(' '))} · profile ${report.profile.name}`),
    ...(report.notes ?? []).map((note) => p.dim(`  ${oneLine(note)}`)),
    ...baseline,
    ...causes,
    ...section(
      'Failed',
      grave.flatMap((outcome) => failureBlock(outcome, p)),
      p,
    ),
    ...section(
      'Warnings',
      warnings.flatMap((outcome) => failureBlock(outcome, p)),
      p,
    ),
    ...section('Errored, through no fault of the plugin', erroredLines(report.outcomes, p), p),
    ...section('Blocked', blockedLines(report.outcomes, verbose), p),
    ...section('Left behind', leaks, p),
    ...(verbose ? listed(report, p) : areaLine(report.outcomes, p)),
    ...(skipped > 0 && !verbose ? [p.dim(`${plural(skipped, 'requirement')} skipped; --verbose says why`)] : []),
    '',
  ].join('\n');
}

/** Renders the reports of several plugins, with a summary at the end. */
export function renderRun(run: RunReport, options: TerminalOptions = {}): string {
  const p = options.palette ?? noColours;
  const width = Math.max(...run.reports.map(({ plugin }) => plugin.name.length), 6);
  const summary = run.reports.map(
    (report) => `${p.bold(oneLine(report.plugin.name).padEnd(width))}  ${verdictLine(report, p)}`,
  );
  return [
    ...run.reports.map((report) => `${p.bold(p.cyan(oneLine(report.plugin.name)))}\n${renderReport(report, options)}`),
    p.bold('Summary'),
    ...summary,
    '',
  ].join('\n');
}

export const terminal: Format = {
  name: 'terminal',
  title: 'text for people, without colours',
  render: (report) => (report.kind === 'run' ? renderRun(report) : renderReport(report)),
};
