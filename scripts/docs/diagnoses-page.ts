/** The page of diagnoses: every class with what it means, what to do, and the requirements it can break. */
import { type DiagnosisClass, diagnosisClasses } from '../../src/diagnose/classes.ts';
import type { Suite } from '../../src/run/suite.ts';
import { anchor, blocks, sentence } from './markdown.ts';

const link = (suite: Suite, id: string): string => `[${id}](systems/${suite.system}.md#${anchor(id)})`;

function breaks(name: string, suites: readonly Suite[]): string | undefined {
  const links = suites.flatMap((suite) => (suite.classes[name] ?? []).map((id) => link(suite, id)));
  return links.length === 0 ? undefined : `Breaks: ${links.join(', ')}`;
}

const entry = (name: string, known: DiagnosisClass, suites: readonly Suite[]): readonly (string | undefined)[] => [
  `### ${name}`,
  `**${sentence(known.title)}.** ${sentence(known.explanation)}`,
  `Fix: ${sentence(known.fix)}`,
  breaks(name, suites),
];

/** The page as Markdown. */
export function diagnosesPage(suites: readonly Suite[]): string {
  const own = suites.filter(({ diagnoses = {} }) => Object.keys(diagnoses).length > 0);
  return blocks([
    '<!-- Written by `npm run docs` from src/diagnose and the suites; change the data there. -->',
    '# Diagnoses',
    'The causes that Plugfest knows by name. A report tells them first, each with the requirements it breaks; the names are stable. `npx plugfest explain NAME` shows the same in a terminal, and `--only NAME` probes only what can lead to it.',
    '## Common to all systems',
    ...Object.entries(diagnosisClasses).flatMap(([name, known]) => entry(name, known, suites)),
    ...own.flatMap((suite) => [
      `## Only \`${suite.system}\``,
      ...Object.entries(suite.diagnoses ?? {}).flatMap(([name, known]) => entry(name, known, [suite])),
    ]),
  ]);
}
