/** Whether two copies of a plugin can run side by side: fixed ports and fixed paths show here (GRPC-LE-016). */
import { failed, type ProbeOutcome, passed } from '../../src/run/outcome.ts';
import { showAddress } from '../../src/wire/address.ts';
import type { GrpcSession } from './session.ts';

export function judgePair(first: GrpcSession, second: GrpcSession): ProbeOutcome {
  const expected = 'a second copy starts beside the first, with an address of its own';
  const fix = 'Let the system choose: port 0, or a socket name that holds something unique.';
  if (second.handshake.broken) {
    const { observed, cause, evidence = [] } = second.handshake.broken.outcome;
    const title = `A second copy does not start beside the first: ${cause?.title ?? observed}`;
    return failed({ expected, observed, evidence, cause: { class: 'fixed-address', title, fix } });
  }
  const [one, other] = [first.handshake.address, second.handshake.address];
  if (!one || !other || showAddress(one) !== showAddress(other)) return passed();
  return failed({
    expected,
    observed: `both copies print ${showAddress(one)}`,
    evidence: [...first.transcript.last(1, 'stdout'), ...second.transcript.last(1, 'stdout')],
    cause: {
      class: 'fixed-address',
      title: `The address is fixed, ${showAddress(one)}: two copies cannot run at once`,
      fix,
    },
  });
}
