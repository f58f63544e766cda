/** The lines between the rooms (docs/design.md, section 2): who may load whom. Types may be seen everywhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('/gen/'));
}

/** Files that a file loads when it runs; imports of types alone do not count. */
function loads(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(?!type\b)([^;]*?)\s*from\s+'([^']+)'|\bimport\('([^']+)'\)/gms,
  );
  return [...statements].flatMap(([, names = '', from, lazily]) => {
    const inner = /^\{(.*)\}$/s.exec(names.trim())?.[1];
    const onlyTypes = inner?.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
    const target = from ?? lazily ?? '';
    return onlyTypes || (from === undefined && lazily === undefined) ? [] : [target];
  });
}

const inside = (file: string, target: string): string =>
  target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target;

const room = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? path;

/** For each room under `src`, the rooms it may load. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  config: ['config', 'plan', 'report'],
  launch: ['launch'],
  wire: ['wire', 'gen'],
  calls: ['calls', 'wire', 'gen', 'run', 'launch', 'config'],
  plan: ['plan', 'config', 'run'],
  run: ['run', 'launch', 'config', 'plan'],
  diagnose: ['diagnose'],
  report: ['report', 'diagnose', 'config', 'run', 'plan'],
};

/** Node's own modules that know processes, sockets, clocks or files. */
const impure =
  /^node:(?:child_process|net|tls|http|http2|https|fs|fs\/promises|dgram|worker_threads|timers|os|process)$/;

describe('rooms', () => {
  test.each(Object.entries(allowed))('%s loads only what lies before it', (name, rooms) => {
    const faults = sources(`src/${name}`).flatMap((file) =>
      loads(file)
        .map((target) => inside(file, target))
        .filter((target) => target.startsWith('src/') && !rooms.includes(room(target)))
        .map((target) => `${file} loads ${target}`),
    );
    expect(faults).toEqual([]);
  });

  test('only the entry files know the suites', () => {
    const faults = sources('src').flatMap((file) =>
      loads(file)
        .filter((target) => inside(file, target).startsWith('suites/'))
        .map(() => file),
    );
    expect([...new Set(faults)].sort()).toEqual(['src/bin.ts', 'src/index.ts', 'src/vitest.ts']);
  });

  test('only the registry knows all suites, and no suite knows another', () => {
    const faults = sources('suites').flatMap((file) =>
      loads(file)
        .map((target) => inside(file, target))
        .filter((target) => target.startsWith('suites/') && file !== 'suites/registry.ts')
        .filter((target) => target.split('/')[1] !== file.split('/')[1])
        .map((target) => `${file} loads ${target}`),
    );
    expect(faults).toEqual([]);
  });

  test('suites load the harness below them only', () => {
    const rooms = ['calls', 'run', 'launch', 'wire', 'config'];
    const faults = sources('suites').flatMap((file) =>
      loads(file)
        .map((target) => inside(file, target))
        .filter((target) => target.startsWith('src/') && !rooms.includes(room(target)))
        .map((target) => `${file} loads ${target}`),
    );
    expect(faults).toEqual([]);
  });

  test.each(['plan', 'diagnose', 'report'])('%s knows no process, socket, clock or file', (name) => {
    const faults = sources(`src/${name}`).flatMap((file) =>
      loads(file)
        .filter((target) => impure.test(target))
        .map((target) => `${file} loads ${target}`),
    );
    expect(faults).toEqual([]);
  });

  test('only src/launch starts processes', () => {
    const starters = [...sources('src'), ...sources('suites')].filter((file) =>
      loads(file).some((target) => target === 'node:child_process'),
    );
    expect(starters.map(dirname)).toEqual(starters.map(() => 'src/launch'));
  });

  test('the command never loads Vitest', () => {
    const users = [...sources('src'), ...sources('suites')].filter((file) => loads(file).includes('vitest'));
    expect(users).toEqual(['src/vitest.ts']);
  });
});
