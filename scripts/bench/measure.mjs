/** Times programs side by side: what competes is run in turns, so that a machine that slows down slows all of them. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** A time and the peak of resident memory; the memory is that of the program alone, without its children. */
export async function timed(command, { cwd, expected = 0 } = {}) {
  const [program, ...words] = command;
  const begun = performance.now();
  const child = spawn(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let peakMiB = 0;
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const look = setInterval(() => {
    peakMiB = Math.max(peakMiB, residentPeak(child.pid));
  }, 100);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(look);
  const ms = performance.now() - begun;
  if (code !== expected) throw new Error(`${command.join(' ')} ended with ${code}\n${errors}${output.slice(-2000)}`);
  return { ms, peakMiB, output };
}

function residentPeak(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs every competitor in turns; gives the median time of each, in milliseconds. The first round only warms up. */
export async function race(competitors, rounds) {
  const times = competitors.map(() => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, run] of competitors.entries()) {
      const begun = performance.now();
      await run();
      if (round > 0) times[index].push(performance.now() - begun);
    }
  }
  return times.map(median);
}
