/** Polaris server plugins on Unix sockets (generations P3 and P2): launches, and probes in the order of a server's start. */
import { failed, type ProbeOutcome, passed } from '../../src/run/outcome.ts';
import type { Suite } from '../../src/run/suite.ts';
import { classes, diagnoses } from './classes.ts';
import { close, fence, open } from './host.ts';
import { launches, type PolarisLaunch } from './launches.ts';
import { notHere } from './not-here.ts';
import { anyProbes } from './probes/any.ts';
import { connectionProbes } from './probes/connection.ts';
import { descriptorProbes } from './probes/descriptors.ts';
import { errorProbes } from './probes/errors.ts';
import { lifeProbes } from './probes/life.ts';
import { loadProbes } from './probes/load.ts';
import { pingProbes } from './probes/ping.ts';
import { reflectionProbes } from './probes/reflection.ts';
import { serviceProbes } from './probes/service.ts';
import { startProbes } from './probes/start.ts';
import { areas, requirements } from './requirements.ts';
import type { PolarisSession } from './session.ts';
import { settingsOf } from './settings.ts';

/** Two copies that share a path, or cannot both start, must be started one after the other; that breaks no rule. */
function judgePair(first: PolarisSession, second: PolarisSession): ProbeOutcome {
  if (!second.broken && first.path !== second.path) return passed();
  return failed({ expected: 'two copies side by side', observed: 'they disturb each other' });
}

const goPluginRules = [...requirements.keys()].filter((id) => id.startsWith('POL-GP-'));

export const suite: Suite<PolarisSession, PolarisLaunch> = {
  system: 'polaris',
  requirements,
  areas,
  capabilities: {},
  launches,
  probes: [
    ...startProbes,
    ...connectionProbes,
    ...reflectionProbes,
    ...descriptorProbes,
    ...pingProbes,
    ...serviceProbes,
    ...loadProbes,
    ...anyProbes,
    ...errorProbes,
    ...lifeProbes,
    ...notHere<PolarisSession>(goPluginRules, 'the plugin is on a socket; the rule is for go-plugins (P1 and P0)'),
  ],
  startRequirement: 'POL-SOCK-002',
  idleRequirement: 'POL-SOCK-002',
  crashRequirement: 'POL-ERR-001',
  classes,
  diagnoses,
  isProtocolVariable: (name) => name.startsWith('POLARIS_'),
  open,
  fence,
  close,
  pairing: { launch: 'again', judge: judgePair },
  draft: async (gate) => (await import('../../src/calls/draft-calls.ts')).draftCalls(gate),
  extend: async (profile) => {
    // What the author said wrongly is told before anything is started.
    settingsOf(profile);
    return (await import('../../src/calls/profile-calls.ts')).profileCalls(profile, 'plain');
  },
  observe: ({ scanned }) => ({ services: [...new Set(scanned.flatMap(({ services }) => services))] }),
};
