/** Finds the methods that many plugins share, by name and shape: `Ping`, and `Call` whose payload and reply are an Any. */
import type { DescField, DescMessage, DescMethod, Registry } from '@bufbuild/protobuf';
import { CannotTell, NotOffered } from '../run/plugin-fact.ts';
import type { KnownTypes } from './call-session.ts';
import { isOwnService, readMethodName } from './method-name.ts';

const anyType = 'google.protobuf.Any';

/** The one field of a message that is an Any; `undefined` when there is none or more than one. */
export function anyField(message: DescMessage): DescField | undefined {
  const found = message.fields.filter((field) => field.fieldKind === 'message' && field.message.typeName === anyType);
  return found.length === 1 ? found[0] : undefined;
}

/** The methods of the plugin's own services, as far as anybody describes them. */
export function methodsOf({ learnt, registry }: KnownTypes): readonly DescMethod[] {
  const served = learnt.services.filter(isOwnService);
  return served.flatMap((name) => registry.getService(name)?.methods ?? []);
}

/** A method by its full name. @throws CannotTell when nobody describes it */
function named(method: string, registry: Registry): DescMethod {
  const { service, name } = readMethodName(method);
  const found = registry.getService(service)?.methods.find((each) => each.name === name);
  if (found) return found;
  throw new CannotTell(
    `nobody describes ${method}: the plugin's reflection does not, nor does a schema of the profile`,
  );
}

const unknownServices = 'the plugin tells nothing of its services: no reflection, and the profile names no method';

/**
 * The plugin's `Ping`: unary, its request without fields, so that nothing has to be known to call it.
 * @throws NotOffered, CannotTell
 */
export function findPing(types: KnownTypes, given: string | undefined): DescMethod {
  if (given !== undefined) return named(given, types.registry);
  const found = methodsOf(types).find(
    ({ name, methodKind, input }) => name === 'Ping' && methodKind === 'unary' && input.fields.length === 0,
  );
  if (found) return found;
  throw new NotOffered(types.learnt.version === undefined ? unknownServices : 'none of its services has a Ping');
}

export interface AnyMethod {
  readonly method: DescMethod;
  readonly payload: DescField;
  readonly reply: DescField;
}

function asAny(method: DescMethod): AnyMethod | undefined {
  const payload = anyField(method.input);
  const reply = anyField(method.output);
  return method.methodKind === 'unary' && payload && reply ? { method, payload, reply } : undefined;
}

/**
 * The plugin's Any-typed call: unary, named `Call`, one Any in its request and one in its response.
 * @throws NotOffered, CannotTell
 */
export function findAnyCall(types: KnownTypes, given: string | undefined): AnyMethod {
  if (given !== undefined) {
    const found = asAny(named(given, types.registry));
    if (found) return found;
    throw new CannotTell(`${given} is no unary method with one google.protobuf.Any in request and response`);
  }
  for (const method of methodsOf(types)) {
    const found = method.name === 'Call' ? asAny(method) : undefined;
    if (found) return found;
  }
  const none = 'none of its services has a Call with a google.protobuf.Any in request and response';
  throw new NotOffered(types.learnt.version === undefined ? unknownServices : none);
}
