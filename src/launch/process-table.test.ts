import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineOf, startNode, startShell } from '../../test/support/launching.ts';
import { isAlive } from '../../test/support/processes.ts';
import { until } from '../../test/support/until.ts';
import { isExecutable } from './judge-file.ts';
import { decodeAddress, holdersOf, isComplete, listenersOf, processesOf, strangerOn } from './process-table.ts';

test.each([
  ['0100007F:1F90', '127.0.0.1:8080'],
  ['00000000:0050', '0.0.0.0:80'],
  ['0101A8C0:FFFF', '192.168.1.1:65535'],
  ['00000000000000000000000000000000:0050', '[::]:80'],
  ['00000000000000000000000001000000:2710', '[::1]:10000'],
  ['B80D01200000000067452301EFCDAB89:01BB', '[2001:db8::123:4567:89ab:cdef]:443'],
  ['0000000000000000FFFF00000100007F:0016', '[::ffff:7f00:1]:22'],
  ['000080FE00000000FF565002BCDA1FFE:0001', '[fe80::250:56ff:fe1f:dabc]:1'],
])('the kernel writes %s for %s', (hex, address) => {
  expect(decodeAddress(hex)).toBe(address);
});

describe.runIf(isComplete)('processes', () => {
  test('of a launch are its group, what carries its marker, and the children of both', async () => {
    // A member of the group without the marker; a carrier outside the group; a child with neither.
    const plugin = await startShell(
      `env -i sleep 601 & setsid sleep 602 & setsid env -i sleep 603 & echo "$PLUGFEST_RUN"; exec sleep 604`,
    );
    const marker = await lineOf(plugin);
    await until('all sleep', () => plugin.processes().filter(({ name }) => name === 'sleep').length === 4);
    const found = processesOf(plugin.pid, marker);
    expect(found).toHaveLength(4);
    expect(found.find(({ pid }) => pid === plugin.pid)).toEqual({
      pid: plugin.pid,
      parent: process.pid,
      group: plugin.pid,
      name: 'sleep',
    });
    expect(found.filter(({ parent }) => parent === plugin.pid)).toHaveLength(3);
    expect(found.filter(({ group }) => group === plugin.pid)).toHaveLength(2);
    const { leaked } = await plugin.end();
    expect(leaked).toHaveLength(2);
    expect(found.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  test('of another launch are not among them, even when one marker begins like the other', async () => {
    const one = await startShell('echo "$PLUGFEST_RUN"; exec sleep 600');
    const marker = await lineOf(one);
    const other = await startShell('PLUGFEST_RUN="$0"0 setsid sleep 600 & echo; wait'.replace('$0', marker));
    await lineOf(other);
    expect(processesOf(one.pid, marker).map(({ pid }) => pid)).toEqual([one.pid]);
  });

  test('that have ended and were not waited for do not count', async () => {
    const plugin = await startShell('sleep 0 & echo $!; exec sleep 600');
    const zombie = Number(await lineOf(plugin));
    await until('the child has ended', () => !isAlive(zombie));
    expect(plugin.processes().map(({ pid }) => pid)).toEqual([plugin.pid]);
  });

  test('whose name holds brackets and blanks are read right', async () => {
    const plugin = await startNode(`process.title = 'a) R (b'; console.log('named'); setInterval(() => {}, 1000)`);
    await lineOf(plugin);
    expect(plugin.processes()).toEqual([{ pid: plugin.pid, parent: process.pid, group: plugin.pid, name: 'a) R (b' }]);
  });

  const python = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => isExecutable(path));
  test.runIf(python)('whose first thread has ended still count', async () => {
    const code =
      'import ctypes, threading, time; threading.Thread(target=time.sleep, args=(600,)).start(); print("on", flush=True); ctypes.CDLL(None).pthread_exit(None)';
    const plugin = await startShell(`exec ${python} -c '${code}'`);
    await lineOf(plugin);
    await until('the first thread has ended', () => !isAlive(plugin.pid));
    expect(plugin.processes().map(({ pid }) => pid)).toEqual([plugin.pid]);
  });

  test('that hold a removed file are found by it', async () => {
    const plugin = await startShell('exec 5> "$TMPDIR/held"; rm "$TMPDIR/held"; echo; exec sleep 600');
    await lineOf(plugin);
    const held = join(plugin.directory, 'held');
    expect(holdersOf([held]).map(({ pid }) => pid)).toEqual([plugin.pid]);
    expect(holdersOf([join(plugin.directory, 'other')])).toEqual([]);
  });
});

describe.runIf(isComplete)('listeners', () => {
  const listen = `
    const { createServer } = require('node:net');
    const places = JSON.parse(process.env.PLACES);
    Promise.all(places.map((place) => new Promise((resolve, reject) => {
      const server = createServer().once('error', reject).listen(place, () => resolve(server.address()));
    }))).then((all) => console.log(JSON.stringify(all)));
  `;
  const listenOn = async (places: readonly object[]) => {
    const plugin = await startNode(listen, { env: { PLACES: JSON.stringify(places) } });
    return { plugin, addresses: JSON.parse(await lineOf(plugin)) as ({ port: number } | string)[] };
  };
  const portOf = (address: { port: number } | string | undefined) => (typeof address === 'object' ? address.port : 0);

  test('on TCP, whatever the family', async () => {
    const { plugin, addresses } = await listenOn([
      { host: '127.0.0.1', port: 0 },
      { host: '0.0.0.0', port: 0 },
    ]);
    const { pid } = plugin;
    const six = await listenOn([
      { host: '::1', port: 0 },
      { host: '::', port: 0 },
    ]).catch(() => undefined);
    const sorted = (pids: readonly number[]) =>
      listenersOf(pids)
        .map(({ address }) => address)
        .sort();
    expect(listenersOf([pid])).toHaveLength(2);
    expect(listenersOf([pid])).toContainEqual({ pid, network: 'tcp', address: `127.0.0.1:${portOf(addresses[0])}` });
    expect(sorted([pid])).toEqual([`0.0.0.0:${portOf(addresses[1])}`, `127.0.0.1:${portOf(addresses[0])}`].sort());
    if (six)
      expect(sorted([six.plugin.pid])).toEqual(
        [`[::1]:${portOf(six.addresses[0])}`, `[::]:${portOf(six.addresses[1])}`].sort(),
      );
  });

  test('on Unix sockets: with blanks in the path, abstract, and not those that only connect', async () => {
    const plugin = await startNode(`
      const { createServer, connect } = require('node:net');
      const folder = process.env.TMPDIR;
      const paths = [folder + '/a  b c', folder + '/plain', '\\0plugfest-test-' + process.pid];
      Promise.all(paths.map((path) => new Promise((resolve) => createServer().listen({ path }, resolve))))
        .then(() => connect(paths[1]).once('connect', () => console.log('ready')));
    `);
    await lineOf(plugin);
    const { pid, directory } = plugin;
    expect(
      listenersOf([pid])
        // Before libuv 1.48 Node fills abstract names up with NUL bytes, which the kernel shows as @.
        .map(({ network, address }) => `${network} ${address.replace(/@+$/, '')}`)
        .sort(),
    ).toEqual([`unix ${directory}/a  b c`, `unix ${directory}/plain`, `unix @plugfest-test-${pid}`].sort());
  });

  test('that several processes share are listed for each', async () => {
    const plugin = await startNode(`
      const { createServer } = require('node:net');
      const { spawn } = require('node:child_process');
      const server = createServer().listen(process.env.TMPDIR + '/s', () => {
        const child = spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'ignore', server._handle.fd] });
        console.log(child.pid);
      });
    `);
    const child = Number(await lineOf(plugin));
    await until('the child holds it as well', () => listenersOf([child]).length > 0);
    const shared = { network: 'unix', address: `${plugin.directory}/s` };
    expect(listenersOf([plugin.pid, child])).toEqual([
      { pid: plugin.pid, ...shared },
      { pid: child, ...shared },
    ]);
  });

  test('of a stranger are told when it was there before', async () => {
    const { plugin: stranger } = await listenOn([{ host: '127.0.0.1', port: 0 }]);
    const [own] = listenersOf([stranger.pid]);
    const matches = ({ address }: { address: string }) => address === own?.address;
    const plugin = await startShell('sleep 0.05; echo; exec sleep 600');
    await lineOf(plugin);
    expect(strangerOn(matches, [plugin.pid], plugin.pid)?.pid).toBe(stranger.pid);
    expect(strangerOn(matches, [plugin.pid, stranger.pid], plugin.pid)).toBeUndefined();
    // Whoever came later is none.
    expect(strangerOn(matches, [plugin.pid], stranger.pid)).toBeUndefined();
  });

  test('of processes that are gone are none', async () => {
    const plugin = await startShell('exit 0');
    await plugin.whenExited;
    expect(listenersOf([plugin.pid])).toEqual([]);
  });
});
