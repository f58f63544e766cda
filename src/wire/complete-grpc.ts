/** What a Go client stumbles over in an answer that has a status: every call with such an answer fails for it. */
import { describeCall } from './describe-call.ts';
import type { CallResult } from './grpc-call.ts';
import { Status } from './grpc-status.ts';

const grpcContent = /^application\/grpc(?:[+;]|$)/;
const padded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const unpadded = /^[A-Za-z0-9+/]*$/;

/** Whether grpc-go decodes a value (http_util.go, decodeBinHeader): base64, padded where its length is a multiple of 4. */
const isBase64 = (value: string): boolean =>
  value.length % 4 === 0 ? padded.test(value) : value.length % 4 !== 1 && unpadded.test(value);

/** The first header or trailer that ends in `-bin` and holds no base64. */
function brokenBinary({ headers, trailers }: CallResult): string | undefined {
  const all = [...Object.entries(headers), ...Object.entries(trailers)];
  // What came twice stands in one value, with a comma between.
  return all.find(([name, value]) => name.endsWith('-bin') && !value.split(', ').every(isBase64))?.[0];
}

/** What is wrong with an answer, in a few words; `undefined` for one that is complete, or has no status. */
export function flawOf(result: CallResult): string | undefined {
  const { httpStatus, headers, isUnary, status, messages, malformed } = result;
  if (httpStatus !== undefined && httpStatus !== 200) return `HTTP ${httpStatus}`;
  const contentType = headers['content-type'];
  if (httpStatus !== undefined && !grpcContent.test(contentType ?? ''))
    return `content-type is ${contentType ?? 'missing'}`;
  const name = brokenBinary(result);
  if (name !== undefined) return `\`${name}\` is no base64, as every header that ends in -bin must be`;
  if (malformed !== undefined) return describeCall(result);
  if (isUnary && status === Status.OK && messages.length !== 1)
    return `OK with ${messages.length === 0 ? 'no message' : `${messages.length} messages`}`;
  return undefined;
}

/** HTTP 200, the right content type, a status at the end, and with OK one message. */
export const isCompleteGrpc = (result: CallResult): boolean =>
  result.httpStatus === 200 && result.status !== undefined && flawOf(result) === undefined;
