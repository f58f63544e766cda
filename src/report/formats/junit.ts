/**
 * JUnit XML as GitHub's test reporters, GitLab and Jenkins read it. One suite per plugin, the area in the class name:
 * Jenkins groups by class name and GitLab shows nothing else, so areas are visible there, while profile, verdict and
 * start belong to the plugin as a whole and its launches serve all areas at once.
 * Only what counts against the verdict is a <failure>: a CI that gates on this file must agree with the exit code.
 * So failed SHOULDs and MAYs pass, with their text in <system-out>, and a verdict that no case shows gets its own.
 */
import { oneLine, xmlAttribute, xmlText } from '../escape.ts';
import type { Format } from '../format.ts';
import { counts, type Report, type ReportedOutcome, type RunReport } from '../report.ts';
import { type Fact, factsOf, reasonOf } from './failure-facts.ts';

interface Case {
  readonly name: string;
  readonly area: string;
  readonly durationMs: number;
  readonly result?: { readonly element: 'failure' | 'error' | 'skipped'; readonly type?: string; message: string };
  /** Text of the result, or of a case that passes with something to say. */
  readonly text?: string;
}

function factText(fact: Fact): string {
  switch (fact.kind) {
    case 'text':
      return `${fact.label}: ${fact.text}`;
    case 'lines':
      return [`${fact.label}:`, ...fact.lines.map((line) => `  ${line}`)].join('\n');
    case 'host':
      return [
        `${fact.label}:`,
        ...fact.reactions.map(({ phrase, words, remark }) => {
          const said = words === undefined ? '' : `: ${words}`;
          return `  ${phrase}${said}${remark === undefined ? '' : ` (${remark})`}`;
        }),
      ].join('\n');
    case 'command':
      return `${fact.label}: ${fact.command}`;
  }
}

const textOf = (outcome: ReportedOutcome, { diagnoses }: Report): string =>
  [reasonOf(outcome), '', ...factsOf(outcome, diagnoses).map(factText)].join('\n');

function caseOf(outcome: ReportedOutcome, report: Report): Case {
  const { id, title, area, durationMs, level, known, blockedBy } = outcome;
  const base = { name: `${id} ${title}`, area, durationMs };
  const message = reasonOf(outcome);
  switch (outcome.outcome) {
    case 'passed':
      return outcome.reason === undefined ? base : { ...base, text: outcome.reason };
    case 'skipped':
      return { ...base, result: { element: 'skipped', message } };
    case 'blocked':
      return { ...base, result: { element: 'skipped', message: `blocked by ${blockedBy ?? 'another'}: ${message}` } };
    case 'errored':
      return { ...base, result: { element: 'error', type: id, message }, text: message };
    case 'failed': {
      const text = textOf(outcome, report);
      if (known) {
        const until = known.until === undefined ? '' : ` (until ${known.until})`;
        return { ...base, result: { element: 'skipped', message: `known: ${known.reason}${until}` }, text };
      }
      if (counts(outcome, report.strict)) return { ...base, result: { element: 'failure', type: id, message }, text };
      return { ...base, text: `warning, a ${level} failed: ${text}` };
    }
  }
}

/** What makes a run red without being an outcome. */
function furtherCases(report: Report, cases: readonly Case[]): readonly Case[] {
  const problems = (report.baseline?.problems ?? []).map((problem): Case => {
    const message = `${report.baseline?.file ?? ''}: ${problem}`;
    return {
      name: `baseline ${problem}`,
      area: 'baseline',
      durationMs: 0,
      result: { element: 'failure', type: 'baseline', message },
      text: message,
    };
  });
  const all = [...cases, ...problems];
  const isRed = all.some(({ result }) => result?.element === 'failure' || result?.element === 'error');
  if (report.verdict === 'conformant' || isRed) return problems;
  const why = report.interrupted ? 'the run was interrupted' : `${report.counts.blocked} requirements are blocked`;
  const message = `${report.verdict}: ${why}`;
  const result = { element: 'error', type: report.verdict, message } as const;
  return [...problems, { name: 'verdict', area: 'verdict', durationMs: 0, result, text: message }];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const attributes = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlAttribute(value)}"`)
    .join('');

function renderCase({ name, area, durationMs, result, text }: Case, plugin: string): string {
  const open = `<testcase${attributes({ name, classname: `${plugin}.${area}`, time: seconds(durationMs) })}`;
  if (!result) {
    return text === undefined ? `    ${open}/>` : `    ${open}>\n${element('system-out', {}, text)}\n    </testcase>`;
  }
  const { type, message } = result;
  const facts = { message: oneLine(message), ...(type !== undefined && { type }) };
  return `    ${open}>\n${element(result.element, facts, text)}\n    </testcase>`;
}

const element = (name: string, facts: Readonly<Record<string, string>>, text: string | undefined): string =>
  text === undefined
    ? `      <${name}${attributes(facts)}/>`
    : `      <${name}${attributes(facts)}>${xmlText(text)}</${name}>`;

const tally = (cases: readonly Case[]): Readonly<Record<string, string>> => {
  const number = (kind: string): string => String(cases.filter(({ result }) => result?.element === kind).length);
  return {
    tests: String(cases.length),
    failures: number('failure'),
    errors: number('error'),
    skipped: number('skipped'),
  };
};

function properties(report: Report): string {
  const { system, profile, verdict, complete, strict, tool } = report;
  const values = {
    system,
    profile: profile.name,
    verdict,
    complete: String(complete),
    strict: String(strict),
    requirements: tool.requirements,
  };
  return Object.entries(values)
    .map(([name, value]) => `      <property${attributes({ name, value })}/>`)
    .join('\n');
}

interface Suite {
  readonly name: string;
  readonly report: Report;
  readonly cases: readonly Case[];
}

const renderSuite = ({ name, report, cases }: Suite): string => {
  // Jenkins takes the time of day without a zone only; it is UTC.
  const timestamp = report.startedAt.slice(0, 19);
  return [
    `  <testsuite${attributes({ name, ...tally(cases), time: seconds(report.durationMs), timestamp })}>`,
    `    <properties>\n${properties(report)}\n    </properties>`,
    ...cases.map((one) => renderCase(one, name)),
    '  </testsuite>',
  ].join('\n');
};

/** GitLab merges cases of the same class name, so the same plugin under two profiles needs two names. */
function suiteNames(reports: readonly Report[]): readonly string[] {
  const isTaken = (name: string, of: readonly string[]): boolean => of.filter((other) => other === name).length > 1;
  const names = reports.map(({ plugin }) => plugin.name);
  const finer = reports.map(({ plugin, profile }) =>
    isTaken(plugin.name, names) ? `${plugin.name} (${profile.name})` : plugin.name,
  );
  return finer.map((name, index) => (isTaken(name, finer) ? `${name} ${index + 1}` : name));
}

function render(report: Report | RunReport): string {
  const reports = report.kind === 'run' ? report.reports : [report];
  const names = suiteNames(reports);
  const suites = reports.map((one, index): Suite => {
    const cases = one.outcomes.map((outcome) => caseOf(outcome, one));
    return { name: names[index] ?? one.plugin.name, report: one, cases: [...cases, ...furtherCases(one, cases)] };
  });
  const time = seconds(reports.reduce((sum, { durationMs }) => sum + durationMs, 0));
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'plugfest', ...tally(all), time })}>`,
    ...suites.map(renderSuite),
    '</testsuites>',
    '',
  ].join('\n');
}

/** JUnit XML. */
export const junit: Format = { name: 'junit', title: 'JUnit XML, for CI systems', render };
