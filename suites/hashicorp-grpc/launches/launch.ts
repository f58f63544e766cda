/** What every launch of this system has, and what the reference host sets in all of them. */
import type { Profile } from '../../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../../src/launch/environment.ts';
import type { Launch, LaunchContext } from '../../../src/run/suite.ts';
import type { GrpcSession } from '../session.ts';

export interface GrpcLaunch extends Launch<GrpcSession> {
  /** The host connects, opens its streams and makes a first call; otherwise only the handshake is read. */
  readonly connects: boolean;
  /** The plugin is expected to refuse: a short wait is enough. */
  readonly refuses?: true;
  /** Whether the host hands out a certificate; `host` leaves it to the profile. */
  readonly tls: 'host' | 'always' | 'never';
}

export type Context = LaunchContext<GrpcSession>;

/** A version no host and no plugin has. */
export const foreignVersion = 999983;

/** What the reference host sets in every start. */
export function hostEnvironment(profile: Profile): EnvironmentChanges {
  const versions = profile.versions.map(({ version }) => version);
  return {
    ...(profile.cookie && { [profile.cookie.key]: profile.cookie.value }),
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    ...(versions.length > 0 && { PLUGIN_PROTOCOL_VERSIONS: versions.join(',') }),
  };
}

export const base = {
  judged: true,
  connects: false,
  tls: 'host' as const,
  environment: ({ profile }: Context) => hostEnvironment(profile),
} satisfies Partial<GrpcLaunch>;
