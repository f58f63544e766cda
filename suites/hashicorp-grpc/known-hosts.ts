/** The cookies of well-known hosts, tried by name on a plugin whose cookie nobody gave. */
import * as v from 'valibot';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import { profiles } from './profiles.ts';

const knownHost = v.object({
  name: v.string(),
  title: v.string(),
  cookie: v.object({ key: v.string(), value: v.string() }),
});

export type KnownHost = v.InferOutput<typeof knownHost>;

export const knownHosts: readonly KnownHost[] = Object.values(profiles).map((profile) => v.parse(knownHost, profile));

/** All cookies at once: each has a variable of its own, so that one start shows whether any fits. */
export const allCookies = (hosts: readonly KnownHost[] = knownHosts): EnvironmentChanges =>
  Object.fromEntries(hosts.map(({ cookie }) => [cookie.key, cookie.value]));
