/**
 * Makes a registry of types from descriptors that came from outside. Strict first; where that fails, descriptors are
 * repaired the way a lenient reader would, and every repair is told: libraries that serve lossy descriptors exist.
 */
import { create, createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { protoCamelCase } from '@bufbuild/protobuf/reflect';
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
  MessageOptionsSchema,
} from '@bufbuild/protobuf/wkt';

export interface Types {
  readonly registry: FileRegistry;
  /** What had to be mended, each in one sentence; empty when the descriptors were as they should be. */
  readonly repairs: readonly string[];
}

/** Files that every toolchain ships and that plugins need not serve. */
const wellKnown = new Map(
  [
    file_google_protobuf_any,
    file_google_protobuf_api,
    file_google_protobuf_descriptor,
    file_google_protobuf_duration,
    file_google_protobuf_empty,
    file_google_protobuf_field_mask,
    file_google_protobuf_source_context,
    file_google_protobuf_struct,
    file_google_protobuf_timestamp,
    file_google_protobuf_type,
    file_google_protobuf_wrappers,
  ].map(({ proto }) => [proto.name, proto]),
);

/** Every file before those that import it; imports that lead in a circle are left as they come. */
function ordered(files: ReadonlyMap<string, FileDescriptorProto>): readonly FileDescriptorProto[] {
  const done = new Set<string>();
  const list: FileDescriptorProto[] = [];
  const visit = (name: string): void => {
    const file = files.get(name);
    if (!file || done.has(name)) return;
    done.add(name);
    for (const dependency of file.dependency) visit(dependency);
    list.push(file);
  };
  for (const name of files.keys()) visit(name);
  return list;
}

const build = (files: ReadonlyMap<string, FileDescriptorProto>): FileRegistry =>
  createFileRegistry(create(FileDescriptorSetSchema, { file: [...ordered(files)] }));

interface TypeIndex {
  readonly messages: ReadonlyMap<string, string>;
  readonly enums: ReadonlyMap<string, string>;
}

/** The full names of all types, with the file each stands in. */
function indexTypes(files: Iterable<FileDescriptorProto>): TypeIndex {
  const messages = new Map<string, string>();
  const enums = new Map<string, string>();
  const walk = (
    scope: string,
    { messageType, enumType, file }: { messageType: DescriptorProto[]; enumType: { name: string }[]; file: string },
  ): void => {
    for (const { name } of enumType) enums.set(`${scope}.${name}`, file);
    for (const message of messageType) {
      const full = `${scope}.${message.name}`;
      messages.set(full, file);
      walk(full, { messageType: message.nestedType, enumType: message.enumType, file });
    }
  };
  for (const { package: scope, messageType, enumType, name } of files)
    walk(scope === '' ? '' : `.${scope}`, { messageType, enumType, file: name });
  return { messages, enums };
}

/** Looks a name up from the inside of a scope outwards, as protoc does. */
function resolve(name: string, scope: string, { messages, enums }: TypeIndex): string | undefined {
  const isKnown = (full: string): boolean => messages.has(full) || enums.has(full);
  if (name.startsWith('.')) return isKnown(name) ? name : undefined;
  for (let outer = scope; ; outer = outer.slice(0, outer.lastIndexOf('.'))) {
    if (isKnown(`${outer}.${name}`)) return `${outer}.${name}`;
    if (outer === '') return undefined;
  }
}

class Repair {
  readonly told: string[] = [];
  readonly #index: TypeIndex;
  #file: FileDescriptorProto = create(FileDescriptorProtoSchema);

  constructor(index: TypeIndex) {
    this.#index = index;
  }

  mend(file: FileDescriptorProto): void {
    this.#file = file;
    const scope = file.package === '' ? '' : `.${file.package}`;
    for (const message of file.messageType) this.#message(message, `${scope}.${message.name}`);
    for (const field of file.extension) this.#field(field, scope);
    for (const service of file.service) {
      for (const method of service.method) {
        method.inputType = this.#reference(method.inputType, scope, `${service.name}.${method.name}`);
        method.outputType = this.#reference(method.outputType, scope, `${service.name}.${method.name}`);
      }
    }
  }

