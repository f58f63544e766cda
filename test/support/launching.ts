/** Starts small programs the way plugins are started. */
import { onTestFinished } from 'vitest';
import { Launcher, type StartOptions } from '../../src/launch/launcher.ts';
import type { PluginProcess } from '../../src/launch/plugin-process.ts';
import { until } from './until.ts';

/** A launcher that ends with its test. */
export function testLauncher(): Launcher {
  const launcher = new Launcher();
  onTestFinished(() => launcher.close());
  return launcher;
}

type More = Partial<StartOptions> & { readonly env?: Readonly<Record<string, string>> };

const start = (launcher: Launcher, command: StartOptions['command'], { env, ...more }: More): Promise<PluginProcess> =>
  launcher.start({
    launch: 'plain',
    path: command[0],
    command,
    cwd: '/',
    environment: (directory) => ({ PATH: process.env['PATH'] ?? '/usr/bin:/bin', TMPDIR: directory, ...env }),
    ...more,
  });

/** Starts a shell script as a plugin. */
export const startShell = (script: string, more: More = {}, launcher = testLauncher()): Promise<PluginProcess> =>
  start(launcher, ['/bin/sh', '-c', script], more);

/** Starts a script for Node as a plugin. */
export const startNode = (script: string, more: More = {}, launcher = testLauncher()): Promise<PluginProcess> =>
  start(launcher, [process.execPath, '-e', script], more);

/** The lines a plugin has written to stdout so far. */
export const written = (plugin: PluginProcess): readonly string[] =>
  plugin.stdout.lines().map((line) => line.bytes.toString());

/** Waits for the n-th line of stdout. */
export async function lineOf(plugin: PluginProcess, number = 1): Promise<string> {
  await until(`line ${number} is there`, () => plugin.stdout.lineCount >= number);
  return written(plugin)[number - 1] ?? '';
}
