/** A plugin that runs already is connected to by its socket: it is neither started nor ended. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { program } from '../../fixtures/mutants/polaris/table.ts';
import { runCheck } from '../../src/check.ts';
import { eventually } from '../../src/run/within.ts';
import { registry } from '../registry.ts';

const patience = 120_000;

/** Starts the correct plugin in a folder of its own; returns its socket. */
async function startPlugin(): Promise<{ socket: string; isAlive: () => boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'pa-'));
  const child = spawn(process.execPath, [program, 'none', 'P3'], {
    env: { ...process.env, POLARIS_PLUGGABLE_SOCKETS_FOLDER: folder },
    stdio: 'ignore',
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const socket = join(folder, 'rate-limit.sock');
  await eventually(() => existsSync(socket), { limitMs: 30_000 });
  return { socket, isAlive: () => child.exitCode === null && child.signalCode === null };
}

const attach = (socket: string) => runCheck({ command: [], options: { socket } }, { registry, emit: () => undefined });

test(
  'it is checked and lives on',
  async () => {
    const { socket, isAlive } = await startPlugin();
    const { verdict, system, plugin, outcomes } = await attach(socket);
    expect({ verdict, system, plugin }).toEqual({
      verdict: 'conformant',
      system: 'polaris',
      plugin: { name: 'rate-limit.sock', command: [], files: [] },
    });
    const passed = outcomes.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id);
    expect(passed).toEqual(expect.arrayContaining(['POL-REFL-001', 'POL-PING-001', 'POL-SVC-001', 'POL-ERR-001']));
    const [kill] = outcomes.filter(({ id }) => id === 'POL-LIFE-002');
    expect(kill).toMatchObject({
      outcome: 'skipped',
      reason: 'the plugin was started by somebody else, who may need it',
    });
    expect({ isAlive: isAlive(), socket: existsSync(socket) }).toEqual({ isAlive: true, socket: true });
  },
  patience,
);

test(
  'where nobody listens, that is told',
  async () => {
    const { diagnoses, verdict } = await attach('/tmp/plugfest-no-such.sock');
    expect(verdict).toBe('nonconformant');
    expect(diagnoses[0]?.title).toBe(
      'There is no socket at /tmp/plugfest-no-such.sock: the plugin does not run, or runs elsewhere',
    );
  },
  patience,
);

test('without a program and without a socket there is nothing to check', async () => {
  await expect(runCheck({ command: [] }, { registry, emit: () => undefined })).rejects.toThrow(
    'command: expected a program to check',
  );
});
