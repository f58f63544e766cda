/** What the harness knows of a system before its suite is loaded. Only `suites/registry.ts` knows them all. */
import type { GenericSchema } from 'valibot';
import type { EnvironmentChanges } from '../launch/environment.ts';
import type { Suite } from './suite.ts';

/** What a first look at a plugin showed. */
export interface Sighting {
  /** The first lines of stdout. */
  readonly stdout: readonly string[];
  /** The last lines of stderr. */
  readonly stderr: readonly string[];
  /** Socket files that appeared in folders it was invited to use. */
  readonly sockets: readonly string[];
}

export interface SystemEntry {
  readonly system: string;
  /** The name people use. */
  readonly title: string;
  load(): Promise<Suite>;
  /** The schema of the profile block named after the system. */
  profileBlock(): Promise<GenericSchema | undefined>;
  /** Profiles that ship with the system, by name. */
  profiles(): Promise<Readonly<Record<string, unknown>>>;
  /** Variables that satisfy plugins of this system, for a first look. */
  invite(directory: string): Promise<EnvironmentChanges>;
  /** Says by what a plugin of this system is recognised in a sighting; `undefined` when it is not. */
  recognise(sighting: Sighting): string | undefined;
}

export type Registry = readonly SystemEntry[];
