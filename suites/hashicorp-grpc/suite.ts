/** HashiCorp go-plugin over gRPC: launches, capabilities, and probes in the order of the protocol. */
import type { Suite } from '../../src/run/suite.ts';
import { classes } from './classes.ts';
import { complete, explain } from './complete.ts';
import { close, fence, open } from './host.ts';
import { knownHosts } from './known-hosts.ts';
import type { GrpcLaunch } from './launches/launch.ts';
import { launches } from './launches.ts';
import { judgePair } from './pairing.ts';
import { applicationProbes } from './probes/application.ts';
import { cleanUpProbes } from './probes/clean-up.ts';
import { concurrencyProbes } from './probes/concurrency.ts';
import { controllerProbes } from './probes/controller.ts';
import { deadlineProbes } from './probes/deadlines.ts';
import { handshakeProbes } from './probes/handshake.ts';
import { healthProbes } from './probes/health.ts';
import { launchProbes } from './probes/launch.ts';
import { limitProbes } from './probes/limits.ts';
import { loggingProbes } from './probes/logging.ts';
import { reflectionProbes } from './probes/reflection.ts';
import { securityProbes } from './probes/security.ts';
import { shutdownProbes } from './probes/shutdown.ts';
import { transportProbes } from './probes/transport.ts';
import { trialProbes } from './probes/trials.ts';
import { versionProbes } from './probes/versions.ts';
import { areas, requirements } from './requirements.ts';
import type { GrpcSession } from './session.ts';

/** Cookies of known hosts must not leak from a host that is somebody's plugin itself. */
const cookieKeys = new Set(knownHosts.map(({ cookie }) => cookie.key));

export const suite: Suite<GrpcSession, GrpcLaunch> = {
  system: 'hashicorp-grpc',
  requirements,
  areas,
  capabilities: {
    health: 'GRPC-HL-001',
    reflection: 'GRPC-RF-001',
    controller: 'GRPC-CT-001',
    stdio: 'GRPC-SI-001',
    broker: 'GRPC-BR-001',
    multiplex: 'GRPC-HS-021',
    'auto-mtls': 'GRPC-TLS-001',
    ping: 'GRPC-PG-001',
    'any-call': 'GRPC-AN-001',
  },
  launches,
  probes: [
    ...launchProbes,
    ...handshakeProbes,
    ...transportProbes,
    ...securityProbes,
    ...healthProbes,
    ...reflectionProbes,
    ...versionProbes,
    ...concurrencyProbes,
    ...limitProbes,
    ...trialProbes,
    ...deadlineProbes,
    ...loggingProbes,
    ...applicationProbes,
    ...controllerProbes,
    ...shutdownProbes,
    ...cleanUpProbes,
  ],
  startRequirement: 'GRPC-LE-001',
  startTimeRequirement: 'GRPC-LE-013',
  idleRequirement: 'GRPC-SD-008',
  classes,
  isProtocolVariable: (name) => name.startsWith('PLUGIN_') || cookieKeys.has(name),
  open,
  fence,
  close,
  complete,
  explain,
  pairing: { launch: 'again', requirement: 'GRPC-LE-016', judge: judgePair },
  extend: async (profile) => (await import('../../src/calls/profile-calls.ts')).profileCalls(profile, 'plain'),
  draft: async (gate) => (await import('../../src/calls/draft-calls.ts')).draftCalls(gate),
  observe: ({ handshake, listed, answering }) => ({
    ...(handshake.line && { handshake: handshake.line.text }),
    services: listed ?? answering,
  }),
};
