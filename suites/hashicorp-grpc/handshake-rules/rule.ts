/** What the rules of the handshake line share. */
import type { Evidence } from '../../../src/launch/transcript.ts';
import { type Cause, failed, type ProbeOutcome } from '../../../src/run/outcome.ts';
import type { HandshakeLine } from '../handshake-line.ts';
import type { HostExpectation } from '../reference-host.ts';

export interface RuleInput {
  readonly line: HandshakeLine;
  readonly host: HostExpectation;
  readonly evidence: readonly Evidence[];
}

export type Rule = (input: RuleInput) => ProbeOutcome;

interface Break {
  readonly expected: string;
  readonly observed: string;
  readonly title?: string;
  readonly variant?: string;
  readonly class?: string;
  readonly fix?: string;
}

export const show = (value: string | undefined): string => (value === undefined ? 'missing' : `\`${value}\``);

export function fault(
  { evidence }: RuleInput,
  { expected, observed, title, variant, fix, ...rest }: Break,
): ProbeOutcome {
  const cause: Cause = {
    class: rest.class ?? 'handshake-malformed',
    title: title ?? `The handshake is wrong: ${observed}`,
    ...(variant !== undefined && { variant }),
    ...(fix !== undefined && { fix }),
  };
  return failed({ expected, observed, evidence, cause });
}
