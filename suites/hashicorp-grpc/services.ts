/** The services of the reference library, as far as the host calls them, with their few messages. */

export const methods = {
  check: '/grpc.health.v1.Health/Check',
  watch: '/grpc.health.v1.Health/Watch',
  shutdown: '/plugin.GRPCController/Shutdown',
  stdio: '/plugin.GRPCStdio/StreamStdio',
  broker: '/plugin.GRPCBroker/StartStream',
} as const;

/** The service name the host asks health for (grpc_server.go, GRPCServiceName). */
export const healthService = 'plugin';

/** grpc.health.v1.HealthCheckRequest: field 1 is the service name. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.byteLength === 0) return Buffer.alloc(0);
  if (name.byteLength > 127) throw new RangeError('service names of probes are short');
  return Buffer.concat([Buffer.from([0x0a, name.byteLength]), name]);
}

/** The request of the host's own check, on which many probes rest. */
export const healthCheck = healthRequest(healthService);

const servingStatus = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** grpc.health.v1.HealthCheckResponse: field 1 is the status; `undefined` when the message is none. */
export function healthStatus(message: Buffer | undefined): string | undefined {
  if (!message) return undefined;
  if (message.byteLength === 0) return servingStatus[0];
  if (message[0] !== 0x08 || message.byteLength < 2) return undefined;
  const value = message[1] ?? 0;
  return value > 127 ? undefined : (servingStatus[value] ?? `status ${value}`);
}

/** google.protobuf.Empty and plugin.Empty. */
export const empty = Buffer.alloc(0);
