/** A plugin that ends the host's own connection, which nobody has asked it to. */
import { type Failed, failed } from '../../src/run/outcome.ts';
import type { GrpcSession } from './session.ts';

/** The outcome of TR-007, where GOAWAY came in the middle of things. */
export const wentAway = (session: GrpcSession, observed: string): Failed =>
  failed({
    expected: 'the connection stays open until Shutdown',
    observed,
    evidence: session.evidence(),
    cause: {
      class: 'closes-idle-connection',
      variant: 'after-calls',
      title: `The plugin ends connections in use: ${observed}`,
      fix: 'Set no MAX_CONNECTION_AGE and no limit of requests: the host opens one connection and keeps it.',
    },
  });
