/**
 * Runs the suite against the rows of a table of mutants and compares the report with the truth that the table states.
 *
 * PLUGFEST_MUTANTS says how much: `some` (left out: one mutant for each requirement and cause, probed for what it
 * breaks), `all` (every mutant, probed for what it breaks) or `full` (every mutant, probed for everything).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Mutant, Prepared } from '../../fixtures/mutants/hashicorp-grpc/table.ts';
import { prepare } from '../../fixtures/mutants/hashicorp-grpc/table.ts';
import { fixtures } from '../../scripts/fixtures/fixtures.mjs';
import { type CheckOptions, check, type Report, type ReportedOutcome } from '../../src/index.ts';
import { isRequired } from './required.ts';

export type Extent = 'some' | 'all' | 'full';

const given = process.env['PLUGFEST_MUTANTS'] ?? 'some';
if (given !== 'some' && given !== 'all' && given !== 'full')
  throw new Error(`PLUGFEST_MUTANTS: expected some, all or full, got "${given}"`);
export const extent: Extent = given;

const hasPython = fixtures().some(({ language, available }) => language === 'python' && available);

const [, libuvMinor = 0] = process.versions.uv.split('.').map(Number);
/** Before libuv 1.48, Node.js reaches no abstract sockets but its own. */
const reachesAbstract = process.platform === 'linux' && libuvMinor >= 48;

/** Whether a row cannot be run here; what PLUGFEST_REQUIRE lists is never left out. */
export function lacks({ needs }: Mutant): boolean {
  if (needs === undefined) return false;
  const lacksPython = !hasPython && !isRequired('python');
  return lacksPython || (needs === 'abstract-sockets' && !reachesAbstract);
}

/** The first row of each kind. */
export function oneOfEach<T>(rows: readonly T[], kindOf: (row: T) => string): readonly T[] {
  const kinds = new Set<string>();
  return rows.filter((row) => {
    const kind = kindOf(row);
    return !kinds.has(kind) && kinds.add(kind);
  });
}

/** Runs a few at a time, whatever the test runner thinks. */
export function limited(atOnce: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await task();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

/** Checks what `prepare` makes in a folder of its own, which is removed afterwards. */
export async function checkPrepared(
  make: (directory: string) => Prepared,
  options: Omit<CheckOptions, 'command'>,
): Promise<Report> {
  const directory = mkdtempSync('/tmp/pm-');
  try {
    const { command, env, cwd } = make(directory);
    return await check({
      command,
      system: 'hashicorp-grpc',
      ...(env && { env }),
      ...(cwd !== undefined && { cwd }),
      ...options,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Checks a row with its profile. */
export const checkRow = (row: Mutant, options: Partial<CheckOptions> = {}): Promise<Report> =>
  checkPrepared((directory) => prepare(row, directory), {
    profile: { ...row.profile },
    soak: row.soak,
    ...options,
  });

const idsOf = (outcomes: readonly ReportedOutcome[]): readonly string[] => outcomes.map(({ id }) => id);

/** In what a report is not what a row says it must be; empty where it is. */
export function differences({ expect }: Mutant, report: Report): readonly string[] {
  const { outcomes, diagnoses } = report;
  const failed = outcomes.filter(({ outcome }) => outcome === 'failed');
  const found: string[] = [];
  const own = outcomes.find(({ id }) => id === expect.requirement);
  if (expect.requirement !== undefined && own?.outcome !== 'failed')
    found.push(`${expect.requirement} is ${own?.outcome ?? 'not probed'}: ${own?.reason ?? ''}`);
  const causes = diagnoses.filter(({ requirements }) => requirements.includes(expect.requirement ?? ''));
  const isNamed = causes.some((cause) => cause.class === expect.class && (expect.title?.test(cause.title) ?? true));
  if (own?.outcome === 'failed' && expect.class !== undefined && !isNamed)
    found.push(
      `the cause is not ${expect.class} ${expect.title ?? ''}: ${causes.map((cause) => `${cause.class}: ${cause.title}`).join('; ')}`,
    );
  const others = failed.filter(({ id }) => id !== expect.requirement);
  const musts = idsOf(others.filter(({ level }) => level === 'MUST')).filter((id) => !(id in expect.also));
  const softer = idsOf(others.filter(({ level }) => level !== 'MUST')).filter((id) => !expect.warnings.includes(id));
  if (musts.length > 0) found.push(`${musts.join(', ')} failed as well, although nothing breaks it`);
  if (softer.length > 0) found.push(`${softer.join(', ')} warned as well, although nothing breaks it`);
  for (const { id, outcome, reason } of outcomes)
    if (outcome === 'errored') found.push(`${id} errored: ${reason ?? ''}`);
  return found;
}
