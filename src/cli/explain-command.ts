/** `plugfest explain`: one requirement or one diagnosis class, told in full. */

import { nearest } from '../config/nearest.ts';
import { UsageError } from '../config/usage-error.ts';
import { diagnosisClasses } from '../diagnose/classes.ts';
import type { Palette } from '../report/formats/terminal.ts';
import type { Registry } from '../run/registry.ts';
import { fixesOf, type Requirement } from '../run/requirement.ts';
import type { Suite } from '../run/suite.ts';
import { humanOutput } from './output.ts';
import { statusOf } from './status.ts';

function explainRequirement(suite: Suite, requirement: Requirement, p: Palette): string {
  const status = statusOf(suite, requirement);
  const levels = [
    `${requirement.level}${requirement.applies === undefined ? '' : `, ${requirement.applies}`}`,
    ...(requirement.when ?? []).map(({ level, text }) => `${level} ${text}`),
  ];
  const hosts = requirement.host.map(({ versions, reaction, message, note }) => {
    const words = message === undefined ? '' : `: ${message}`;
    return `  ${versions}: ${reaction}${words}${note === undefined ? '' : p.dim(` (${note})`)}`;
  });
  const fixes = fixesOf(requirement).map(({ language, text }) => `  ${p.dim(`${language}:`)} ${text}`);
  const classes = Object.entries(suite.classes).flatMap(([name, ids]) => (ids.includes(requirement.id) ? [name] : []));
  return [
    `${p.bold(`${requirement.id}  ${requirement.title}`)}`,
    p.dim(`${suite.system} · ${levels.join('; ')} · ${status}`),
    '',
    requirement.text,
    '',
    `${p.bold('Why')}  ${requirement.why}`,
    ...(hosts.length === 0 ? [] : ['', p.bold('What real hosts do'), ...hosts]),
    '',
    p.bold('How to mend it'),
    ...fixes,
    '',
    `${p.bold('How it is probed')}  ${requirement.untestable ?? requirement.check}`,
    ...(classes.length === 0 ? [] : [`${p.bold('Diagnoses')}  ${classes.join(', ')}`]),
    p.dim(`Source: ${requirement.source}`),
    '',
  ].join('\n');
}

function explainClass(name: string, suites: readonly Suite[], p: Palette): string | undefined {
  const known = suites.map(({ diagnoses }) => diagnoses?.[name]).find(Boolean) ?? diagnosisClasses[name];
  if (!known) return undefined;
  const ids = suites.flatMap(({ classes }) => [...(classes[name] ?? [])]);
  return [
    p.bold(`${name}  ${known.title}`),
    '',
    known.explanation,
    '',
    `${p.bold('How to mend it')}  ${known.fix}`,
    ...(ids.length === 0 ? [] : [`${p.bold('Requirements')}  ${ids.join(', ')}`]),
    '',
  ].join('\n');
}

/** Runs the command; returns the exit code. @throws UsageError for a word that is neither */
export async function explainCommand(registry: Registry, word: string): Promise<number> {
  const output = humanOutput(false);
  const suites = await Promise.all(registry.map(({ load }) => load()));
  for (const suite of suites) {
    const requirement = suite.requirements.get(word.toUpperCase());
    if (!requirement) continue;
    output.write(explainRequirement(suite, requirement, output.palette));
    return 0;
  }
  const text = explainClass(word.toLowerCase(), suites, output.palette);
  if (text !== undefined) {
    output.write(text);
    return 0;
  }
  const meant = nearest(word, [
    ...Object.keys(Object.assign({}, diagnosisClasses, ...suites.map(({ diagnoses }) => diagnoses))),
    ...suites.flatMap(({ requirements }) => [...requirements.keys()]),
  ]);
  throw new UsageError(`"${word}" is neither a requirement nor a diagnosis class`, {
    hint:
      meant === undefined
        ? '`plugfest list <system>` shows the requirements'
        : `did you mean \`plugfest explain ${meant}\`?`,
  });
}
