/** Requests and replies that hold one google.protobuf.Any, as bytes: probes must be able to write what no library would. */
import {
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  type Registry,
  toJson,
} from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';

export interface AnyValue {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

const lengthPrefix = (field: number, bytes: number): Uint8Array =>
  new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(bytes).finish();

/**
 * A request whose one Any field holds this; without it the field is left out. google.protobuf.Any has the type URL in
 * field 1 and the value in field 2. Values may be large, so they are copied only once.
 */
export function wrapAny(field: DescField, any: AnyValue | undefined): Uint8Array {
  if (!any) return new Uint8Array();
  const { typeUrl, value } = any;
  const url = new BinaryWriter().tag(1, WireType.LengthDelimited).string(typeUrl).finish();
  const valuePrefix = lengthPrefix(2, value.byteLength);
  const bytes = url.byteLength + valuePrefix.byteLength + value.byteLength;
  return Buffer.concat([lengthPrefix(field.number, bytes), url, valuePrefix, value]);
}

/** The Any in a reply; `undefined` when the field is not there. @throws Error when the bytes are no message */
export function unwrapAny(field: DescField, message: Uint8Array): AnyValue | undefined {
  const reader = new BinaryReader(message);
  let found: Any | undefined;
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === field.number && wireType === WireType.LengthDelimited) found = fromBinary(AnySchema, reader.bytes());
    else reader.skip(wireType, number);
  }
  return found && { typeUrl: found.typeUrl, value: found.value };
}

/** From proto JSON with `@type`. @throws Error with protobuf's own words */
export function anyOfJson(json: unknown, registry: Registry): AnyValue {
  const { typeUrl, value } = fromJson(AnySchema, json as JsonValue, { registry });
  return { typeUrl, value };
}

/** `proto.Question` of `type.googleapis.com/proto.Question`. */
export const typeName = (typeUrl: string): string => typeUrl.slice(typeUrl.lastIndexOf('/') + 1);

/** `type.googleapis.com/` of `type.googleapis.com/proto.Question`. */
export const prefixOf = (typeUrl: string): string => typeUrl.slice(0, typeUrl.lastIndexOf('/') + 1);

/** The value as proto JSON, for sentences and comparison. @throws Error when it does not decode */
export function decodeAny({ value }: AnyValue, type: DescMessage, registry: Registry): JsonValue {
  return toJson(type, fromBinary(type, value), { registry, alwaysEmitImplicit: true });
}

/** A field that no message has. */
const unknownField = 1000;

/** A message made longer by a field that its reader does not know and must skip. */
export function padded(message: Uint8Array, bytes: number): Uint8Array {
  const prefix = lengthPrefix(unknownField, bytes);
  const long = Buffer.alloc(message.byteLength + prefix.byteLength + bytes);
  long.set(message);
  long.set(prefix, message.byteLength);
  return long;
}

/** Bytes that no protobuf reader takes for a message: a field that ends too early, and a wire type that does not exist. */
export const undecodable: readonly { readonly what: string; readonly bytes: Uint8Array }[] = [
  { what: 'a value that ends in the middle of a field', bytes: Uint8Array.of(0x12, 0x7f, 0x61) },
  { what: 'a value with a wire type that does not exist', bytes: Uint8Array.of(0x0f, 0x01) },
];
