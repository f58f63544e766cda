/** Joins what a plugin says of its types with what the profile says. */
import { createRegistry } from '@bufbuild/protobuf';
import type { Profile } from '../config/profile.ts';
import type { GrpcConnection } from '../wire/grpc-connection.ts';
import type { ReflectOptions } from '../wire/reflection.ts';
import type { KnownTypes } from './call-session.ts';
import { learnTypes } from './learn-types.ts';
import { readSchema } from './schema-source.ts';

/** The plugin's own word comes first. Never throws for what a plugin answers. @throws UsageError for the schema */
export async function knownTypes(
  connection: GrpcConnection,
  profile: Profile,
  options: ReflectOptions,
): Promise<KnownTypes> {
  const schema = await readSchema(profile);
  const learnt = await learnTypes(connection, options);
  const sources = [schema?.registry, learnt.types?.registry].filter((one) => one !== undefined);
  return { learnt, registry: createRegistry(...sources) };
}
