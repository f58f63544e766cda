/** The ways in which the plugin is started, and what each sets in its environment. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Profile } from '../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../src/launch/environment.ts';
import type { Launch, LaunchContext } from '../../src/run/suite.ts';
import { findPorts, occupyPorts } from './ports.ts';
import type { GrpcSession } from './session.ts';
import { ownGroup } from './socket-file.ts';

export interface GrpcLaunch extends Launch<GrpcSession> {
  /** The host connects, opens its streams and makes a first call; otherwise only the handshake is read. */
  readonly connects: boolean;
  /** The plugin is expected to refuse: a short wait is enough. */
  readonly refuses?: true;
  /** Whether the host hands out a certificate; `host` leaves it to the profile. */
  readonly tls: 'host' | 'always' | 'never';
}

type Context = LaunchContext<GrpcSession>;

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

const noCookie = 'no cookie is known: give it with --cookie KEY=VALUE or --profile';

const base = {
  judged: true,
  connects: false,
  tls: 'host' as const,
  environment: ({ profile }: Context) => hostEnvironment(profile),
} satisfies Partial<GrpcLaunch>;

/** A start that must be refused, because the cookie is not what the plugin wants. */
const refused = (
  name: string,
  purpose: string,
  cookie: (value: string) => string | undefined,
  more: EnvironmentChanges = {},
): GrpcLaunch => ({
  ...base,
  name,
  purpose,
  judged: false,
  refuses: true,
  environment: ({ profile }) => ({
    ...hostEnvironment(profile),
    ...(profile.cookie && { [profile.cookie.key]: cookie(profile.cookie.value) }),
    ...more,
  }),
  unfit: (_, profile) => {
    if (!profile.cookie) return noCookie;
    return cookie(profile.cookie.value) === profile.cookie.value ? 'the cookie has no letters to change' : undefined;
  },
});

const swapCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));

/** The version that the gate agreed on. */
const agreed = ({ gate, profile }: Context): number => gate?.handshake.version ?? profile.versions[0]?.version ?? 1;

const versions = (
  name: string,
  purpose: string,
  list: (context: Context) => string | undefined,
  judged = false,
): GrpcLaunch => ({
  ...base,
  name,
  purpose,
  judged,
  environment: (context) => ({ ...hostEnvironment(context.profile), PLUGIN_PROTOCOL_VERSIONS: list(context) }),
});

const tcpOnly = (gate: GrpcSession): string | undefined =>
  gate.handshake.address?.network === 'tcp' ? undefined : 'the plugin listens on a Unix socket';
const unixOnly = (gate: GrpcSession): string | undefined =>
  gate.handshake.address?.network === 'unix' ? undefined : 'the plugin listens on TCP';

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

/** A folder inside the launch's own, made when the environment is. */
function folder({ directory }: Context, name: string): string {
  const path = `${directory}/${name}`;
  mkdirSync(path, { mode: 0o700 });
  return path;
}

const tlsUnwanted = (_: GrpcSession, { tls }: Profile): string | undefined =>
  tls === 'none' ? 'the profile says `tls: none`' : undefined;

