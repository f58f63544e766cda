/** Area ERR: requests that are no requests. The plugin answers each with some status, and lives on. */
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import { describeCall } from '../../../src/wire/describe-call.ts';
import { frameMessage } from '../../../src/wire/grpc-frame.ts';
import type { Contract } from '../contract.ts';
import { QuestionType } from '../questions.ts';
import type { PolarisSession } from '../session.ts';

interface Bad {
  readonly what: string;
  /** The bytes of the request's stream, frame and all. */
  readonly bytes: (contract: Contract) => Uint8Array;
}

const mebi = 1024 * 1024;

/** Field 2, a string, with these bytes. */
const key = (bytes: Uint8Array): Uint8Array => Buffer.concat([Buffer.from([0x12, bytes.byteLength]), bytes]);

const bad: readonly Bad[] = [
  { what: 'bytes that are no message', bytes: () => frameMessage(Buffer.from('ffffffffff', 'hex')) },
  { what: 'a message that is cut short', bytes: () => frameMessage(Buffer.from([0x12, 0x7f, 0x61])) },
  { what: 'a key that is no UTF-8', bytes: (contract) => frameMessage(contract.pack(key(Buffer.from([0xc3, 0x28])))) },
  {
    what: 'a key with a NUL byte and a line break',
    bytes: (contract) => frameMessage(contract.ask({ type: QuestionType.api, key: 'GET:/\0\n%s%n' })),
  },
  {
    what: 'a key of 1 MiB',
    bytes: (contract) => frameMessage(contract.ask({ type: QuestionType.api, key: 'k'.repeat(mebi) })),
  },
  { what: 'no message at all', bytes: () => new Uint8Array() },
  { what: 'a frame that promises more than comes', bytes: () => Buffer.from([0, 0, 0, 0, 40, 1, 2, 3]) },
];

const limitMs = 5000;

async function survives(session: PolarisSession): Promise<ProbeOutcome> {
  for (const contract of session.contractsInUse) {
    for (const { what, bytes } of bad) {
      const connection = await session.connect();
      const startedAt = session.transcript.now();
      const call = connection.call(contract.call);
      call.sendRaw(bytes(contract));
      call.finish();
      const result = await call.resultWithin(limitMs);
      const evidence = session.note(result, startedAt);
      connection.close();
      if (result.status === undefined && result.end === 'cancelled')
        return failed({
          expected: `an end to the call after ${what}`,
          observed: describeCall(result),
          evidence: [evidence],
          timing: true,
        });
      const again = await session.connect();
      await session.answered(contract.call, contract.ask({ type: QuestionType.ip, key: '192.0.2.7' }), {
        connection: again,
      });
      again.close();
    }
  }
  return passed();
}

export const errorProbes: readonly Probe<PolarisSession>[] = [probe('POL-ERR-001', { launch: 'plain' }, survives)];
