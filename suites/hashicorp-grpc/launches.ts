/** The ways in which the plugin is started, and what each sets in its environment. */
import { existsSync } from 'node:fs';
import { cookieLaunches } from './launches/cookies.ts';
import { folderLaunches } from './launches/folders.ts';
import { base, type GrpcLaunch, hostEnvironment } from './launches/launch.ts';
import { portLaunches } from './launches/ports.ts';
import { secured, securityLaunches } from './launches/security.ts';
import { versionLaunches } from './launches/versions.ts';

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
  // The longest come first: begun last, one alone would decide how long a run takes.
  ...securityLaunches,
  ...cookieLaunches,
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
  ...folderLaunches,
  ...portLaunches,
  ...versionLaunches,
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

const [gate, ...others] = declared;

export const launches: readonly [GrpcLaunch, ...GrpcLaunch[]] = [secured(gate), ...others.map(secured)];
