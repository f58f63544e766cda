/** Field 7: the answer to the host's question for multiplexing. */
import { failed, passed, skipped } from '../../../src/run/outcome.ts';
import { parseBool } from '../go-text.ts';
import { fault, type Rule, show } from './rule.ts';

export const unaskedMultiplex: Rule = (input) => {
  const { multiplex } = input.line.fields;
  if (input.host.multiplex) return skipped('the host asked for multiplexing in this launch');
  return multiplex === undefined || multiplex === ''
    ? passed()
    : failed({ expected: 'six fields at most', observed: `field 7 is ${show(multiplex)}`, evidence: input.evidence });
};

export const multiplexAnswer: Rule = (input) => {
  const { multiplex } = input.line.fields;
  if (!input.host.multiplex) return skipped('the host did not ask for multiplexing in this launch');
  if (multiplex === undefined)
    return skipped('the plugin does not offer multiplexing; hosts that ask for it refuse the plugin');
  return parseBool(multiplex) === undefined
    ? fault(input, {
        expected: '`true` or `false` in field 7',
        observed: `field 7 is ${show(multiplex)}`,
        variant: 'multiplex',
      })
    : passed();
};