const declared: readonly [GrpcLaunch, ...GrpcLaunch[]] = [
  { ...base, name: 'plain', purpose: 'as the host starts it, with nothing unusual', connects: true },
  {
    ...base,
    name: 'again',
    purpose: 'a second copy beside the first, with the same temporary folder',
    environment: ({ profile, gate, directory }) => ({
      ...hostEnvironment(profile),
      TMPDIR: gate && existsSync(gate.plugin.directory) ? gate.plugin.directory : directory,
    }),
  },
  refused('no-cookie', 'without the cookie', () => undefined),
  refused('wrong-cookie', 'with a wrong cookie', () => 'plugfest-wrong-value'),
  refused('cookie-case', 'with the cookie in the other letter case', swapCase),
  refused('cookie-blank', 'with a blank after the cookie', (value) => `${value} `),
  refused('hostile-variables', 'without the cookie, with nonsense in every PLUGIN_ variable', () => undefined, {
    PLUGIN_MIN_PORT: 'abc',
    PLUGIN_MAX_PORT: '-1',
    PLUGIN_PROTOCOL_VERSIONS: 'x,,99999999999999999999',
    PLUGIN_CLIENT_CERT: 'no certificate',
    PLUGIN_MULTIPLEX_GRPC: 'maybe',
    PLUGIN_UNIX_SOCKET_DIR: '/nonexistent/plugfest',
    PLUGIN_UNIX_SOCKET_GROUP: 'no-such-group',
  }),
  {
    ...base,
    name: 'bare',
    purpose: 'with the cookie and no PLUGIN_ variable at all',
    judged: false,
    environment: ({ profile }) => (profile.cookie ? { [profile.cookie.key]: profile.cookie.value } : {}),
  },
  {
    ...base,
    name: 'extra-variables',
    purpose: 'with PLUGIN_ variables of the future',
    connects: true,
    environment: ({ profile }) => ({
      ...hostEnvironment(profile),
      PLUGIN_FUTURE_X: '1',
      PLUGIN_SESSION_ID: 'plugfest',
      PLUGIN_FEATURES: 'a,b;c=d',
    }),
  },
  { ...base, name: 'stdin-pipe', purpose: 'with an open pipe as stdin', stdin: 'pipe' },
  { ...base, name: 'stdin-closed', purpose: 'with stdin closed', stdin: 'closed' },
  {
    ...base,
    name: 'socket-folder',
    purpose: 'with PLUGIN_UNIX_SOCKET_DIR',
    unfit: unixOnly,
    environment: (context) => ({
      ...hostEnvironment(context.profile),
      PLUGIN_UNIX_SOCKET_DIR: folder(context, 's'),
    }),
  },
  {
    ...base,
    name: 'socket-group',
    purpose: 'with PLUGIN_UNIX_SOCKET_GROUP',
    unfit: unixOnly,
    environment: (context) => ({
      ...hostEnvironment(context.profile),
      PLUGIN_UNIX_SOCKET_DIR: folder(context, 's'),
      PLUGIN_UNIX_SOCKET_GROUP: String(ownGroup()),
    }),
  },
  {
    ...base,
    name: 'no-folder',
    purpose: 'with a file where the folder for sockets should be',
    judged: false,
    environment: ({ profile, directory }) => {
      const path = `${directory}/f`;
      writeFileSync(path, '');
      return { ...hostEnvironment(profile), TMPDIR: path, PLUGIN_UNIX_SOCKET_DIR: path };
    },
    unfit: unixOnly,
  },
  {
    ...base,
    name: 'long-folder',
    purpose: 'with a temporary folder whose path leaves no room for a socket',
    judged: false,
    environment: (context) => ({ ...hostEnvironment(context.profile), TMPDIR: folder(context, 'l'.repeat(100)) }),
    unfit: unixOnly,
  },
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
  versions(
    'version-first',
    'with a version nobody knows after the right one',
    (context) => `${agreed(context)},${foreignVersion}`,
    true,
  ),
  versions(
    'version-last',
    'with a version nobody knows before the right one',
    (context) => `${foreignVersion},${agreed(context)}`,
    true,
  ),
  versions('junk-version', 'with an entry in the version list that is no number', (context) => `x,${agreed(context)}`),
  versions('blank-version', 'with blanks in the version list', (context) => `, ,${agreed(context)}`),
  versions('empty-versions', 'with an empty version list', () => ''),
  versions('foreign-version', 'with a version nobody knows', () => String(foreignVersion)),
  {
    ...base,
    name: 'auto-mtls',
    purpose: 'by a host with AutoMTLS',
    connects: true,
    tls: 'always',
    unfit: tlsUnwanted,
  },
  {
    ...base,
    name: 'empty-certificate',
    purpose: 'with PLUGIN_CLIENT_CERT set and empty',
    judged: false,
    connects: true,
    tls: 'never',
    environment: ({ profile }) => ({ ...hostEnvironment(profile), PLUGIN_CLIENT_CERT: '' }),
  },
  {
    ...base,
    name: 'garbage-certificate',
    purpose: 'with nonsense in PLUGIN_CLIENT_CERT',
    judged: false,
    tls: 'never',
    environment: ({ profile }) => ({ ...hostEnvironment(profile), PLUGIN_CLIENT_CERT: 'this is no certificate' }),
    unfit: tlsUnwanted,
  },
  {
    ...base,
    name: 'orphaned',
    purpose: 'as the child of a host that is then killed',
    judged: false,
    connects: true,
    hasParent: true,
  },
  {
    ...base,
    name: 'multiplex',
    purpose: 'by a host that asks for broker multiplexing',
    judged: false,
    environment: ({ profile }) => ({ ...hostEnvironment(profile), PLUGIN_MULTIPLEX_GRPC: 'true' }),
  },
];

/** Adds the host's certificate to the starts that carry one: a new one for each, as the real host does. */
const secured = (launch: GrpcLaunch): GrpcLaunch => ({
  ...launch,
  setup: async (context) => {
    const own = await launch.setup?.(context);
    const wanted = launch.tls === 'always' || (launch.tls === 'host' && context.profile.tls === 'auto');
    if (!wanted) return own ?? {};
    const { handOut, takeBack } = await import('./tls/host-certificate.ts');
    const { pem } = await handOut();
    return {
      environment: { ...own?.environment, PLUGIN_CLIENT_CERT: pem },
      dispose: async () => {
        takeBack(pem);
        await own?.dispose?.();
      },
    };
  },
});

const [gate, ...others] = declared;

export const launches: readonly [GrpcLaunch, ...GrpcLaunch[]] = [secured(gate), ...others.map(secured)];
