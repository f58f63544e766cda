/** Area SOCK, first half: what decides whether the server finds the plugin in its folder. */
import { dirname } from 'node:path';
import { describeExit } from '../../../src/launch/exit.ts';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { blockedBy } from '../fault.ts';
import { entryAt } from '../folder.ts';
import { isShared, olderVariable } from '../launches.ts';
import { defaultFolder, denied, folderVariable } from '../not-found.ts';
import { scan } from '../scan.ts';
import type { PolarisSession } from '../session.ts';

/** Rules that were settled while the plugin was looked for. @throws Blocked */
function atStart({ broken }: PolarisSession, id: string, note?: string): ProbeOutcome {
  if (broken?.by === id) return broken.outcome;
  if (broken?.stage === 'start') throw blockedBy(broken);
  return passed(note);
}

const isReady = (session: PolarisSession): ProbeOutcome =>
  atStart(
    session,
    'POL-SOCK-002',
    session.plugin.isAttached ? undefined : `it could be connected to ${session.readyAtMs} ms after its start`,
  );

function letsConnect(session: PolarisSession): ProbeOutcome {
  const settled = atStart(session, 'POL-SOCK-008');
  if (settled.outcome === 'failed') return settled;
  const entry = session.path === undefined ? undefined : entryAt(session.path);
  if (!entry || (entry.stat.mode & 0o200) !== 0) return settled;
  const mode = (entry.stat.mode & 0o777).toString(8).padStart(4, '0');
  const why = `the mode is ${mode}: connecting takes write permission, and only the superuser gets by`;
  return denied(session, entry.path, why).outcome;
}

/** Every start that says something about the folder. */
function followsVariable(session: PolarisSession): ProbeOutcome {
  const { launch, environment, profile, place, earlyExit: exited } = session;
  if (launch === 'plain') {
    if (isShared(profile)) return skipped('the plugin is checked in the folder that was given for it');
    return atStart(session, 'POL-SOCK-004');
  }
  const isDefault = environment[folderVariable] === undefined;
  if (launch === 'default-folder' && !isDefault)
    return skipped(`somebody else uses ${defaultFolder}, so the plugin was not started in it`);
  const wanted = environment[folderVariable] ?? defaultFolder;
  if (place !== undefined && dirname(place) === wanted) return passed();
  const observed = place ?? (exited ? `the plugin ${describeExit(exited)}` : 'the plugin listens nowhere');
  return failed({
    expected: `a socket in ${wanted}`,
    observed,
    evidence: session.evidence(),
    cause: {
      class: 'fixed-socket-path',
      ...(isDefault && { variant: 'default' }),
      title: isDefault
        ? `Without ${folderVariable} the plugin is not in ${defaultFolder}, where servers look by default: ${observed}`
        : `The plugin binds the same path whatever ${folderVariable} says: ${observed}`,
      fix: `Take the folder from ${folderVariable}, and ${defaultFolder} where it is not set.`,
    },
  });
}

function followsOlderVariable({ environment, place }: PolarisSession): ProbeOutcome {
  if (environment[folderVariable] !== undefined)
    return skipped(`somebody else uses ${defaultFolder}, so the plugin was not started without ${folderVariable}`);
  const isThere = place !== undefined && dirname(place) === environment[olderVariable];
  return isThere
    ? passed()
    : skipped(`the plugin does not look at ${olderVariable}; only the first hosts of P2 set it`);
}

function makesFolder(session: PolarisSession): ProbeOutcome {
  const { folder, place, earlyExit: exited, plugin } = session;
  if (place !== undefined && dirname(place) === folder) return passed();
  const words = [...plugin.stderr.lastLines(60), ...plugin.stdout.lastLines(60)];
  if (exited && words.some((line) => line.includes(folder))) return passed('it ends and says which folder is missing');
  const how = exited ? `the plugin ${describeExit(exited)}` : 'the plugin runs on';
  const observed = place === undefined ? `${how}, and does not name the folder` : `it listens on ${place}`;
  return failed({
    expected: 'the folder is made, or named in the error',
    observed,
    evidence: session.evidence(),
    cause: {
      class: 'missing-folder',
      title: `Where its folder does not exist, ${observed}`,
      fix: 'Make the folder before you bind, as mkdir -p does.',
    },
  });
}

const join = (names: readonly string[]): string => names.join(' and ');

/** Two sockets, or one whose list names the service twice. */
function whyTwice({ service, names }: { service: string; names: readonly string[] }): { title: string; fix: string } {
  const sockets = [...new Set(names)];
  return sockets.length > 1
    ? {
        title: `${sockets.length} sockets offer ${service} (${join(sockets)}): the server panics at the second`,
        fix: 'Serve the plugin on one socket; bind others outside the folder.',
      }
    : {
        title: `Reflection on ${join(sockets)} lists ${service} ${names.length} times: the server panics at the second`,
        fix: 'List each service once: register it with one server, and reflection with that server alone.',
      };
}

/** Looks through the folder once more: other sockets may have appeared since. */
async function isAlone(session: PolarisSession): Promise<Readonly<Record<string, ProbeOutcome>>> {
  const { socket, contracts } = session;
  const scanned = await scan(session);
  const [twice] = contracts.flatMap(({ service }) => {
    const names = scanned.flatMap(({ entry, services }) =>
      services.filter((name) => name === service.typeName).map(() => entry.name),
    );
    return names.length > 1 ? [{ service: service.typeName, names }] : [];
  });
  const dead = scanned.find(({ entry, fault }) => fault && entry.path !== socket);
  return {
    'POL-SOCK-009': twice
      ? failed({
          expected: `one socket that offers ${twice.service}`,
          observed: join(twice.names),
          evidence: session.evidence(4),
          cause: {
            class: 'not-discovered',
            variant: 'twice',
            ...whyTwice(twice),
          },
        })
      : passed(),
    'POL-SOCK-010': dead?.fault
      ? failed({
          ...dead.fault.outcome,
          expected: 'a server behind every socket of the folder',
          cause: {
            class: 'dead-socket',
            title: `${dead.entry.name} lies in the folder as well and does not answer the scan: the server does not start`,
            fix: 'Bind sockets for other purposes outside the folder, and remove what an earlier run has left.',
          },
        })
      : passed(),
  };
}

/** Code of a probe that looks at one launch when that is over. */
const looked =
  (judge: (session: PolarisSession) => ProbeOutcome) =>
  (session: PolarisSession | undefined): ProbeOutcome => {
    if (!session) throw new Error('a launch without a session');
    return judge(session);
  };

export const startProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-SOCK-001', { launch: 'plain', smoke: true }, (session) => atStart(session, 'POL-SOCK-001')),
  probe('POL-SOCK-002', { launch: 'plain', smoke: true }, isReady),
  probe('POL-SOCK-003', { launch: 'plain', smoke: true }, (session) => atStart(session, 'POL-SOCK-003')),
  probe('POL-SOCK-004', { every: ['plain', 'other-folder', 'default-folder'] }, followsVariable),
  probe<PolarisSession>('POL-SOCK-005', { launches: ['older-variable'] }, looked(followsOlderVariable)),
  probe('POL-SOCK-008', { launch: 'plain', smoke: true }, letsConnect),
  probe('POL-SOCK-009', { launch: 'plain', smoke: true, settles: ['POL-SOCK-010'] }, isAlone),
  probe<PolarisSession>('POL-SOCK-011', { launches: ['no-folder'] }, looked(makesFolder)),
];
