/** What the harness knows of a system before its suite is loaded. Only `suites/registry.ts` knows them all. */
import type { GenericSchema } from 'valibot';
import type { Profile } from '../config/profile.ts';
import type { EnvironmentChanges } from '../launch/environment.ts';
import type { Suite } from './suite.ts';

/** What a first look at a plugin showed. */
export interface Sighting {
  /** The first lines of stdout. */
  readonly stdout: readonly string[];
  /** The last lines of stderr. */
  readonly stderr: readonly string[];
  /** Socket files that appeared in folders it was invited to use, and other Unix sockets it listens on. */
  readonly sockets: readonly string[];
}

/** By what a plugin was recognised, and which form of its system it has, where there are several. */
export interface Recognition {
  readonly sign: string;
  readonly form?: string;
  /** It was recognised by how it refuses to serve. */
  readonly refuses?: true;
}

/** An option of the command line that only one system has; its value goes into the profile's block of that system. */
export interface SystemOption {
  /** As on the command line, such as `--generation <generation>`. */
  readonly flags: string;
  /** The key in the profile's block. */
  readonly key: string;
  readonly description: string;
  /** Says where the plugin runs already: with it no program need be given, and none is started. */
  readonly attaches?: true;
}

export interface SystemEntry {
  readonly system: string;
  /** The name people use. */
  readonly title: string;
  /** Options of its own, on top of those that all systems share. */
  readonly options?: readonly SystemOption[];
  /**
   * The suite. A system whose plugins come in forms that have nothing in common on the wire has one for each; the one
   * without a form is that of the newest, and knows all rules.
   */
  load(form?: string): Promise<Suite>;
  /** The form that a profile fixes. A system that has this method is looked at when the profile does not say. */
  formOf?(profile: Profile): string | undefined;
  /** The schema of the profile block named after the system. */
  profileBlock(): Promise<GenericSchema | undefined>;
  /** Profiles that ship with the system, by name. */
  profiles(): Promise<Readonly<Record<string, unknown>>>;
  /** Variables that satisfy plugins of this system, for a first look. @param directory a folder of this look alone */
  invite(directory: string): Promise<EnvironmentChanges>;
  /** Says by what a plugin of this system is recognised in a sighting, with its form; `undefined` when it is not. */
  recognise(sighting: Sighting): Recognition | string | undefined;
}

export type Registry = readonly SystemEntry[];
