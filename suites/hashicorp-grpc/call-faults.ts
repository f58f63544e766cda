/** What makes an answer no proper gRPC, in the words of a diagnosis. */
import type { Cause } from '../../src/run/outcome.ts';
import { flawOf } from '../../src/wire/complete-grpc.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import type { CallResult } from '../../src/wire/grpc-call.ts';

/** The cause of an answer that is not complete: the first thing that a client stumbles over. */
export const incompleteCause = (result: CallResult): Cause => ({
  class: 'broken-grpc',
  variant: 'incomplete',
  title: `The answers are no complete gRPC: ${flawOf(result) ?? describeCall(result)}`,
});

export const isUncompressed = ({ messages }: CallResult): boolean => !messages.some(({ compressed }) => compressed);

export const compressedCause = ({ headers }: CallResult): Cause => ({
  class: 'broken-grpc',
  variant: 'compressed',
  title: `The plugin compresses its answers (${headers['grpc-encoding'] ?? 'none named'}) although the host cannot read that`,
  fix: 'Compress only when grpc-accept-encoding of the request allows it.',
});
