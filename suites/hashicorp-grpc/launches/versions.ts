/** Starts with lists of application protocol versions. */
import { base, type Context, foreignVersion, type GrpcLaunch, hostEnvironment } from './launch.ts';

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

export const versionLaunches: readonly GrpcLaunch[] = [
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
];
