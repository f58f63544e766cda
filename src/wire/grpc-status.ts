/** gRPC status codes by number and name (https://grpc.io/docs/guides/status-codes/). */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export type StatusName = (typeof names)[number];

/** Status numbers by name. */
export const Status = Object.fromEntries(names.map((name, code) => [name, code])) as Readonly<
  Record<StatusName, number>
>;

/** `NOT_FOUND` for 5; the number itself where it has no name. */
export const statusName = (code: number): string => names[code] ?? `status ${code}`;
