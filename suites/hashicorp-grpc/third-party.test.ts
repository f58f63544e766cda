/**
 * Plugins that others wrote, with the profiles of their hosts: all of them work, so none may fail a MUST. What they are
 * warned of is listed here with its reason, so that a warning which is not true would have to be written down as one.
 */
import { describe, expect, test } from 'vitest';
import type { ThirdPartyProgram } from '../../scripts/fixtures/third-party-programs.mjs';
import { thirdPartyPrograms } from '../../scripts/fixtures/third-party-programs.mjs';
import { check } from '../../src/index.ts';
import { Pool } from '../../src/run/pool.ts';
import { isRequired } from '../../test/support/required.ts';

interface Warning {
  readonly observed: RegExp;
  /** Why it is true. */
  readonly because: string;
}

const warnings = {
  'GRPC-LE-003': {
    observed: /^with a wrong cookie: it serves all the same; .* letter case: .*; with a blank after its cookie: /,
    because: "CrowdSec's plugins expect whatever value the variable has in their own environment",
  },
  'GRPC-LE-010': {
    observed: /^the socket is \/.*\/plugin\d+$/,
    because: 'go-plugin reads PLUGIN_UNIX_SOCKET_DIR since 1.5.0',
  },
  'GRPC-LE-011': {
    observed: /^group \d+, mode 0755$/,
    because: 'go-plugin reads PLUGIN_UNIX_SOCKET_GROUP since 1.5.0',
  },
  'GRPC-LE-014': {
    observed: /^with a file in place of its folder, the plugin exits with code 0$/,
    because: 'plugin.Serve logs that it cannot listen and returns, and main ends as if all were well',
  },
  'GRPC-HL-007': {
    observed: /^UNIMPLEMENTED \(unknown method Watch\)$/,
    because: 'the grpc-go of 2019 had Check alone',
  },
  'GRPC-LM-001': {
    observed: /^RESOURCE_EXHAUSTED \(.* larger than max \(\d+ vs\. 4194304\)\)$/,
    because: 'grpc-go takes 4 MiB unless told otherwise, and plugin.DefaultGRPCServer does not tell it',
  },
  'GRPC-SD-005': {
    observed: /^the plugin ended by SIGTERM, and plugin\d+ is still there$/,
    because: 'go-plugin handles SIGINT alone; SIGTERM ends a Go program before it can remove its socket',
  },
} satisfies Record<string, Warning>;

type Warned = keyof typeof warnings;

const always: readonly Warned[] = ['GRPC-LE-014', 'GRPC-SD-005'];
const smallMessages: readonly Warned[] = [...always, 'GRPC-LM-001'];
const withoutSocketVariables: readonly Warned[] = [...smallMessages, 'GRPC-LE-010', 'GRPC-LE-011'];

/** By the beginning of the name. */
const expected: Readonly<Record<string, readonly Warned[]>> = {
  'go-plugin-1.8.0/': smallMessages,
  'go-plugin-1.6.3/': smallMessages,
  'go-plugin-1.4.3/': withoutSocketVariables,
  'go-plugin-1.0.1/': [...withoutSocketVariables, 'GRPC-HL-007'],
  'crowdsec-1.4.6/': [...withoutSocketVariables, 'GRPC-LE-003'],
  // They raise the limits of grpc-go.
  'terraform-framework': always,
  'terraform-plugin-go': always,
  'grafana-datasource': always,
};

const expectedOf = ({ name }: ThirdPartyProgram): readonly Warned[] =>
  Object.entries(expected).find(([prefix]) => name.startsWith(prefix))?.[1] ?? [];

/** One of each kind is checked in full; its siblings, on the same library, only as far as a host loads them. */
const fullyChecked = /^go-plugin-.*\/grpc$|^crowdsec-.*\/http$|^terraform-|^grafana-/;
const isFull = ({ name }: ThirdPartyProgram): boolean =>
  fullyChecked.test(name) || (process.env['PLUGFEST_MUTANTS'] ?? 'some') !== 'some';

/** A check waits more than it works; but with many at once, each would wait for the others. */
const room = new Pool(2);
const limitMs = 600_000;

async function reportOn(program: ThirdPartyProgram) {
  const { name, command, cookie, protocolVersions, profile, autoMtls } = program;
  const leave = await room.enter();
  try {
    const host = profile === undefined ? { cookie, protocolVersions } : { profile };
    const tls = autoMtls && ({ tls: 'auto' } as const);
    const smoke = !isFull(program);
    return await check({ system: 'hashicorp-grpc', name, command, ...host, ...tls, smoke });
  } finally {
    leave();
  }
}

describe.concurrent('plugins of others', () => {
  for (const program of thirdPartyPrograms()) {
    const { name, available, word } = program;
    // What cannot be built here is no gap where it has to be.
    test.skipIf(!available && !isRequired(word))(
      `${name} is conformant, with warnings that are true`,
      async () => {
        expect(available || program.reason).toBe(true);
        const { verdict, complete, outcomes } = await reportOn(program);
        const isWhole = isFull(program);
        const told = outcomes.filter(({ outcome }) => outcome !== 'passed' && outcome !== 'skipped');
        const unlike = (id: string, observed = '') =>
          !(warnings as Record<string, Warning>)[id]?.observed.test(observed);
        expect({
          verdict,
          complete,
          musts: told.filter(({ level }) => level === 'MUST').map(({ id, reason }) => [id, reason]),
          warned: told.map(({ id }) => id).sort(),
          untrue: told.filter(({ id, observed }) => unlike(id, observed)).map(({ id, observed }) => [id, observed]),
        }).toEqual({
          verdict: 'conformant',
          complete: isWhole,
          musts: [],
          warned: isWhole ? [...expectedOf(program)].sort() : [],
          untrue: [],
        });
      },
      limitMs,
    );
  }
});
