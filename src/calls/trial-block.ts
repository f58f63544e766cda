/** What a profile says, in the block of its system, of calls that probes make: pings, Any payloads and trials. */
import * as v from 'valibot';
import { about } from '../config/about.ts';

const method = v.pipe(
  v.string('expected a method such as package.Service/Method'),
  v.regex(/^\/?[\w.]+\/\w+$/, 'expected a method such as package.Service/Method'),
);

const anyJson = v.looseObject(
  { '@type': v.string('expected the type URL, such as type.googleapis.com/proto.Question') },
  'expected proto JSON with `@type`',
);

const trial = v.strictObject({
  method: about(method, 'full method name, such as `proto.KV/Get`'),
  request: v.optional(about(v.unknown(), 'proto JSON')),
});

/** Keys that systems with gRPC services share in their block. */
export const trialEntries = {
  ping: v.optional(
    about(method, 'the unary method that tells whether the plugin lives, where it is not found by itself'),
  ),
  any: v.optional(
    about(
      v.strictObject({
        method: v.optional(about(method, 'the unary method whose payload and reply are a google.protobuf.Any')),
        examples: v.optional(
          about(
            v.array(
              v.strictObject({
                payload: about(anyJson, 'a payload the plugin accepts, as proto JSON with `@type`'),
                reply: v.optional(about(anyJson, 'the reply to it, as proto JSON with `@type`')),
              }),
            ),
            'payloads the plugin accepts, with their replies',
          ),
        ),
      }),
      'the Any-typed call, where it is not found by itself',
    ),
  ),
  trials: v.optional(
    about(
      v.strictObject({
        slow: v.optional(about(trial, 'a call that takes ten seconds or more, for deadlines and cancelling')),
        large: v.optional(about(trial, 'a call whose response is larger than 4 MiB')),
        failing: v.optional(about(v.array(trial), 'calls that must fail with a status and a message')),
      }),
      'calls made for their behaviour, not for their answer',
    ),
  ),
};

const trialBlock = v.object(trialEntries);

export type TrialBlock = v.InferOutput<typeof trialBlock>;
export type Trial = v.InferOutput<typeof trial>;

/** The shared keys of a block that was validated before; empty when the profile has no such block. */
export const trialsOf = (block: unknown): TrialBlock => v.parse(v.optional(trialBlock, {}), block ?? {});
