/** Fields 1 and 2: the versions. */
import { blocked, failed, passed } from '../../../src/run/outcome.ts';
import { atoi } from '../go-text.ts';
import { fault, type Rule, show } from './rule.ts';

export const core: Rule = (input) => {
  const value = input.line.fields.core;
  if (value === undefined) return blocked('GRPC-HS-003', 'the line is too short to hold it');
  if (atoi(value) === 1) return passed();
  const observed = `field 1 is ${show(value)}`;
  return fault(input, { expected: 'field 1 is the number 1', observed, variant: 'core-version' });
};

export const coreLiteral: Rule = (input) => {
  const value = input.line.fields.core;
  if (value === undefined || atoi(value) !== 1) return blocked('GRPC-HS-004', 'field 1 is not the number 1');
  return value === '1'
    ? passed()
    : failed({ expected: 'field 1 is `1`', observed: `field 1 is ${show(value)}`, evidence: input.evidence });
};

export const app: Rule = (input) => {
  const value = input.line.fields.app;
  if (value === undefined) return blocked('GRPC-HS-003', 'the line is too short to hold it');
  if (atoi(value) !== undefined) return passed();
  const observed = `field 2 is ${show(value)}`;
  return fault(input, { expected: 'field 2 is an integer', observed, variant: 'app-version' });
};

export const appAccepted: Rule = (input) => {
  const version = atoi(input.line.fields.app ?? '');
  if (version === undefined)
    return input.line.fields.app === undefined
      ? blocked('GRPC-HS-003', 'the line is too short to hold a version')
      : blocked('GRPC-HS-006', 'field 2 is no number');
  const { versions } = input.host;
  if (versions.length === 0) return passed('no versions were given, so any is accepted');
  if (versions.includes(version)) return passed();
  return fault(input, {
    expected: `a version the host accepts: {${versions.join(', ')}}`,
    observed: `field 2 is ${version}`,
    class: 'app-version-mismatch',
    title: `The plugin offers version {${version}}, the host accepts {${versions.join(', ')}}`,
    fix: `Rebuild the plugin with an SDK for version ${versions.join(' or ')}, or run a host that accepts ${version}.`,
  });
};
