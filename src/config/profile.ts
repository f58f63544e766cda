/**
 * A profile says what a concrete host application fixes: cookie, versions, transport security, what it requires and
 * calls. Files are `*.plugfest.yaml`, JSON or modules; the schema is published as `schemas/profile.v1.json`.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { about } from './about.ts';
import { type DataFile, parseDataFile, readDataFile } from './data-file.ts';
import { durationForm, parseDuration } from './duration.ts';

/** The pattern is for editors; what counts is the check. */
const durationText = v.pipe(v.string(), v.metadata({ pattern: '^\\s*\\d+(?:\\.\\d+)?\\s*(?:ms|s|m|h)?\\s*$' }));

export const duration = v.pipe(
  v.union([durationText, v.number()], `expected ${durationForm}`),
  v.check((value) => parseDuration(value) !== undefined, `expected ${durationForm}`),
);

const words = (of: string) => v.array(v.pipe(v.string(), v.minLength(1)), `expected a list of ${of}`);

const status = v.union([v.string(), v.number()], 'expected a gRPC status such as NOT_FOUND or 5');

const call = v.strictObject({
  name: about(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.-]*$/, 'expected a short name of letters, digits, - and _')),
    'what the report calls the call',
  ),
  method: about(
    v.pipe(v.string(), v.regex(/^\/?[\w.]+\/\w+$/, 'expected a method such as package.Service/Method')),
    'full method name, such as `proto.KV/Get`',
  ),
  request: v.optional(about(v.unknown(), 'proto JSON; a list of messages for a method that takes a stream')),
  response: v.optional(about(v.unknown(), 'proto JSON; a list of messages for a method that answers with a stream')),
  status: v.optional(about(status, 'the gRPC status that is expected, such as NOT_FOUND or 5')),
  match: v.optional(
    about(
      v.picklist(['exact', 'subset'], 'expected `exact` or `subset`'),
      '`exact` compares the whole response, `subset` only the fields that are given',
    ),
  ),
  metadata: v.optional(about(v.record(v.string(), v.string()), 'gRPC metadata sent with the call')),
  trailers: v.optional(about(v.record(v.string(), v.string()), 'trailers the answer must carry')),
  deadline: v.optional(about(duration, 'until the call must be answered')),
});

const calls = v.pipe(
  v.array(call, 'expected a list of calls'),
  v.check(
    (list) => new Set(list.map(({ name }) => name)).size === list.length,
    'expected calls with names of their own: two have the same',
  ),
);

/** One call of a profile. */
export type Call = v.InferOutput<typeof call>;

/** The name of a variable; a list has numbers for keys, and is no map. */
export const variable = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z_][^=]*$/, 'expected the name of a variable, with its value'),
);

const versionEntry = v.strictObject({
  services: v.optional(words('service names')),
  calls: v.optional(calls),
});

const versionNumber = v.pipe(v.number('expected a whole number'), v.integer('expected a whole number'), v.minValue(0));

const versions = v.union(
  [
    v.array(versionNumber, 'expected a list of versions such as [1]'),
    v.record(v.pipe(v.string(), v.regex(/^\d+$/, 'expected a version number as key')), v.nullish(versionEntry)),
  ],
  'expected a list of versions such as [1], or a map from version to its services and calls',
);

const entries = {
  $schema: v.optional(v.string()),
  name: about(
    v.pipe(v.string('expected a name'), v.regex(/^[A-Za-z0-9][\w.-]*$/, 'expected a short name without blanks')),
    'what reports call the profile',
  ),
  title: v.optional(about(v.string(), 'the name people use')),
  description: v.optional(about(v.string(), 'which host this is and what it does')),
  source: v.optional(about(v.union([v.string(), v.array(v.string())]), 'where these facts were read')),
  system: v.optional(about(v.string('expected the name of a system'), 'the plugin system, such as hashicorp-grpc')),
  cookie: v.optional(
    about(
      v.strictObject({ key: v.pipe(v.string(), v.minLength(1)), value: v.string() }, 'expected { key, value }'),
      'the variable and value by which the plugin knows its host',
    ),
  ),
  protocolVersions: v.optional(
    about(versions, 'application protocol versions the host offers, or a map from version to its services and calls'),
  ),
  tls: v.optional(
    about(
      v.picklist(['auto', 'none'], 'expected `auto` or `none`'),
      '`auto`: the host hands out a certificate and demands TLS both ways; `none`: it speaks in the clear',
    ),
  ),
  env: v.optional(
    about(v.record(variable, v.string('expected text; quote numbers and booleans')), 'further variables the host sets'),
  ),
  startTimeout: v.optional(about(duration, 'until the plugin must be ready')),
  requires: v.optional(about(words('capabilities'), 'capabilities the host cannot do without, such as health')),
  services: v.optional(about(words('service names'), 'gRPC services the host calls, such as proto.KV')),
  calls: v.optional(about(calls, 'calls to make, with what must come back')),
  schema: v.optional(
    about(
      v.strictObject({ descriptorSet: v.optional(v.string()), protoFiles: v.optional(words('.proto files')) }),
      'where the messages of the calls are described',
    ),
  ),
  checksum: v.optional(
    about(
      v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{64}$/, 'expected a SHA-256 of 64 hexadecimal digits')),
      'the SHA-256 the program must have, as in a SecureConfig',
    ),
  ),
};

