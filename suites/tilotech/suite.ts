/** tilotech/go-plugin: launches, and probes in the order of a plugin's life. */
import type { Suite } from '../../src/run/suite.ts';
import { classes, diagnoses } from './classes.ts';
import { complete } from './complete.ts';
import { explain } from './explain.ts';
import { close, fence, open } from './host.ts';
import { launches, type TiloLaunch } from './launches.ts';
import { judgePair } from './pairing.ts';
import { contextProbes } from './probes/context.ts';
import { dispatcherProbes } from './probes/dispatcher.ts';
import { errorProbes } from './probes/errors.ts';
import { httpProbes } from './probes/http.ts';
import { jsonProbes } from './probes/json.ts';
import { outputProbes } from './probes/output.ts';
import { reconnectProbes } from './probes/reconnect.ts';
import { socketProbes } from './probes/socket.ts';
import { startProbes } from './probes/start.ts';
import { terminateProbes } from './probes/terminate.ts';
import { ownDraft } from './profile-block.ts';
import { readyLine } from './ready-line.ts';
import { areas, requirements } from './requirements.ts';
import type { TiloSession } from './session.ts';

export const suite: Suite<TiloSession, TiloLaunch> = {
  system: 'tilotech',
  requirements,
  areas,
  capabilities: { dispatcher: 'TILO-DISP-001' },
  launches,
  probes: [
    ...startProbes,
    ...socketProbes,
    ...httpProbes,
    ...jsonProbes,
    ...errorProbes,
    ...contextProbes,
    ...reconnectProbes,
    ...outputProbes,
    ...dispatcherProbes,
    ...terminateProbes,
  ],
  startRequirement: 'TILO-START-004',
  idleRequirement: 'TILO-READY-007',
  crashRequirement: 'TILO-ERR-005',
  classes,
  diagnoses,
  isProtocolVariable: (name) => name.startsWith('PLUGIN_'),
  open,
  fence,
  close,
  complete,
  explain,
  pairing: { launch: 'again', judge: judgePair },
  ownDraft,
  observe: ({ ready, settings }) => ({
    ...(ready.arrival === 'ready' && { handshake: readyLine }),
    services: [...new Set(settings.methods.map(({ path }) => path))],
  }),
};
