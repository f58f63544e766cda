/** The page of one system: every requirement with its rule, level, source, host reactions, fix and how it is probed. */
import { type Status, statusOf } from '../../src/cli/status.ts';
import { coverageOf } from '../../src/report/build-report.ts';
import { fixesOf, type Requirement } from '../../src/run/requirement.ts';
import type { Suite } from '../../src/run/suite.ts';
import { blocks, sentence, table } from './markdown.ts';

export interface SystemPage {
  readonly title: string;
  readonly suite: Suite;
  /** The shipped profiles, by name. */
  readonly profiles: Readonly<Record<string, unknown>>;
}

const bases: Readonly<Record<Requirement['basis'], string>> = {
  enforced: 'a host enforces it',
  breaks: 'a host breaks without it',
  documented: 'the documentation says so',
  reference: 'the reference does so',
  ecosystem: 'the ecosystem relies on it',
  recommended: 'recommended',
};

function hostTable({ host }: Requirement): string | undefined {
  if (host.length === 0) return undefined;
  const rows = host.map(({ versions, reaction, message, note }) => [
    versions,
    reaction,
    [message, note === undefined ? undefined : `(${note})`].filter((part) => part !== undefined).join(' '),
  ]);
  return table(['Host', 'Reaction', 'What its user sees'], rows);
}

function fixes(requirement: Requirement): string {
  const lines = fixesOf(requirement).map(({ language, text }) => `- ${language}: ${sentence(text)}`);
  return ['Fix:', '', ...lines].join('\n');
}

function probing(suite: Suite, requirement: Requirement): string {
  const texts: Readonly<Record<Status, string>> = {
    probed: requirement.check,
    untestable: `not at all. ${requirement.untestable ?? ''}`,
    planned: `not yet. ${requirement.check}`,
  };
  return `Probed: ${sentence(texts[statusOf(suite, requirement)])}`;
}

function levels({ level, applies, when = [], capability, basis }: Requirement): string {
  const other = when.map((one) => `${one.level} ${sentence(one.text)}`);
  const offered = capability === undefined ? [] : [`for plugins that offer \`${capability}\``];
  return [`${level}${applies === undefined ? '' : ` ${sentence(applies)}`}`, ...other, ...offered, bases[basis]].join(
    '; ',
  );
}

const entry = (suite: Suite, requirement: Requirement): readonly (string | undefined)[] => [
  `### ${requirement.id}`,
  `**${sentence(requirement.title)}**`,
  levels(requirement),
  sentence(requirement.text),
  `Why: ${sentence(requirement.why)}`,
  hostTable(requirement),
  fixes(requirement),
  probing(suite, requirement),
  `Source: ${sentence(requirement.source)}`,
];

function areaTable(suite: Suite): string {
  const all = [...suite.requirements.values()];
  const rows = Object.entries(suite.areas).map(([area, title]) => {
    const own = all.filter((requirement) => requirement.area === area);
    const count = (status: Status): string => String(own.filter((one) => statusOf(suite, one) === status).length);
    return [area, title, String(own.length), count('probed'), count('planned'), count('untestable')];
  });
  return table(['Area', 'About', 'Requirements', 'Probed', 'Planned', 'Untestable'], rows);
}

function profileTable(profiles: SystemPage['profiles']): string | undefined {
  const rows = Object.entries(profiles).map(([name, profile]) => {
    const { title = '', description = '' } = profile as { readonly title?: string; readonly description?: string };
    return [`\`${name}\``, title, description];
  });
  return rows.length === 0 ? undefined : table(['Profile', 'Host', 'What it is'], rows);
}

/** The page as Markdown. */
export function systemPage({ title, suite, profiles }: SystemPage): string {
  const { requirements, probed, planned, untestable } = coverageOf(suite);
  const shipped = profileTable(profiles);
  return blocks([
    `<!-- Written by \`npm run docs\` from suites/${suite.system}; change the data there. -->`,
    `# ${title}`,
    `The requirements of \`${suite.system}\`: ${requirements}, of which ${probed} are probed, ${planned} are planned and ${untestable} cannot be tested from outside. \`npx plugfest explain ID\` shows the same in a terminal.`,
    areaTable(suite),
    '## Launches',
    'The ways in which the plugin is started:',
    table(
      ['Launch', 'What is different'],
      suite.launches.map(({ name, purpose }) => [`\`${name}\``, purpose]),
    ),
    ...(shipped === undefined ? [] : ['## Profiles', 'The hosts that `--profile` knows by name:', shipped]),
    ...Object.entries(suite.areas).flatMap(([area, about]) => [
      `## ${area} ${about}`,
      ...[...suite.requirements.values()].filter((one) => one.area === area).flatMap((one) => entry(suite, one)),
    ]),
  ]);
}
