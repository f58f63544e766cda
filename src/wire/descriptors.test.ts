import { clearField, create, fromBinary, fromJson, isFieldSet, toBinary, toJson } from '@bufbuild/protobuf';
import {
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Types, typesOf } from './descriptors.ts';

const field = (
  name: string,
  number: number,
  type: FieldDescriptorProto_Type,
  more: { typeName?: string; jsonName?: string; label?: FieldDescriptorProto_Label } = {},
): FieldDescriptorProto =>
  create(FieldDescriptorProtoSchema, {
    name,
    number,
    type,
    label: FieldDescriptorProto_Label.OPTIONAL,
    jsonName: name,
    ...more,
  });

const { ENUM, MESSAGE, STRING } = FieldDescriptorProto_Type;

/** Two files as protoc writes them: a shop that imports its goods, with a map, an enum and an Any. */
function shop(): FileDescriptorProto[] {
  const goods = create(FileDescriptorProtoSchema, {
    name: 'goods.proto',
    package: 'shop.goods',
    syntax: 'proto3',
    messageType: [{ name: 'Item', field: [field('item_name', 1, STRING, { jsonName: 'itemName' })] }],
    enumType: [{ name: 'Size', value: [{ name: 'SMALL', number: 0 }] }],
  });
  const entry = {
    name: 'ItemsEntry',
    field: [field('key', 1, STRING), field('value', 2, MESSAGE, { typeName: '.shop.goods.Item' })],
    options: { mapEntry: true },
  };
  const order = {
    name: 'Order',
    field: [
      field('items', 1, MESSAGE, { typeName: '.shop.Order.ItemsEntry', label: FieldDescriptorProto_Label.REPEATED }),
      field('size', 2, ENUM, { typeName: '.shop.goods.Size' }),
      field('extra', 3, MESSAGE, { typeName: '.google.protobuf.Any' }),
    ],
    nestedType: [entry],
  };
  const file = create(FileDescriptorProtoSchema, {
    name: 'shop.proto',
    package: 'shop',
    syntax: 'proto3',
    dependency: ['goods.proto', 'google/protobuf/any.proto'],
    messageType: [order],
    service: [{ name: 'Till', method: [{ name: 'Pay', inputType: '.shop.Order', outputType: '.shop.goods.Item' }] }],
  });
  return [goods, file];
}

const read = (files: readonly FileDescriptorProto[]): Types =>
  typesOf(files.map((file) => toBinary(FileDescriptorProtoSchema, file)));

/** What an order is must not depend on how it was described. */
function sells({ registry }: Types): void {
  const order = registry.getMessage('shop.Order');
  if (!order) throw new Error('there is no shop.Order');
  const json = { items: { a: { itemName: 'pen' } }, size: 'SMALL' };
  const message = fromBinary(order, toBinary(order, fromJson(order, json, { registry })));
  expect(toJson(order, message, { registry })).toEqual({ items: { a: { itemName: 'pen' } } });
  expect(registry.getService('shop.Till')?.methods[0]?.output.typeName).toBe('shop.goods.Item');
}

test('descriptors that are as they should be are taken as they are, in any order', () => {
  for (const files of [shop(), shop().reverse()]) {
    const types = read(files);
    expect(types.repairs).toEqual([]);
    sells(types);
  }
});

test('JSON names that are not written are the usual ones', () => {
  const files = shop();
  for (const { messageType } of files)
    for (const { field: fields } of messageType)
      for (const one of fields) clearField(one, FieldDescriptorProtoSchema.field.jsonName);
  expect(
    files[0]?.messageType[0]?.field.some((one) => isFieldSet(one, FieldDescriptorProtoSchema.field.jsonName)),
  ).toBe(false);
  const types = read(files);
  expect(types.repairs).toEqual([]);
  sells(types);
});

describe('what got lost is mended, and told', () => {
  const order = ([, file]: FileDescriptorProto[]) => {
    const found = file?.messageType[0];
    if (!file || !found) throw new Error('there is no order');
    return { file, fields: found.field, entry: found.nestedType[0] };
  };

  test.each<[string, (files: FileDescriptorProto[]) => void, RegExp]>([
    [
      'an import',
      (files) => {
        const { file } = order(files);
        file.dependency = ['google/protobuf/any.proto'];
        for (const { method } of file.service) for (const one of method) one.inputType = 'Order';
      },
      /shop\.proto: the import of goods\.proto was missing/,
    ],
    [
      'the import of what every toolchain ships',
      (files) => {
        const { file } = order(files);
        file.dependency = ['goods.proto'];
      },
      /the import of google\/protobuf\/any\.proto was missing/,
    ],
    [
      'a full name, for a relative one',
      (files) => {
        const [method] = order(files).file.service[0]?.method ?? [];
        if (method) method.outputType = 'goods.Item';
      },
      /Till\.Pay: the type goods\.Item was not fully named/,
    ],
    [
      'the kind of a type',
      (files) => {
        const size = order(files).fields[1];
        if (size) size.type = MESSAGE;
      },
      /shop\.Order\.size: the kind of its type was MESSAGE/,
    ],
    [
      'the mark of a map, with something else that makes it show',
      (files) => {
        const { entry, file } = order(files);
        if (entry) delete entry.options;
        file.dependency = [];
      },
      /shop\.Order\.items: the mark that makes it a map was missing/,
    ],
  ])('%s', (_, lose, told) => {
    const files = shop();
    lose(files);
    const types = read(files);
    expect(types.repairs.join('\n')).toMatch(told);
    sells(types);
  });

  test('an import that nobody serves and nothing needs', () => {
    const files = shop();
    order(files).file.dependency.push('lost.proto');
    const types = read(files);
    expect(types.repairs).toEqual(['shop.proto: lost.proto is imported and not served']);
    sells(types);
  });
});

test('what no repair helps is refused with a reason', () => {
  const [, file] = shop();
  if (!file) throw new Error('there is no shop');
  expect(() => read([file])).toThrow(/not found/);
});

test('bytes of any kind give types or an error', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), (descriptors) => {
      try {
        typesOf(descriptors);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 200 },
  );
});

test('damaged descriptors give types or an error', () => {
  const whole = shop().map((file) => toBinary(FileDescriptorProtoSchema, file));
  const damage = fc.record({ file: fc.nat(1), at: fc.nat(400), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (damages) => {
      const damaged = whole.map((bytes) => Uint8Array.from(bytes));
      for (const { file, at, to } of damages) {
        const bytes = damaged[file];
        if (bytes) bytes[at % bytes.length] = to;
      }
      try {
        typesOf(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 200 },
  );
});
