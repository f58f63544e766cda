/** Starts with port ranges, for plugins that listen on TCP. */
import type { EnvironmentChanges } from '../../../src/launch/environment.ts';
import { findPorts, occupyPorts } from '../ports.ts';
import type { GrpcSession } from '../session.ts';
import { base, type GrpcLaunch } from './launch.ts';

const tcpOnly = (gate: GrpcSession): string | undefined =>
  gate.handshake.address?.network === 'tcp' ? undefined : 'the plugin listens on a Unix socket';
const ports = (name: string, purpose: string, setup: GrpcLaunch['setup'], judged: boolean): GrpcLaunch => ({
  ...base,
  name,
  purpose,
  judged,
  ...(setup && { setup }),
  unfit: tcpOnly,
});

const range = (first: number, last: number): EnvironmentChanges => ({
  PLUGIN_MIN_PORT: String(first),
  PLUGIN_MAX_PORT: String(last),
});

export const portLaunches: readonly GrpcLaunch[] = [
  ports(
    'narrow-ports',
    'with a range of three ports',
    async () => {
      const first = await findPorts(3);
      return { environment: range(first, first + 2) };
    },
    true,
  ),
  ports(
    'busy-ports',
    'with a range whose first two ports are taken',
    async () => {
      const first = await findPorts(3);
      return { environment: range(first, first + 2), dispose: await occupyPorts([first, first + 1]) };
    },
    true,
  ),
  ports(
    'full-ports',
    'with a range whose ports are all taken',
    async () => {
      const first = await findPorts(2);
      return { environment: range(first, first + 1), dispose: await occupyPorts([first, first + 1]) };
    },
    false,
  ),
  ports(
    'inverted-ports',
    'with a range that is upside down',
    async () => ({ environment: range(20_002, 20_000) }),
    false,
  ),
  ports(
    'no-ports',
    'without a port range',
    async () => ({
      environment: { PLUGIN_MIN_PORT: undefined, PLUGIN_MAX_PORT: undefined },
    }),
    true,
  ),
  ports(
    'empty-ports',
    'with empty port variables',
    async () => ({ environment: { PLUGIN_MIN_PORT: '', PLUGIN_MAX_PORT: '' } }),
    true,
  ),
];
