/**
 * Finds out what the user did not say: which cookie the plugin wants, among those of well-known hosts, and which
 * application versions it offers. Says what was found, because a real host fixes both.
 */
import type { Cookie, Profile, VersionOffer } from '../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import type { Cause } from '../../src/run/outcome.ts';
import type { Completion, CompletionContext } from '../../src/run/suite.ts';
import { allCookies, type KnownHost, knownHosts } from './known-hosts.ts';
import type { GrpcLaunch } from './launches/launch.ts';
import { launches } from './launches.ts';
import type { GrpcSession } from './session.ts';

type Context = CompletionContext<GrpcSession, GrpcLaunch>;

/** Versions that are offered one by one to a plugin that answers over net/rpc without a list. */
const triedVersions = [1, 2, 3, 4, 5, 6, 7, 8];

const lookWith = (environment: EnvironmentChanges): GrpcLaunch => ({
  name: 'look',
  purpose: 'to find out what the profile leaves open',
  judged: false,
  connects: false,
  refuses: true,
  tls: 'never',
  environment: () => environment,
});

interface Seen {
  readonly version: number | undefined;
  readonly protocol: string | undefined;
}

const see = (context: Context, environment: EnvironmentChanges): Promise<Seen | undefined> =>
  context.look(lookWith(environment), ({ handshake }) =>
    handshake.line ? { version: handshake.version, protocol: handshake.line.fields.protocol } : undefined,
  );

/** Halves the list of hosts until one cookie is left that the plugin takes. */
async function narrow(context: Context, hosts: readonly KnownHost[]): Promise<KnownHost | undefined> {
  let left = hosts;
  while (left.length > 1) {
    const half = left.slice(0, Math.ceil(left.length / 2));
    left = (await see(context, allCookies(half))) ? half : left.slice(half.length);
  }
  return left[0];
}

const byKey = (a: KnownHost, b: KnownHost): number => a.cookie.key.localeCompare(b.cookie.key);

async function findCookie(context: Context): Promise<{ cookie?: Cookie; note?: string; seen?: Seen }> {
  const without = await see(context, {});
  // A plugin that wants no cookie has none that could be left out; a made-up one shows that it never looks.
  if (without) return { cookie: { key: 'PLUGFEST_NO_COOKIE', value: 'none' }, seen: without };
  const withAll = await see(context, allCookies());
  if (!withAll) return {};
  const host = await narrow(context, [...knownHosts].sort(byKey));
  if (!host) return {};
  const { key, value } = host.cookie;
  const note = `the cookie of ${host.title} fits (${key}=${value}); --profile ${host.name} checks for that host`;
  return { cookie: host.cookie, note, seen: withAll };
}

async function findVersion(context: Context, cookie: Cookie | undefined, seen: Seen | undefined) {
  const given = cookie ? { [cookie.key]: cookie.value } : {};
  const first = seen ?? (await see(context, given));
  if (!first || first.version === undefined) return undefined;
  if (first.protocol === 'grpc') return { version: first.version, note: undefined };
  if (first.protocol !== 'netrpc' && first.protocol !== undefined) return { version: first.version, note: undefined };
  for (const version of triedVersions) {
    const offered = await see(context, { ...given, PLUGIN_PROTOCOL_VERSIONS: String(version) });
    if (offered?.protocol === 'grpc' && offered.version === version) {
      const note = `version ${version} speaks gRPC and was taken; without a list the plugin answers version ${first.version} over net/rpc`;
      return { version, note };
    }
  }
  return { version: first.version, note: undefined };
}

/** Completes a profile; the notes say what was found. */
export async function complete(context: Context): Promise<Completion> {
  const { profile } = context;
  const notes: string[] = [];
  const found = profile.cookie ? { cookie: profile.cookie } : await findCookie(context);
  if ('note' in found && found.note !== undefined) notes.push(found.note);
  const cookie = found.cookie;
  let versions: readonly VersionOffer[] = profile.versions;
  if (versions.length === 0) {
    const taken = await findVersion(context, cookie, 'seen' in found ? found.seen : undefined);
    if (taken) {
      versions = [{ version: taken.version, ...profile.common }];
      notes.push(taken.note ?? `no versions were given, so the one the plugin prints was taken: ${taken.version}`);
    }
  }
  const completed: Profile = { ...profile, cookie, versions };
  return { profile: completed, notes };
}

/** A plugin that ends with its stdin at /dev/null, and lives with a pipe, reads what is not its own. */
export async function explain(context: Context, gate: GrpcSession): Promise<Cause | undefined> {
  if (gate.handshake.first.arrival !== 'closed' || !gate.earlyExit || gate.earlyExit.signal) return undefined;
  if (gate.handshake.broken?.outcome.cause?.class !== 'early-exit') return undefined;
  const pipe = launches.find(({ name }) => name === 'stdin-pipe');
  if (!pipe) return undefined;
  const lives = await context.look({ ...pipe, refuses: true }, ({ earlyExit }) => earlyExit === undefined);
  if (!lives) return undefined;
  return {
    class: 'reads-stdin',
    title: 'The plugin quits when its stdin ends: it lives with an open pipe, and not with /dev/null',
    fix: 'Leave stdin alone: in CI and under most hosts it is /dev/null.',
  };
}
