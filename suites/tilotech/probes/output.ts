/** Area OUT: what a plugin writes while it lives. */
import { scannerLimit } from '../../../src/launch/output.ts';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { eventually } from '../../../src/run/within.ts';
import { isSteady, tour } from '../methods.ts';
import { failureLine, hostText, readyLine } from '../ready-line.ts';
import { describeExchange, requestBody, type TiloSession, unknownPath } from '../session.ts';

/** A payload that a careless plugin prints as one line. */
const largePayload = 'x'.repeat(2 * scannerLimit);

async function linesAreShort(session: TiloSession): Promise<ProbeOutcome> {
  await tour(session);
  const { plugin } = session;
  const method = session.settings.methods.find(isSteady);
  const large = requestBody({ plugfest: largePayload });
  await session.outlived({ path: method?.path ?? unknownPath, body: large, odd: true });
  // What was printed before the answer needs a moment to get through.
  await eventually(() => plugin.stdout.longestLine >= scannerLimit, { limitMs: 50 });
  if (plugin.stdout.longestLine < scannerLimit) return passed();
  return failed({
    expected: 'lines of at most 65535 bytes on stdout',
    observed: `a line of ${plugin.stdout.longestLine} bytes`,
    evidence: session.transcript.last(3, 'call', 'stdout'),
    cause: {
      class: 'blocked-by-own-output',
      variant: 'long-line',
      title: `A stdout line of ${plugin.stdout.longestLine} bytes: the host stops reading at 65535, and the plugin blocks in print once the pipe is full`,
      fix: 'Log to stderr, and do not print payloads.',
    },
  });
}

function printsControlLinesOnly({ plugin, transcript }: TiloSession): ProbeOutcome {
  const { stdout } = plugin;
  const other = stdout.lines().filter((line) => ![readyLine, failureLine].includes(hostText(line)));
  const [first] = other;
  if (!first) return passed();
  return failed({
    expected: 'nothing but the ready line on stdout',
    observed: `${other.length} other line${other.length === 1 ? '' : 's'}, the first is ${JSON.stringify(hostText(first).slice(0, 80))}`,
    evidence: other.slice(0, 3).map((line) => transcript.line('stdout', line)),
  });
}

const calls = 40;

async function bearsSlowReader(session: TiloSession): Promise<ProbeOutcome> {
  session.assertUsable();
  const { stdout } = session.plugin;
  stdout.pause();
  try {
    for (let count = 0; count < calls; count += 1) {
      const made = await session.outlived({ ...session.signOfLife, odd: true });
      if (made.end === 'complete') continue;
      stdout.resume();
      const later = await session.request({ ...session.signOfLife, odd: true });
      const then = later.end === 'complete' ? 'it answers again once stdout is read' : 'it does not recover';
      return failed({
        expected: 'answers while nobody reads stdout',
        observed: `call ${count + 1}: ${describeExchange(made)}; ${then}`,
        evidence: [made.evidence, later.evidence],
        timing: true,
        cause: {
          class: 'blocked-by-own-output',
          variant: 'slow-reader',
          title: `While nobody reads stdout the plugin stops answering at call ${count + 1}: it waits in its own print`,
          fix: 'Log to stderr, print little, and never from the code that answers.',
        },
      });
    }
    return passed();
  } finally {
    stdout.resume();
  }
}

export const outputProbes: readonly Probe<TiloSession>[] = [
  probe('TILO-OUT-001', { launch: 'plain', ending: true }, linesAreShort),
  probe('TILO-OUT-002', { every: true }, printsControlLinesOnly),
  probe('TILO-OUT-003', { launch: 'plain', isolated: true }, bearsSlowReader),
];
