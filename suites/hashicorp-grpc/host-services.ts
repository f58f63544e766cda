/** The services that hosts call in every plugin, as their .proto files describe them. Loaded by reflection probes only. */
import { GRPCBroker } from './gen/goplugin/broker_pb.ts';
import { GRPCController } from './gen/goplugin/controller_pb.ts';
import { GRPCStdio } from './gen/goplugin/stdio_pb.ts';
import { Health } from './gen/grpc/health/v1/health_pb.ts';

export const hostServices = [Health, GRPCController, GRPCStdio, GRPCBroker] as const;
