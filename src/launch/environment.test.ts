import { describe, expect, test } from 'vitest';
import { buildEnvironment, describeEnvironment } from './environment.ts';

const isProtocol = (name: string) => name.startsWith('PLUGIN_');

describe('buildEnvironment', () => {
  test('inherits all but protocol variables and the marker of an outer run', () => {
    const inherited = { PATH: '/bin', PLUGIN_CLIENT_CERT: 'x', PLUGFEST_RUN: 'outer.1', LANG: 'C', GONE: undefined };
    expect(buildEnvironment(inherited, isProtocol)).toEqual({ PATH: '/bin', LANG: 'C' });
  });

  test('applies changes in order, the later ones win', () => {
    const environment = buildEnvironment(
      { PATH: '/bin', HOME: '/root' },
      isProtocol,
      { A: '1', B: '1', HOME: undefined },
      { B: '2', C: '', PATH: '/opt' },
      { A: undefined, PLUGIN_MIN_PORT: '10000' },
    );
    expect(environment).toEqual({ PATH: '/opt', B: '2', C: '', PLUGIN_MIN_PORT: '10000' });
  });
});

describe('describeEnvironment', () => {
  const certificate = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`;
  const shown = (text: string) => `(PEM, ${text.length} characters)`;
  test.each([
    ['values that Plugfest set', { A: '1', B: '' }, {}, 'A=1 B='],
    ['what is taken away', { A: undefined }, {}, 'A unset'],
    ['a certificate', { PLUGIN_CLIENT_CERT: certificate }, {}, `PLUGIN_CLIENT_CERT=${shown(certificate)}`],
    ['a key', { K: '-----BEGIN EC PRIVATE KEY-----' }, {}, 'K=(PEM, 30 characters)'],
    ['a PEM with a number in its name', { K: '-----BEGIN X509 CRL-----' }, {}, 'K=(PEM, 24 characters)'],
    ['a PEM behind other text', { K: 'key: -----BEGIN PRIVATE KEY-----' }, {}, 'K=(PEM, 32 characters)'],
    ["the user's own by name only", { A: '1' }, { TOKEN: 's3cret', KEY: certificate }, 'A=1 TOKEN=(given) KEY=(given)'],
  ])('%s', (_, set, users, text) => {
    expect(describeEnvironment(set, users)).toBe(text);
  });
});
