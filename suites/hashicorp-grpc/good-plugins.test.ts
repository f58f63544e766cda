/** The example plugins do everything right: nothing fails, and nothing that they offer is left out. */
import { describe, expect, test } from 'vitest';
import { fixtures } from '../../scripts/fixtures/fixtures.mjs';
import { check } from '../../src/index.ts';
import { limited } from '../../test/support/mutants.ts';
import { isRequired } from '../../test/support/required.ts';

/** What a plugin is warned of, rightly. */
const warned: Readonly<Record<string, readonly string[]>> = {
  // go-plugin reads PLUGIN_UNIX_SOCKET_DIR and _GROUP since 1.5.0.
  'go-kv-old': ['GRPC-LE-010', 'GRPC-LE-011'],
};

/** What may be left out: rules about the other transport, long waits, and what only a profile can name. */
const reasons = [
  /^the plugin listens on (?:TCP|a Unix socket)$/,
  /run with --soak$/,
  /^the profile (?:offers one version only|names no )/,
  /^the plugin (?:can multiplex|does not offer multiplexing)/,
];

const inTurn = limited(2);

describe.concurrent('a good plugin', () => {
  for (const fixture of fixtures()) {
    const { name, language, command, cookie, protocolVersions, available } = fixture;
    test.skipIf(!available && !isRequired(language))(name, { timeout: 600_000 }, async () => {
      expect(available || fixture.reason).toBe(true);
      const report = await inTurn(() => check({ command, system: 'hashicorp-grpc', cookie, protocolVersions }));
      const by = (outcome: string) => report.outcomes.filter((one) => one.outcome === outcome);
      expect({
        verdict: report.verdict,
        failed: by('failed').map(({ id }) => id),
        open: [...by('blocked'), ...by('errored')].map(({ id, reason }) => [id, reason]),
        leftOut: by('skipped')
          .filter(({ reason = '' }) => !reasons.some((known) => known.test(reason)))
          .map(({ id, reason }) => [id, reason]),
        // go-plugin itself leaves sockets behind, with multiplexing for one.
        leaked: report.launches.flatMap(({ leaked }) => leaked.filter((what) => what.startsWith('process'))),
      }).toEqual({ verdict: 'conformant', failed: warned[name] ?? [], open: [], leftOut: [], leaked: [] });
    });
  }
});