/** Parts that the published schema names, so that it can be read. */
export const profileParts = { duration, call };

/**
 * The schema of profile files.
 * @param blocks schemas of the blocks that systems read for themselves, by system name
 */
export const profileSchema = (blocks: Readonly<Record<string, v.GenericSchema>> = {}) =>
  v.strictObject(
    { ...entries, ...Object.fromEntries(Object.entries(blocks).map(([name, block]) => [name, v.optional(block)])) },
    'expected a map of keys, such as `name: my-host`',
  );

export interface Cookie {
  readonly key: string;
  readonly value: string;
}

/** What the host calls at one application protocol version. */
export interface VersionOffer {
  readonly version: number;
  readonly services: readonly string[];
  readonly calls: readonly Call[];
}

export interface Profile {
  readonly name: string;
  readonly system: string | undefined;
  readonly title: string | undefined;
  readonly cookie: Cookie | undefined;
  /** Application protocol versions the host offers, in the order given; empty when nobody said. */
  readonly versions: readonly VersionOffer[];
  /** What holds for versions that say nothing of their own. */
  readonly common: Omit<VersionOffer, 'version'>;
  readonly tls: 'auto' | 'none' | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds until the plugin must be ready. */
  readonly startTimeoutMs: number | undefined;
  /** The longest wait for anything, in milliseconds; set by --timeout. */
  readonly longestWaitMs?: number | undefined;
  readonly requires: readonly string[];
  readonly schema: { readonly descriptorSet?: string | undefined; readonly protoFiles?: readonly string[] | undefined };
  readonly checksum: string | undefined;
  /** The block named after a system, not parsed yet. */
  readonly block: (system: string) => unknown;
  /** SHA-256 of what the profile says. */
  readonly digest: string;
}

type ProfileData = v.InferOutput<ReturnType<typeof profileSchema>>;

function versionOffers(data: ProfileData, common: Profile['common']): readonly VersionOffer[] {
  if (data.protocolVersions === undefined) return [];
  if (Array.isArray(data.protocolVersions)) return data.protocolVersions.map((version) => ({ version, ...common }));
  return Object.entries(data.protocolVersions).map(([version, entry]) => ({
    version: Number(version),
    services: entry?.services ?? common.services,
    calls: entry?.calls ?? common.calls,
  }));
}

/** Makes a profile of parsed data. */
export function makeProfile(data: ProfileData): Profile {
  const blocks: Readonly<Record<string, unknown>> = data;
  const common = { services: data.services ?? [], calls: data.calls ?? [] };
  return {
    name: data.name,
    system: data.system,
    title: data.title,
    cookie: data.cookie,
    versions: versionOffers(data, common),
    common,
    tls: data.tls,
    env: data.env ?? {},
    startTimeoutMs: data.startTimeout === undefined ? undefined : parseDuration(data.startTimeout),
    requires: data.requires ?? [],
    schema: data.schema ?? {},
    checksum: data.checksum?.toLowerCase(),
    block: (system) => (system in entries ? undefined : blocks[system]),
    digest: createHash('sha256').update(JSON.stringify(data)).digest('hex'),
  };
}

/** The profile of somebody who gave none. */
export const defaultProfile: Profile = makeProfile({ name: 'default' });

export type ProfileBlocks = Readonly<Record<string, v.GenericSchema>>;

/** Parses a profile that was read already. @throws UsageError */
export const parseProfile = (file: DataFile, blocks: ProfileBlocks): Profile =>
  makeProfile(parseDataFile(file, profileSchema(blocks), 'profile'));

/** Reads a profile file; the files it names are looked for beside it. @throws UsageError */
export async function readProfile(path: string, blocks: ProfileBlocks): Promise<Profile> {
  const profile = parseProfile(await readDataFile(path, 'profile'), blocks);
  const beside = (name: string): string => resolve(dirname(path), name);
  const { descriptorSet, protoFiles } = profile.schema;
  return {
    ...profile,
    schema: {
      descriptorSet: descriptorSet === undefined ? undefined : beside(descriptorSet),
      protoFiles: protoFiles?.map(beside),
    },
  };
}
