/** What the calls of this room need of a session, whatever its system. */
import type { Registry } from '@bufbuild/protobuf';
import type { Evidence } from '../launch/transcript.ts';
import type { Session } from '../run/suite.ts';
import type { Address } from '../wire/address.ts';
import type { CallOptions, CallResult } from '../wire/grpc-call.ts';
import type { GrpcConnection } from '../wire/grpc-connection.ts';
import type { ClientIdentity } from './generic-client.ts';
import type { LearntTypes } from './learn-types.ts';

/** What is known of the messages: from the plugin itself, and from the profile. */
export interface KnownTypes {
  readonly learnt: LearntTypes;
  readonly registry: Registry;
}

export interface Answered extends CallResult {
  readonly status: number;
}

export interface CallSession extends Session {
  /** The application protocol version the session agreed on, where the system has one. */
  readonly version: number | undefined;
  /** Where a client of its own may connect. @throws Blocked when the plugin cannot be used */
  readonly endpoint: { readonly address: Address; readonly identity: ClientIdentity | undefined };
  types(): Promise<KnownTypes>;
  /** A fresh connection. @throws PluginFact */
  connect(): Promise<GrpcConnection>;
  /** Makes a call on the host's connection, or the one given, and waits for its status. @throws PluginFact */
  answered(
    path: string,
    message: Uint8Array,
    options?: CallOptions & { connection?: GrpcConnection; limitMs?: number },
  ): Promise<Answered>;
  evidence(count?: number): readonly Evidence[];
}
