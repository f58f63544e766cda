/**
 * The least that a host of hashicorp-grpc can do: start the plugin, read its line, ask for its health once, tell it to
 * shut down, wait for its end. No probes, no evidence, no care. What a check takes beyond it is the price of testing.
 *
 *     node floor-host.mjs '{"command": ["./kv"], "starts": [{"name": "plain", "environment": {}}]}'
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

const { command, starts, atOnce = 4 } = JSON.parse(process.argv[2]);

/** One unary call with an answer; the request is a message of at most 255 bytes. */
async function call(session, path, message) {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.resume();
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
  await once(stream, 'close');
}

async function use(line) {
  const [, , network, address = ''] = line.trim().split('|');
  const [host, port] = address.split(':');
  const socket = network === 'unix' ? createConnection(address) : createConnection(Number(port), host);
  const session = connect('http://localhost', { createConnection: () => socket });
  session.on('error', () => undefined);
  await call(session, '/grpc.health.v1.Health/Check', Buffer.from('\x0a\x06plugin'));
  await call(session, '/plugin.GRPCController/Shutdown', Buffer.alloc(0)).catch(() => undefined);
  session.destroy();
}

async function start({ environment }) {
  const folder = mkdtempSync('/tmp/floor-');
  const [program, ...words] = command;
  const env = { ...process.env, TMPDIR: folder, ...environment };
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.resume();
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line').then(([text]) => text), ended.then(() => undefined)]);
  if (line !== undefined) await use(line);
  const grace = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(grace);
  rmSync(folder, { recursive: true, force: true });
}

const queue = [...starts];
const work = async () => {
  for (let next = queue.shift(); next; next = queue.shift()) await start(next);
};
await Promise.all(Array.from({ length: atOnce }, work));
