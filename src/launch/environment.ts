/**
 * The plugin's environment: the host's own minus every protocol variable, plus what the launch sets.
 * A host that is itself somebody's plugin would otherwise leak its own cookie and certificate to the child.
 */

/** The variable that marks every process of a run, so that a leftover can be told from a stranger. */
export const markerVariable = 'PLUGFEST_RUN';

/** Values by name; `undefined` removes a variable the plugin would inherit. */
export type EnvironmentChanges = Readonly<Record<string, string | undefined>>;

/**
 * Builds a plugin's environment.
 * @param inherited the harness's own environment
 * @param isProtocolVariable names that belong to a plugin protocol and must not leak
 * @param changes applied in order, later ones win
 */
export function buildEnvironment(
  inherited: NodeJS.ProcessEnv,
  isProtocolVariable: (name: string) => boolean,
  ...changes: readonly EnvironmentChanges[]
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && name !== markerVariable && !isProtocolVariable(name)) environment[name] = value;
  }
  for (const change of changes) {
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) delete environment[name];
      else environment[name] = value;
    }
  }
  return environment;
}

const pem = /-----BEGIN [A-Z0-9 ]+-----/;

/**
 * What a report may say of a launch's environment: variables that Plugfest set with their values,
 * the user's own by name only, and PEM blocks never in full.
 */
export function describeEnvironment(set: EnvironmentChanges, users: EnvironmentChanges): string {
  const show = (name: string, value: string | undefined): string => {
    if (value === undefined) return `${name} unset`;
    return `${name}=${pem.test(value) ? `(PEM, ${value.length} characters)` : value}`;
  };
  const own = Object.entries(set).map(([name, value]) => show(name, value));
  return [...own, ...Object.keys(users).map((name) => `${name}=(given)`)].join(' ');
}
