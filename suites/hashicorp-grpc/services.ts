/** The services of the reference library, as far as the host calls them, with their few messages. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

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

/** grpc.health.v1.HealthCheckResponse: field 1 is the status, the last one counts; `undefined` when this is none. */
export function healthStatus(message: Buffer | undefined): string | undefined {
  if (!message) return undefined;
  try {
    const reader = new BinaryReader(message);
    let value = 0;
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (number === 1 && wireType === WireType.Varint) value = reader.int32();
      else reader.skip(wireType, number);
    }
    return servingStatus[value] ?? `status ${value}`;
  } catch {
    return undefined;
  }
}

/** google.protobuf.Empty and plugin.Empty. */
export const empty = Buffer.alloc(0);
