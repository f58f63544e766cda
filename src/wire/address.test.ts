import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { type Address, connectSocket, showAddress, unixPathLimit } from './address.ts';

const unix = (path: string): Address => ({ network: 'unix', path });

test.each<[Address, string]>([
  [unix('/tmp/s'), '/tmp/s'],
  [{ network: 'tcp', host: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
  [{ network: 'tcp', host: '::1', port: 80 }, '[::1]:80'],
  [{ network: 'tcp', host: 'localhost', port: 0 }, 'localhost:0'],
])('shows %j as %s', (address, text) => {
  expect(showAddress(address)).toBe(text);
});

describe('connectSocket', () => {
  const code = async (address: Address) => {
    const result = await connectSocket(address, 2000);
    if (result.connected) result.socket.destroy();
    return result.connected ? 'connected' : result.code;
  };

  async function serve(path: string): Promise<void> {
    const server = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    onTestFinished(() => void server.close());
  }

  test('connects, and tells how long it took', async () => {
    const path = join(temporaryFolder(), 's');
    await serve(path);
    const result = await connectSocket(unix(path), 2000);
    expect(result).toMatchObject({ connected: true });
    if (!result.connected) return;
    expect(result.tookMs).toBeGreaterThan(0);
    result.socket.destroy();
  });

  test('connects to the longest path, and refuses what Node would cut short', async () => {
    const folder = temporaryFolder();
    const longest = join(folder, 'x'.repeat(unixPathLimit - folder.length - 1));
    await serve(longest);
    expect(await code(unix(longest))).toBe('connected');
    // One byte more would be cut off in silence, and so lead to the socket that exists.
    expect(await connectSocket(unix(`${longest}y`), 2000)).toEqual({
      connected: false,
      code: 'EINVAL',
      message: `connect: invalid argument (the path has ${unixPathLimit + 1} bytes, the limit is ${unixPathLimit})`,
    });
    expect(await code(unix(`${folder}/${'é'.repeat(60)}`))).toBe('EINVAL');
  });

  test.each<[string, string, string]>([
    ['an empty path', '', 'connect: invalid argument (the path is empty)'],
    ['a NUL byte', '/tmp/a\0b', 'connect: invalid argument (the path holds a NUL byte)'],
  ])('refuses %s', async (_, path, message) => {
    expect(await connectSocket(unix(path), 2000)).toEqual({ connected: false, code: 'EINVAL', message });
  });

  test('tells what the system says of other paths', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    spawnSync(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(`${folder}/stale`)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    expect(await code(unix(join(folder, 'none')))).toBe('ENOENT');
    expect(await code(unix(join(folder, 'file')))).toBe('ECONNREFUSED');
    expect(await code(unix(join(folder, 'stale')))).toBe('ECONNREFUSED');
    expect(await code(unix(join(folder, 'file', 's')))).toBe('ENOTDIR');
  });

  test('tells what the system says of TCP', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    expect(await code({ network: 'tcp', host: '127.0.0.1', port })).toBe('connected');
    await new Promise((resolve) => server.close(resolve));
    expect(await code({ network: 'tcp', host: '127.0.0.1', port })).toBe('ECONNREFUSED');
  });

  test('never throws, whatever a plugin prints', async () => {
    for (const port of [-1, 65_536, 1.5, Number.NaN])
      expect(await connectSocket({ network: 'tcp', host: '127.0.0.1', port }, 2000)).toEqual({
        connected: false,
        code: 'EINVAL',
        message: `connect: invalid argument (${port} is no port)`,
      });
    expect(await code({ network: 'tcp', host: 'no such host', port: 1 })).not.toBe('connected');
  });

  const abstract = `@plugfest-test-${process.pid}`;
  test.runIf(process.platform === 'linux')(
    'reaches abstract sockets where Node can, and says so where it cannot',
    async () => {
      await serve(`\0${abstract.slice(1)}`);
      const result = await connectSocket(unix(abstract), 2000);
      if (result.connected) result.socket.destroy();
      else
        expect(result).toEqual({
          connected: false,
          code: 'ENOTSUP',
          message: `Node.js ${process.versions.node} cannot reach abstract sockets; run Plugfest on Node.js 22 or later`,
        });
      expect(result.connected).toBe(Number(process.versions.node.split('.')[0]) >= 22);
    },
  );
});
