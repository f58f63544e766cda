/** Area CL: what is left of a plugin that has ended. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { failed, type ProbeOutcome, passed, skipped } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { afterOrderlyEnd } from '../orderly-end.ts';
import type { GrpcSession } from '../session.ts';

const removesSocket = (session: GrpcSession): Promise<ProbeOutcome> => {
  if (session.handshake.address?.network === 'tcp') return Promise.resolve(skipped('the plugin listens on TCP'));
  return afterOrderlyEnd(session, ({ socketLeft }) =>
    socketLeft
      ? failed({
          expected: 'the socket file is removed',
          observed: `${session.where} is still there`,
          evidence: session.evidence(),
        })
      : passed(),
  );
};

const removesOtherSockets = (session: GrpcSession): Promise<ProbeOutcome> =>
  afterOrderlyEnd(session, ({ otherSockets }) =>
    otherSockets.length === 0
      ? passed()
      : failed({
          expected: 'no socket files are left',
          observed: otherSockets.map((path) => basename(path)).join(', '),
          evidence: session.evidence(),
        }),
  );

const secrets = /-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)-----/;

const holdsKey = (path: string): boolean => {
  try {
    return (
      /\.(?:pem|key|crt|cer|der|p12|pfx)$/i.test(path) || secrets.test(readFileSync(path, 'latin1').slice(0, 65_536))
    );
  } catch {
    return false;
  }
};

const leavesNoKeys = (session: GrpcSession): Promise<ProbeOutcome> =>
  afterOrderlyEnd(session, ({ otherFiles }) => {
    const keys = otherFiles.filter(holdsKey);
    return keys.length === 0
      ? passed()
      : failed({
          expected: 'no key or certificate files are left',
          observed: keys.map((path) => basename(path)).join(', '),
          evidence: session.evidence(),
        });
  });

async function hasItsOwnName(plain: GrpcSession, again: GrpcSession): Promise<ProbeOutcome> {
  const [first, second] = [plain.handshake.address, again.handshake.address];
  if (first?.network !== 'unix' || second?.network !== 'unix') return skipped('the plugin listens on TCP');
  if (basename(first.path) !== basename(second.path)) return passed();
  return failed({
    expected: 'a socket name of its own for each process',
    observed: `both starts use ${basename(first.path)}`,
    evidence: [...plain.transcript.last(1, 'stdout'), ...again.transcript.last(1, 'stdout')],
  });
}

export const cleanUpProbes: readonly Probe<GrpcSession>[] = [
  probe('GRPC-CL-001', { launch: 'plain', ending: true }, removesSocket),
  probe('GRPC-CL-002', { launch: 'plain', ending: true }, removesOtherSockets),
  probe('GRPC-CL-003', { launches: ['plain', 'again'] }, hasItsOwnName),
  probe('GRPC-CL-004', { launch: 'plain', ending: true }, leavesNoKeys),
];
