/** What a plugin says of its own services and messages, through whichever version of reflection it offers. */

import { type Types, typesOf } from '../wire/descriptors.ts';
import { errorText } from '../wire/error-text.ts';
import type { GrpcConnection } from '../wire/grpc-connection.ts';
import { type ReflectionVersion, type ReflectOptions, reflect } from '../wire/reflection.ts';

export interface LearntTypes {
  /** The version that answered; `undefined` when the plugin offers no reflection. */
  readonly version: ReflectionVersion | undefined;
  /** Full names, as listed. */
  readonly services: readonly string[];
  /** Undefined when the descriptors make no sense even after repair. */
  readonly types: Types | undefined;
  /** What went wrong on the way, each in a few words. */
  readonly faults: readonly string[];
}

const versions: readonly ReflectionVersion[] = ['v1', 'v1alpha'];

/** Asks v1 first and then v1alpha. Never throws for what a plugin answers. */
export async function learnTypes(connection: GrpcConnection, options: ReflectOptions): Promise<LearntTypes> {
  const faults: string[] = [];
  for (const version of versions) {
    const found = await reflect(connection, version, options);
    if (!('files' in found)) {
      if (!found.unimplemented) faults.push(`reflection ${version}: ${found.reason}`);
      continue;
    }
    const { services } = found;
    faults.push(...found.refused);
    try {
      return { version, services, types: typesOf(found.files.values()), faults };
    } catch (error) {
      faults.push(`the descriptors contradict each other: ${errorText(error)}`);
      return { version, services, types: undefined, faults };
    }
  }
  return { version: undefined, services: [], types: undefined, faults };
}
