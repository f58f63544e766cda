/**
 * What Plugfest says of real hosts against what one does: tilotech/go-plugin v0.1.0 calls the same plugins. The host
 * must be content with every control, and must show the words that the report puts into its mouth.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Mutant, mutants, prepare } from '../../fixtures/mutants/tilotech/table.ts';
import { tilotechHost } from '../../scripts/fixtures/tilotech.mjs';
import { runCheck } from '../../src/check.ts';
import { registry } from '../registry.ts';

const host = tilotechHost();

const calls = [
  { path: '/greet', payload: { name: 'Ada' } },
  { path: '/reset', payload: {} },
  { path: '/greet', payload: { name: '' } },
  { path: '/__conformance_unknown__', payload: {} },
];

const content = [
  { result: { greeting: 'Hello, Ada!' } },
  { result: null },
  { result: null, error: 'name is missing' },
  { result: null, error: 'invalid method /__conformance_unknown__' },
];

interface Said {
  readonly startError?: string;
  readonly answers: readonly { readonly result: unknown; readonly error?: string }[];
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ph-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function askHost(mutant: Mutant): Promise<Said> {
  const folder = temporaryFolder();
  const words = [join(folder, 'socket'), JSON.stringify(calls), ...prepare(mutant, folder)];
  const env = { ...process.env, ...mutant.profile.env, TMPDIR: folder };
  const { stdout } = await promisify(execFile)(host.program, words, { timeout: 50_000, env });
  return JSON.parse(stdout) as Said;
}

const named = (name: string): Mutant => {
  const found = mutants.find((row) => row.name === name);
  if (!found) throw new Error(`there is no mutant ${name}`);
  return found;
};

describe.skipIf(!host.available)('tilotech/go-plugin v0.1.0', () => {
  // Others serve no methods, or take longer than is worth it.
  const controls = mutants.filter(
    ({ kind, start }) => kind === 'control' && 'fault' in start && start.fault !== 'starts-in-2-s',
  );

  test.each(controls.map((mutant) => [mutant.name, mutant] as const))('is content with %s', async (_, mutant) => {
    expect(await askHost(mutant)).toEqual({ answers: content });
  });

  test.each([
    'exits-silently',
    'never-able-to-listen',
    'says-failed-then-ready',
    'leading-blank',
    'status-201',
    'status-204',
    'closes-without-answer',
    'closes-unknown-paths',
    'empty-body-for-null',
    'bare-text',
    'html-errors',
    'object-errors',
    'empty-errors',
    'body-never-ends',
    'method-never-answers',
  ])('says of %s what the report says it does', async (name) => {
    const mutant = named(name);
    const said = await askHost(mutant);
    const words = [said.startError, ...said.answers.map(({ error }) => error)].filter((text) => text !== undefined);
    const report = await runCheck(
      {
        command: prepare(mutant, temporaryFolder()),
        system: 'tilotech',
        profile: { ...mutant.profile },
        only: [mutant.breaks ?? ''],
      },
      { registry, emit: () => undefined },
    );
    const { hostSays } = report.outcomes.find(({ id }) => id === mutant.breaks) ?? {};
    expect(words).toContain(hostSays);
  });
});
