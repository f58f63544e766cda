/** Starts that a plugin refuses, because the cookie is not what it wants. */
import type { EnvironmentChanges } from '../../../src/launch/environment.ts';
import { base, type GrpcLaunch, hostEnvironment } from './launch.ts';

const noCookie = 'no cookie is known: give it with --cookie KEY=VALUE or --profile';

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

export const cookieLaunches: readonly GrpcLaunch[] = [
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
];
