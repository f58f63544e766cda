/**
 * The types of a plugin's messages, where the profile says so itself: a descriptor set, or .proto files. Both are read
 * before the plugin starts, so that a wrong file costs a second and not a run.
 */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { Profile } from '../config/profile.ts';
import { UsageError } from '../config/usage-error.ts';
import { type Types, typesOf } from '../wire/descriptors.ts';
import { errorText } from '../wire/error-text.ts';

async function fromDescriptorSet(path: string): Promise<Types> {
  try {
    const { file } = fromBinary(FileDescriptorSetSchema, await readFile(path));
    return typesOf(file.map((each) => toBinary(FileDescriptorProtoSchema, each)));
  } catch (cause) {
    throw new UsageError(`schema.descriptorSet in the profile: ${path} is no descriptor set: ${errorText(cause)}`, {
      hint: 'write one with `buf build -o descriptors.binpb` or `protoc --include_imports --descriptor_set_out=…`',
      cause,
    });
  }
}

async function fromProtoFiles(paths: readonly string[]): Promise<Types> {
  const { load } = createRequire(import.meta.url)('@grpc/proto-loader') as typeof import('@grpc/proto-loader');
  try {
    const folders = [...new Set(paths.map((path) => dirname(resolve(path))))];
    const definition = await load([...paths], { includeDirs: ['.', ...folders], keepCase: true });
    const descriptors = new Map<string, Uint8Array>();
    for (const entry of Object.values(definition)) {
      if (!('fileDescriptorProtos' in entry)) continue;
      for (const bytes of entry.fileDescriptorProtos as readonly Uint8Array[])
        descriptors.set(Buffer.from(bytes).toString('base64'), bytes);
    }
    return typesOf(descriptors.values());
  } catch (cause) {
    throw new UsageError(`schema.protoFiles in the profile: ${errorText(cause)}`, { cause });
  }
}

async function read({ schema }: Profile): Promise<Types | undefined> {
  if (schema.descriptorSet !== undefined) return fromDescriptorSet(schema.descriptorSet);
  return schema.protoFiles && schema.protoFiles.length > 0 ? fromProtoFiles(schema.protoFiles) : undefined;
}

const known = new WeakMap<Profile['schema'], Promise<Types | undefined>>();

/** Types from the profile's own schema, or `undefined` when it names none. Read once. @throws UsageError */
export function readSchema(profile: Profile): Promise<Types | undefined> {
  const before = known.get(profile.schema);
  if (before) return before;
  const types = read(profile);
  known.set(profile.schema, types);
  return types;
}
