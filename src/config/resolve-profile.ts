/** From what the user said of the host to one profile: a file, a shipped profile or an object, with options on top. */
import { existsSync } from 'node:fs';
import type { Registry } from '../run/registry.ts';
import { parseDuration } from './duration.ts';
import { nearest } from './nearest.ts';
import type { CheckOptions } from './options.ts';
import { defaultProfile, type Profile, type ProfileBlocks, parseProfile, readProfile } from './profile.ts';
import { UsageError } from './usage-error.ts';

async function blocksOf(registry: Registry): Promise<ProfileBlocks> {
  const blocks = await Promise.all(
    registry.map(async ({ system, profileBlock }) => [system, await profileBlock()] as const),
  );
  return Object.fromEntries(blocks.flatMap(([system, block]) => (block ? [[system, block]] : [])));
}

async function shipped(registry: Registry): Promise<Readonly<Record<string, unknown>>> {
  const all = await Promise.all(registry.map(({ profiles }) => profiles()));
  return Object.assign({}, ...all) as Readonly<Record<string, unknown>>;
}

const inMemory = (path: string, value: unknown) => ({ path, value, locate: () => undefined });

async function base(registry: Registry, profile: CheckOptions['profile']): Promise<Profile> {
  if (profile === undefined) return defaultProfile;
  const blocks = await blocksOf(registry);
  if (typeof profile !== 'string') return parseProfile(inMemory('the profile option', profile), blocks);
  if (existsSync(profile)) return readProfile(profile, blocks);
  const known = await shipped(registry);
  if (profile in known) return parseProfile(inMemory(profile, known[profile]), blocks);
  const meant = nearest(profile, Object.keys(known));
  throw new UsageError(
    `profile: ${profile} is no file and no profile that ships with Plugfest (${Object.keys(known).join(', ')})`,
    {
      hint: meant === undefined ? undefined : `did you mean \`--profile ${meant}\`?`,
    },
  );
}

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});

/** The profile a check runs with. @throws UsageError */
export async function resolveProfile(registry: Registry, options: CheckOptions): Promise<Profile> {
  const profile = await base(registry, options.profile);
  const versions = options.protocolVersions?.map(
    (version) => profile.versions.find((offer) => offer.version === version) ?? { version, ...profile.common },
  );
  const given = options.options;
  return {
    ...profile,
    ...(given && { block: (system: string) => ({ ...asObject(profile.block(system)), ...given }) }),
    ...(options.cookie && { cookie: options.cookie }),
    ...(versions && { versions }),
    ...(options.tls && { tls: options.tls }),
    ...(options.checksum && { checksum: options.checksum.toLowerCase() }),
    ...(options.timeout !== undefined && { longestWaitMs: parseDuration(options.timeout) }),
  };
}
