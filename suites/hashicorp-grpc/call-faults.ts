/** What makes an answer no proper gRPC, in the words of a diagnosis. */
import type { Cause } from '../../src/run/outcome.ts';
import { describeCall } from '../../src/wire/describe-call.ts';
import type { CallResult } from '../../src/wire/grpc-call.ts';
import { Status } from '../../src/wire/grpc-status.ts';

const grpcContent = /^application\/grpc(?:[+;]|$)/;

/** HTTP 200, the right content type, and a status at the end. */
export const isCompleteGrpc = (result: CallResult): boolean =>
  result.httpStatus === 200 &&
  grpcContent.test(result.headers['content-type'] ?? '') &&
  result.status !== undefined &&
  result.malformed === undefined &&
  hasRightCount(result);

/** A call with OK brings one message; a Go host takes anything else for an error. */
const hasRightCount = ({ isUnary, status, messages }: CallResult): boolean =>
  !isUnary || status !== Status.OK || messages.length === 1;

/** The cause of an answer that is not complete: the first thing that a client stumbles over. */
export function incompleteCause(result: CallResult): Cause {
  const { httpStatus, headers } = result;
  const contentType = headers['content-type'];
  const hasHeaders = httpStatus !== undefined;
  const what =
    hasHeaders && httpStatus !== 200
      ? `HTTP ${httpStatus}`
      : hasHeaders && !grpcContent.test(contentType ?? '')
        ? `content-type is ${contentType ?? 'missing'}`
        : result.malformed !== undefined || hasRightCount(result)
          ? describeCall(result)
          : `OK with ${result.messages.length === 0 ? 'no message' : `${result.messages.length} messages`}`;
  return { class: 'broken-grpc', variant: 'incomplete', title: `The answers are no complete gRPC: ${what}` };
}

export const isUncompressed = ({ messages }: CallResult): boolean => !messages.some(({ compressed }) => compressed);

export const compressedCause = ({ headers }: CallResult): Cause => ({
  class: 'broken-grpc',
  variant: 'compressed',
  title: `The plugin compresses its answers (${headers['grpc-encoding'] ?? 'none named'}) although the host cannot read that`,
  fix: 'Compress only when grpc-accept-encoding of the request allows it.',
});
