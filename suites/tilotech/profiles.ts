/** The host profiles that ship with this system, by name. */
import tilores from './profiles/tilores.plugfest.yaml';

export const profiles: Readonly<Record<string, unknown>> = { tilores };
