/**
 * The generations P1 and P0: plugins on hashicorp/go-plugin with a cookie of Polaris. The suite of go-plugin is handed
 * in, runs as it is with what the server fixes, and gets the rules of Polaris on top.
 */
import { areaOf } from '../../../src/run/requirement.ts';
import type { Suite } from '../../../src/run/suite.ts';
import type { GrpcLaunch } from '../../hashicorp-grpc/launches/launch.ts';
import type { GrpcSession } from '../../hashicorp-grpc/session.ts';
import { classes, diagnoses } from '../classes.ts';
import { notHere } from '../not-here.ts';
import { areas, requirements } from '../requirements.ts';
import { settingsOf } from '../settings.ts';
import { complete } from './generation.ts';
import { companionProbes } from './probes.ts';

type GrpcSuite = Suite<GrpcSession, GrpcLaunch>;

/** Further classes of the rules that both suites have. */
function joined(base: GrpcSuite['classes']): GrpcSuite['classes'] {
  const own = Object.entries(classes).map(([name, ids]) => [name, [...(base[name] ?? []), ...ids]] as const);
  return { ...base, ...Object.fromEntries(own) };
}

/** Makes the suite. @param base the suite of go-plugin over gRPC */
export function companionSuite(base: GrpcSuite): GrpcSuite {
  const [gate, ...others] = base.launches;
  const hostVariables: GrpcLaunch = {
    ...gate,
    name: 'host-variables',
    purpose: 'with PLUGIN_PROCS and PLUGIN_NAME of other values',
    judged: false,
    connects: false,
    environment: (context) => ({ ...gate.environment(context), PLUGIN_PROCS: '4', PLUGIN_NAME: 'plugfest' }),
  };
  const probes = companionProbes(base.probes);
  const settled = new Set(probes.map(({ id }) => id));
  const absent = [...requirements.keys()].filter((id) => !settled.has(id) && !requirements.get(id)?.untestable);
  // The Any-typed call is judged by the rules of Polaris, which know what is asked.
  const isKept = (id: string): boolean => areaOf(id) !== 'AN';
  const kept = [...base.requirements].filter(([id]) => isKept(id));
  return {
    ...base,
    system: 'polaris',
    requirements: new Map([...requirements, ...kept]),
    areas: { ...areas, ...base.areas },
    launches: [gate, ...others, hostVariables],
    probes: [
      ...probes,
      ...base.probes.filter(({ id }) => isKept(id)),
      ...notHere<GrpcSession>(absent, 'the plugin is a go-plugin (P1 or P0); the rule is for plugins on sockets'),
    ],
    classes: joined(base.classes),
    diagnoses: { ...base.diagnoses, ...diagnoses },
    isProtocolVariable: (name) => base.isProtocolVariable(name) || name.startsWith('POLARIS_'),
    extend: async (profile) => {
      settingsOf(profile);
      return (await base.extend?.(profile)) ?? { requirements: new Map(), probes: [] };
    },
    complete: (context) => complete(context, gate),
  };
}
