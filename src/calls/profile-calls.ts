/** The calls of a profile as requirements of their own: `CALL:<profile>/<name>`, at MUST level. */
import type { Call, Profile } from '../config/profile.ts';
import { UsageError } from '../config/usage-error.ts';
import { NotOffered } from '../run/plugin-fact.ts';
import type { Requirement } from '../run/requirement.ts';
import { type Extension, probe } from '../run/suite.ts';
import type { CallSession } from './call-session.ts';
import { readMethodName } from './method-name.ts';

export const callArea = 'CALL';

/** The calls of one name: each application protocol version may say something else. */
interface NamedCalls {
  readonly name: string;
  readonly method: string;
  /** By version; what holds for every version stands under `undefined`. */
  readonly byVersion: ReadonlyMap<number | undefined, Call>;
}

function collect({ versions, common }: Profile): readonly NamedCalls[] {
  const offers = versions.length > 0 ? versions : [{ ...common, version: undefined }];
  const named = new Map<string, { method: string; byVersion: Map<number | undefined, Call> }>();
  for (const { version, calls } of offers) {
    for (const call of calls) {
      const known = named.get(call.name) ?? { method: call.method, byVersion: new Map() };
      known.byVersion.set(version, call);
      named.set(call.name, known);
    }
  }
  return [...named].map(([name, rest]) => ({ name, ...rest }));
}

const requirementOf = (profile: string, { name, method }: NamedCalls): Requirement => ({
  id: `CALL:${profile}/${name}`,
  area: callArea,
  level: 'MUST',
  basis: 'documented',
  title: `\`${method.replace(/^\//, '')}\` answers as the profile states`,
  text: `The call \`${name}\` of the profile ${profile} gives the response, status and trailers that the profile states.`,
  why: 'The host application makes this call and rests on its answer.',
  host: [],
  fix: { any: 'Answer the call as the profile states, or correct the profile.' },
  check: 'Makes the call with the request, metadata and deadline of the profile and compares what comes back.',
  source: `profile ${profile}`,
});

/** Refuses calls that do not fit the profile's own schema. @throws UsageError */
async function validate(profile: Profile, calls: readonly NamedCalls[]): Promise<void> {
  const { descriptorSet, protoFiles } = profile.schema;
  if (descriptorSet === undefined && protoFiles === undefined) return;
  // Heavy, and needed by few profiles only.
  const [{ readSchema }, { CallProblem, prepareCall }] = await Promise.all([
    import('./schema-source.ts'),
    import('./prepare-call.ts'),
  ]);
  const schema = await readSchema(profile);
  if (!schema) return;
  for (const { byVersion } of calls) {
    for (const call of byVersion.values()) {
      // What the schema does not describe the plugin may, through reflection.
      if (!schema.registry.getService(readMethodName(call.method).service)) continue;
      try {
        prepareCall(call, schema.registry);
      } catch (error) {
        if (error instanceof CallProblem) throw new UsageError(`calls in the profile: ${error.message}`);
        throw error;
      }
    }
  }
}

const listed = (versions: readonly (number | undefined)[]): string => versions.join(', ');

/** The requirements and probes of a profile's calls. @throws UsageError for calls that do not fit the schema */
export async function profileCalls<S extends CallSession>(profile: Profile, launch: string): Promise<Extension<S>> {
  const calls = collect(profile);
  await validate(profile, calls);
  const requirements = calls.map((call) => requirementOf(profile.name, call));
  const probes = calls.map(({ name, byVersion }) =>
    probe<S>(`CALL:${profile.name}/${name}`, { launch }, async (session) => {
      const call = byVersion.get(session.version) ?? byVersion.get(undefined);
      if (!call) {
        const versions = listed([...byVersion.keys()]);
        throw new NotOffered(
          `the profile makes this call in version ${versions}; the plugin speaks ${session.version}`,
        );
      }
      const { runCall } = await import('./run-call.ts');
      return runCall(session, call);
    }),
  );
  return { requirements: new Map(requirements.map((one) => [one.id, one])), probes };
}
