/** What the generations that are go-plugins fix, and which of them a plugin is. */
import type { DescMethod } from '@bufbuild/protobuf';
import type { Profile } from '../../../src/config/profile.ts';
import type { EnvironmentChanges } from '../../../src/launch/environment.ts';
import type { Completion, CompletionContext } from '../../../src/run/suite.ts';
import type { GrpcLaunch } from '../../hashicorp-grpc/launches/launch.ts';
import type { GrpcSession } from '../../hashicorp-grpc/session.ts';
import type { AnyContract } from '../any-rules.ts';
import { Plugin } from '../gen/api/components/plugin_pb.ts';
import { Plugin as OlderPlugin } from '../gen/older_pb.ts';
import { settingsOf } from '../settings.ts';

const key = 'POLARIS_PLUGIN';

/** The cookies (handshake.go of the SDK at 460b216; polarismesh/polaris PR #803 at ce93e6a). */
export const cookies = {
  P1: { key, value: 'ZEEyZPTB68aDLXZGvPwXTJEmzkBpNpeexrx0EhARJx6LGv47pRv8vWurxgCuQtm4' },
  P0: { key, value: 'ON' },
} as const;

export type CompanionGeneration = keyof typeof cookies;

/** The generation of a profile, by its cookie. */
export const generationOf = ({ cookie }: Profile): CompanionGeneration =>
  cookie?.value === cookies.P0.value ? 'P0' : 'P1';

function callOf({ methods }: { methods: readonly DescMethod[] }): DescMethod {
  const call = methods.find(({ name }) => name === 'Call');
  if (!call) throw new Error('the service has no Call');
  return call;
}

const names = { payload: 'proto.RateLimitPluginRequest', reply: 'proto.RateLimitPluginResponse' };
const prototypeNames = { payload: 'proto.RateLimitRequest', reply: 'proto.RateLimitResponse' };

/** The services a host of each generation calls, the newest first. */
export const contractsOf = (generation: CompanionGeneration): readonly AnyContract[] =>
  generation === 'P0'
    ? [{ method: callOf(OlderPlugin), ...prototypeNames }]
    : [
        { method: callOf(Plugin), ...names },
        { method: callOf(OlderPlugin), ...names },
      ];

/** What the server sets for every plugin, beside what the library does. */
export const hostVariables: EnvironmentChanges = { PLUGIN_PROCS: '1', PLUGIN_NAME: 'rate-limit' };

type Context = CompletionContext<GrpcSession, GrpcLaunch>;

async function recognise({ look }: Pick<Context, 'look'>, like: GrpcLaunch): Promise<CompanionGeneration> {
  for (const generation of ['P1', 'P0'] as const) {
    const cookie = cookies[generation];
    const launch: GrpcLaunch = {
      ...like,
      name: 'look',
      purpose: 'to find out its generation',
      judged: false,
      connects: false,
      refuses: true,
      tls: 'never',
      environment: () => ({ ...hostVariables, [cookie.key]: cookie.value }),
    };
    if (await look(launch, ({ handshake }) => handshake.line !== undefined)) return generation;
  }
  return 'P1';
}

/** Sets what the server fixes: the cookie of the generation, version 1, no transport security. */
export async function complete(context: Context, like: GrpcLaunch): Promise<Completion> {
  const { profile } = context;
  const given = settingsOf(profile).generation;
  const fixed = given === 'P1' || given === 'P0' ? given : undefined;
  const generation = fixed ?? (await recognise({ look: context.look.bind(context) }, like));
  return {
    profile: {
      ...profile,
      cookie: profile.cookie ?? cookies[generation],
      versions: profile.versions.length > 0 ? profile.versions : [{ version: 1, ...profile.common }],
      tls: profile.tls ?? 'none',
      env: { ...hostVariables, ...profile.env } as Profile['env'],
    },
    notes: fixed ? [] : [`generation ${generation}: a go-plugin that takes ${key}=${cookies[generation].value}`],
  };
}
