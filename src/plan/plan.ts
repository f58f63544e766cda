/** Which probes run, in which launches and in which order. Pure: nothing is started here. */
import type { Launch, Probe, ProbeNeeds, Session, Suite } from '../run/suite.ts';
import { isNarrowed, type Scope, select } from './selection.ts';
import { shuffle } from './shuffle.ts';

export interface PlanOptions {
  readonly scope: Scope;
  /** Run probes that must wait longer than five seconds to prove anything. */
  readonly soak: boolean;
  /** One process for each probe. */
  readonly isolate: boolean;
  /** Shuffles launches and the probes in them. */
  readonly shuffleSeed?: number;
}

export interface LaunchPlan<S extends Session, L extends Launch<S>> {
  readonly launch: L;
  /** Probes that share one process, in order. */
  readonly shared: readonly Probe<S>[];
  /** Probes that get a process of their own. */
  readonly isolated: readonly Probe<S>[];
  /** Probes that end the shared process. */
  readonly ending: readonly Probe<S>[];
}

export interface Plan<S extends Session = Session, L extends Launch<S> = Launch<S>> {
  readonly scope: Scope;
  /** False when the run was narrowed. */
  readonly complete: boolean;
  /** Ids whose outcomes the report holds. */
  readonly selected: ReadonlySet<string>;
  readonly gate: LaunchPlan<S, L>;
  readonly others: readonly LaunchPlan<S, L>[];
  /** Probes that look at what launches showed, once all are over. */
  readonly looks: readonly Probe<S>[];
  /** Ids that are not run, with the reason. */
  readonly skipped: ReadonlyMap<string, string>;
  /** How long a process is watched after its last probe, in milliseconds: some deaths come late. */
  readonly watchMs: number;
}

const watchMs = 250;

const soakReason = 'needs a wait of more than 5 s to prove anything: run with --soak';

/** The launches that a probe looks at by name. */
function launchesLookedAt(needs: ProbeNeeds, isSmoke: boolean): readonly string[] {
  if ('launches' in needs) return needs.launches;
  if (!('every' in needs)) return [];
  const named = needs.every === true ? [] : needs.every;
  return isSmoke ? named : [...named, ...(needs.at ?? [])];
}

/** Whether a requirement is probed by waiting for minutes only, which must be asked for. */
export const needsSoak = ({ probes }: Pick<Suite, 'probes'>, id: string): boolean =>
  probes.some(({ id: own, needs }) => 'soak' in needs && needs.soak && (own === id || needs.settles?.includes(id)));

/** Plans a run. @throws UsageError for a scope that names nothing */
export function planRun<S extends Session, L extends Launch<S>>(suite: Suite<S, L>, options: PlanOptions): Plan<S, L> {
  const { scope, soak, isolate, shuffleSeed } = options;
  const selected = select(scope, suite.requirements, suite.classes);
  const skipped = new Map<string, string>();
  const isWanted = (probe: Probe<S>): boolean => {
    if (![probe.id, ...(probe.needs.settles ?? [])].some((id) => selected.has(id))) return false;
    if (scope.smoke && !probe.needs.smoke) return false;
    if ('soak' in probe.needs && probe.needs.soak && !soak) {
      for (const id of [probe.id, ...(probe.needs.settles ?? [])]) skipped.set(id, soakReason);
      return false;
    }
    return true;
  };
  const reorder = <T>(list: readonly T[]): readonly T[] =>
    shuffleSeed === undefined ? list : shuffle(list, shuffleSeed);
  const wanted = suite.probes.filter(isWanted);
  const looks = wanted.filter((probe) => !('launch' in probe.needs));
  const planLaunch = (launch: L): LaunchPlan<S, L> => {
    const own = wanted.filter((probe) => 'launch' in probe.needs && probe.needs.launch === launch.name);
    const ending = own.filter((probe) => 'ending' in probe.needs && probe.needs.ending);
    const alone = own.filter((probe) => !ending.includes(probe) && 'isolated' in probe.needs && probe.needs.isolated);
    const shared = own.filter((probe) => !ending.includes(probe) && !alone.includes(probe));
    return isolate
      ? { launch, shared: [], isolated: reorder([...shared, ...alone, ...ending]), ending: [] }
      : { launch, shared: reorder(shared), isolated: reorder(alone), ending };
  };
  const [gate, ...others] = suite.launches.map(planLaunch);
  if (!gate) throw new Error(`${suite.system} declares no launch`);
  const looksAt = new Set(looks.flatMap(({ needs }) => launchesLookedAt(needs, scope.smoke === true)));
  const needed = others.filter(
    ({ launch, shared, isolated, ending }) =>
      shared.length + isolated.length + ending.length > 0 || looksAt.has(launch.name),
  );
  const pair = others.filter(
    ({ launch }) => launch.name === suite.pairing?.launch && !needed.some((n) => n.launch === launch),
  );
  // Whatever runs beside the gate must know first whether it can.
  const wantsPair =
    needed.length > 0 || gate.isolated.length > 0 || (!scope.smoke && selected.has(suite.pairing?.requirement ?? ''));
  return {
    scope,
    complete: !isNarrowed(scope),
    selected,
    gate,
    others: reorder(wantsPair ? [...pair, ...needed] : needed),
    looks,
    skipped,
    watchMs: scope.smoke ? 0 : watchMs,
  };
}

/** The ids that the probes of a plan decide, among those that were selected. */
export function plannedIds<S extends Session, L extends Launch<S>>(plan: Plan<S, L>): readonly string[] {
  const launches = [plan.gate, ...plan.others];
  const probes = launches.flatMap((launch) => [...launch.shared, ...launch.isolated, ...launch.ending]);
  const decided = [...probes, ...plan.looks].flatMap(({ id, needs }) => [id, ...(needs.settles ?? [])]);
  return [...new Set(decided)].filter((id) => plan.selected.has(id));
}