  #message(message: DescriptorProto, scope: string): void {
    for (const nested of message.nestedType) this.#message(nested, `${scope}.${nested.name}`);
    for (const field of message.field) this.#field(field, scope);
    for (const field of message.field) this.#mapEntry(field, message, scope);
  }

  #field(field: FieldDescriptorProto, scope: string): void {
    const about = `${scope.slice(1)}.${field.name}`;
    if (!FieldDescriptorProto_Label[field.label]) {
      field.label = FieldDescriptorProto_Label.OPTIONAL;
      this.told.push(`${about}: the label was missing`);
    }
    if (field.typeName === '') return;
    field.typeName = this.#reference(field.typeName, scope, about);
    const isEnum = this.#index.enums.has(field.typeName);
    const right = isEnum ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE;
    const isGroup = field.type === FieldDescriptorProto_Type.GROUP;
    if (field.type === right || isGroup) return;
    this.told.push(`${about}: the kind of its type was ${FieldDescriptorProto_Type[field.type] ?? 'missing'}`);
    field.type = right;
  }

  /** A repeated field of a nested message that looks like an entry is a map whose mark got lost. */
  #mapEntry(field: FieldDescriptorProto, message: DescriptorProto, scope: string): void {
    if (field.label !== FieldDescriptorProto_Label.REPEATED) return;
    const entry = message.nestedType.find(({ name }) => field.typeName === `${scope}.${name}`);
    if (!entry?.name.endsWith('Entry') || entry.options?.mapEntry) return;
    const names = entry.field.map(({ name, number }) => `${name}=${number}`).sort();
    if (names.join() !== 'key=1,value=2') return;
    entry.options = create(MessageOptionsSchema, { mapEntry: true });
    this.told.push(`${scope.slice(1)}.${field.name}: the mark that makes it a map was missing`);
  }

  #reference(name: string, scope: string, about: string): string {
    const full = resolve(name, scope, this.#index);
    if (full === undefined) return name;
    if (full !== name) this.told.push(`${about}: the type ${name} was not fully named`);
    const home = this.#index.messages.get(full) ?? this.#index.enums.get(full) ?? '';
    if (home !== this.#file.name && !this.#file.dependency.includes(home)) {
      this.#file.dependency.push(home);
      this.told.push(`${this.#file.name}: the import of ${home} was missing`);
    }
    return full;
  }
}

/** Imports that nobody serves: the files every toolchain ships are added, others are struck. */
function completeImports(files: Map<string, FileDescriptorProto>, told: string[]): void {
  for (const file of [...files.values()]) {
    for (const dependency of [...file.dependency]) addWellKnown(dependency, files);
    const absent = file.dependency.filter((dependency) => !files.has(dependency));
    if (absent.length === 0) continue;
    file.dependency = file.dependency.filter((dependency) => files.has(dependency));
    file.publicDependency = [];
    file.weakDependency = [];
    told.push(`${file.name}: ${absent.join(', ')} is imported and not served`);
  }
}

function addWellKnown(name: string, files: Map<string, FileDescriptorProto>): void {
  const known = wellKnown.get(name);
  if (!known || files.has(name)) return;
  files.set(name, known);
  for (const dependency of known.dependency) addWellKnown(dependency, files);
}

function* messagesIn(list: readonly DescriptorProto[]): Generator<DescriptorProto> {
  for (const message of list) {
    yield message;
    yield* messagesIn(message.nestedType);
  }
}

/** Not every toolchain writes JSON names into descriptors; without them all fields would have the same key. */
function nameFields({ messageType, extension }: FileDescriptorProto): void {
  const fields = [...[...messagesIn(messageType)].flatMap(({ field }) => field), ...extension];
  for (const field of fields) if (field.jsonName === '') field.jsonName = protoCamelCase(field.name);
}

/**
 * Builds the types of serialised file descriptors.
 * @throws Error saying what is missing, when no repair helps
 */
export function typesOf(descriptors: Iterable<Uint8Array>): Types {
  const parsed = [...descriptors].map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  const files = new Map(parsed.map((file) => [file.name, file]));
  for (const file of parsed) for (const dependency of file.dependency) addWellKnown(dependency, files);
  for (const file of parsed) nameFields(file);
  try {
    return { registry: build(files), repairs: [] };
  } catch {
    for (const file of wellKnown.values()) if (!files.has(file.name)) files.set(file.name, file);
    const repair = new Repair(indexTypes(files.values()));
    for (const file of parsed) repair.mend(file);
    completeImports(files, repair.told);
    return { registry: build(files), repairs: [...new Set(repair.told)] };
  }
}
