/** `plugfest list`: the systems, or the requirements of one with level and status. */

import { coverageOf } from '../report/build-report.ts';
import { suiteNamed } from '../resolve-suite.ts';
import type { Registry } from '../run/registry.ts';
import type { Suite } from '../run/suite.ts';
import { humanOutput } from './output.ts';
import { type Status, statusOf } from './status.ts';

export interface ListFlags {
  readonly coverage?: boolean;
  readonly json?: boolean;
}

const marks: Readonly<Record<Status, string>> = { probed: '●', untestable: '–', planned: '○' };

function rows(suite: Suite) {
  return [...suite.requirements.values()].map((requirement) => ({
    id: requirement.id,
    level: requirement.level,
    area: requirement.area,
    title: requirement.title,
    text: requirement.text,
    status: statusOf(suite, requirement),
    ...(requirement.untestable !== undefined && { reason: requirement.untestable }),
  }));
}

function coverageText(suite: Suite): string {
  const byArea = new Map<string, Record<Status, number>>();
  for (const { area, status } of rows(suite)) {
    const counts = byArea.get(area) ?? { probed: 0, untestable: 0, planned: 0 };
    counts[status] += 1;
    byArea.set(area, counts);
  }
  const lines = [...byArea].map(
    ([area, { probed, untestable, planned }]) =>
      `${area.padEnd(5)}${String(probed).padStart(7)}${String(untestable).padStart(12)}${String(planned).padStart(9)}`,
  );
  const { requirements, probed, untestable, planned } = coverageOf(suite);
  return [
    'area  probed  untestable  planned',
    ...lines,
    `${suite.system}: ${requirements} requirements, ${probed} probed, ${untestable} untestable, ${planned} planned`,
    '',
  ].join('\n');
}

/** Runs the command; returns the exit code. @throws UsageError */
export async function listCommand(registry: Registry, system: string | undefined, flags: ListFlags): Promise<number> {
  const output = humanOutput(false);
  const { palette: p } = output;
  if (system === undefined) {
    const systems = registry.map(({ system: name, title }) => ({ system: name, title }));
    if (flags.json) output.write(`${JSON.stringify({ systems }, undefined, 2)}\n`);
    else for (const { system: name, title } of systems) output.write(`${p.bold(name)}  ${title}\n`);
    return 0;
  }
  const suite = await suiteNamed(registry, system);
  if (flags.json) {
    const document = { system: suite.system, coverage: coverageOf(suite), requirements: rows(suite) };
    output.write(`${JSON.stringify(document, undefined, 2)}\n`);
  } else if (flags.coverage) output.write(coverageText(suite));
  else {
    for (const { id, level, title, status } of rows(suite))
      output.write(`${marks[status]} ${id.padEnd(13)} ${level.padEnd(6)} ${title}\n`);
    output.write(p.dim(`${marks.probed} probed  ${marks.untestable} untestable  ${marks.planned} planned\n`));
  }
  return 0;
}
