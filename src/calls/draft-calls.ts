/** Calls for a profile that is yet to be written: every method the plugin describes, with messages to be filled in. */
import { type DescField, type DescMessage, type DescMethod, ScalarType } from '@bufbuild/protobuf';
import type { DraftedCall } from '../run/suite.ts';
import type { CallSession } from './call-session.ts';
import { methodsOf } from './discover.ts';
import { pathOf } from './method-name.ts';

/** Messages may hold themselves; deeper than this they are left empty. */
const depthLimit = 3;

const longTypes: readonly ScalarType[] = [
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
  ScalarType.SINT64,
];

function scalar(type: ScalarType): unknown {
  if (type === ScalarType.BOOL) return false;
  if (type === ScalarType.STRING || type === ScalarType.BYTES) return '';
  // Proto JSON writes 64 bits as text.
  return longTypes.includes(type) ? '0' : 0;
}

const wellKnown: Readonly<Record<string, unknown>> = {
  'google.protobuf.Any': { '@type': 'type.googleapis.com/google.protobuf.Empty', value: {} },
  'google.protobuf.Timestamp': '1970-01-01T00:00:00Z',
  'google.protobuf.Duration': '0s',
  'google.protobuf.FieldMask': '',
  'google.protobuf.Struct': {},
  'google.protobuf.Value': null,
  'google.protobuf.ListValue': [],
};

function value(field: DescField, depth: number): unknown {
  switch (field.fieldKind) {
    case 'scalar':
      return scalar(field.scalar);
    case 'enum':
      return field.enum.values[0]?.name ?? 0;
    case 'message':
      return empty(field.message, depth + 1);
    case 'list':
      return [];
    case 'map':
      return {};
  }
}

function empty(message: DescMessage, depth = 0): unknown {
  if (message.typeName in wellKnown) return wellKnown[message.typeName];
  if (depth >= depthLimit) return {};
  // Of a oneof only the first may be set.
  const fields = message.fields.filter((field) => !field.oneof || field.oneof.fields[0] === field);
  return Object.fromEntries(fields.map((field) => [field.jsonName, value(field, depth)]));
}

function draft(method: DescMethod): DraftedCall {
  const { methodKind, input, output } = method;
  const asked = empty(input);
  const answered = empty(output);
  return {
    method: pathOf(method).slice(1),
    request: methodKind === 'client_streaming' || methodKind === 'bidi_streaming' ? [asked] : asked,
    response: methodKind === 'server_streaming' || methodKind === 'bidi_streaming' ? [answered] : answered,
  };
}

/** Every method of the plugin's own services; none where it describes none. */
export const draftCalls = async (session: CallSession): Promise<readonly DraftedCall[]> =>
  methodsOf(await session.types()).map(draft);
