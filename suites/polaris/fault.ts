/** What keeps a server from using a plugin, and probes from asking it. */
import type { Failed } from '../../src/run/outcome.ts';
import { Blocked } from '../../src/run/plugin-fact.ts';
import type { Broken } from '../../src/run/suite.ts';
import { flawOf } from '../../src/wire/complete-grpc.ts';
import type { CallResult } from '../../src/wire/grpc-call.ts';
import { Status } from '../../src/wire/grpc-status.ts';

/** A fault with the requirement that it breaks. */
export interface Fault {
  readonly breaks: string;
  readonly outcome: Failed;
}

/** Why the server cannot read an answer with OK; `undefined` where it can. It takes nothing that is compressed. */
export const unreadable = (result: CallResult): string | undefined =>
  flawOf(result) ?? (result.messages[0]?.compressed ? 'a compressed message, which the server cannot read' : undefined);

/** Says what stands in the way, in the words of its cause. */
export const blockedBy = ({ by, outcome }: Broken): Blocked =>
  new Blocked(by, outcome.cause?.title ?? outcome.observed);

/** @throws Blocked when a question met with a rule that has a probe of its own */
export function refuseOthers({ path, status, end }: CallResult, limitMs: number): void {
  if (status === Status.UNAUTHENTICATED)
    throw new Blocked('POL-SVC-009', 'the plugin demands credentials that no server sends');
  if (status === Status.DEADLINE_EXCEEDED || (status === undefined && end === 'cancelled'))
    throw new Blocked('POL-SVC-005', `${path} was not answered within ${limitMs / 1000} s`);
}
