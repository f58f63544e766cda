/** How a call ended, in a few words for people. */
import type { CallResult } from './grpc-call.ts';
import type { GrpcConnection } from './grpc-connection.ts';
import { statusName } from './grpc-status.ts';

/** `GOAWAY too_many_pings`, `GOAWAY code 0`. */
export const describeGoaway = ({ goaway }: Pick<GrpcConnection, 'goaway'>): string =>
  goaway?.text ? `GOAWAY ${goaway.text}` : `GOAWAY code ${goaway?.code ?? 0}`;

/** The client resets with it as well, when what comes is no HTTP/2 (RFC 9113, 7). */
const protocolError = 1;

/** `NOT_FOUND (unknown service)`, `reset by the plugin (code 2)`. */
export function describeCall(result: CallResult): string {
  if (result.malformed !== undefined) return `a malformed answer: ${result.malformed}`;
  if (result.status !== undefined) {
    const text = result.message === '' ? '' : ` (${result.message.slice(0, 200)})`;
    return `${statusName(result.status)}${text}`;
  }
  const http = result.httpStatus === undefined ? '' : `HTTP ${result.httpStatus}, `;
  switch (result.end) {
    case 'cancelled':
      return `${http}no answer`;
    case 'reset':
      return result.resetCode === protocolError
        ? `${http}reset with PROTOCOL_ERROR: by the plugin, or for an answer that breaks HTTP/2, such as a header name in capitals`
        : `${http}reset by the plugin (code ${result.resetCode ?? 0})`;
    case 'lost':
      return `${http}the connection was lost`;
    default:
      return `${http}ended without grpc-status`;
  }
}
