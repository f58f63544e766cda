/**
 * A report as the page shows it: each requirement with its state and its own address, areas in the order of the
 * protocol. Addresses are made here and only here, so that they are unique and say nothing a link could not hold.
 */
import { groupBy } from '../group-by.ts';
import { counts, type Report, type ReportedOutcome } from '../report.ts';
import { type Markup, markup } from './html-markup.ts';
import { code } from './html-text.ts';

/** In the order in which they are counted. A failure is split by what it means for the verdict. */
export const states = ['passed', 'failed', 'warned', 'known', 'skipped', 'blocked', 'errored'] as const;
export type State = (typeof states)[number];

export const stateNames: Readonly<Record<State, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  warned: 'Warning',
  known: 'Known',
  skipped: 'Skipped',
  blocked: 'Blocked',
  errored: 'Errored',
};

export interface Row {
  readonly outcome: ReportedOutcome;
  readonly state: State;
  /** Its id on the page. */
  readonly anchor: string;
}

interface Area {
  /** Its short name, as in the ids. */
  readonly name: string;
  /** What it is about, where the report says so. */
  readonly title: string | undefined;
  readonly anchor: string;
  readonly rows: readonly Row[];
}

export interface View {
  readonly report: Report;
  /** Level of the headings of its sections: one deeper inside a run. */
  readonly level: 2 | 3;
  readonly anchor: string;
  readonly rows: readonly Row[];
  readonly areas: readonly Area[];
  /** The first row of each requirement. */
  readonly byId: ReadonlyMap<string, Row>;
}

/** Makes an id that no other element has: the wish as far as it can be an address, behind the prefix as it stands. */
type Namer = (wish: string, prefix?: string) => string;

/** Names that the page itself uses. */
const ownNames = ['top', 'results', 'filter', 'words', 'area', 'shown', 'nothing', 'theme', 'said', 'foldall'];

export function anchorNamer(): Namer {
  const taken = new Map(ownNames.map((name) => [name, 1]));
  return (wish, prefix = '') => {
    const base = `${prefix}${wish.replace(/[^\w./-]+/g, '-').slice(0, 80) || '-'}`;
    const number = (taken.get(base) ?? 0) + 1;
    taken.set(base, number);
    // No wish keeps a tilde, so a number makes no name that another wish could have.
    return number === 1 ? base : `${base}~${number}`;
  };
}

const stateOf = (outcome: ReportedOutcome, strict: boolean): State => {
  if (outcome.outcome !== 'failed') return outcome.outcome;
  if (outcome.known) return 'known';
  return counts(outcome, strict) ? 'failed' : 'warned';
};

interface AreaNames {
  readonly name: Namer;
  readonly prefix: string;
  readonly titles: ReadonlyMap<string, string>;
}

function areasOf(rows: readonly Row[], { name, prefix, titles }: AreaNames): readonly Area[] {
  return [...groupBy(rows, ({ outcome }) => outcome.area)].map(([area, list]) => ({
    name: area,
    title: titles.get(area),
    anchor: name(`area-${area}`, prefix),
    rows: list,
  }));
}

/** The view of one report; inside a run its addresses begin with the plugin's name. */
export function viewOf(report: Report, name: Namer, isPartOfRun = false): View {
  const anchor = name(isPartOfRun ? report.plugin.name || 'plugin' : 'report');
  const prefix = isPartOfRun ? `${anchor}/` : '';
  const rows = report.outcomes.map(
    (outcome): Row => ({ outcome, state: stateOf(outcome, report.strict), anchor: name(outcome.id, prefix) }),
  );
  const titles = new Map(report.areas?.map(({ name: area, title }) => [area, title]));
  return {
    report,
    level: isPartOfRun ? 3 : 2,
    anchor,
    rows,
    areas: areasOf(rows, { name, prefix, titles }),
    byId: new Map(rows.toReversed().map((row) => [row.outcome.id, row])),
  };
}

/** `21 passed, 1 failed, 2 warnings`: what there is of each state. */
export function tallyOf(rows: readonly Row[]): readonly string[] {
  return states.flatMap((state) => {
    const count = countOf(rows, state);
    return count === 0 ? [] : [`${count} ${stateWord(state, count)}`];
  });
}

/** The word beside a number. */
export const stateWord = (state: State, count: number): string =>
  state === 'warned' && count !== 1 ? 'warnings' : stateNames[state].toLowerCase();

/** How many rows are in a state. */
export const countOf = (rows: readonly Row[], state: State): number => rows.filter((row) => row.state === state).length;

/** A requirement's id, as a link where the page has it. */
export function requirementLink(view: View, id: string): Markup {
  const row = view.byId.get(id);
  return row ? markup`<a class="rid" href="#${row.anchor}">${id}</a>` : code(id);
}

/** A heading of a section, or deeper. */
export function heading(view: View, deeper: 0 | 1, content: Parameters<typeof markup>[1]): Markup {
  const tag = `h${view.level + deeper}`;
  return markup`<${tag}>${content}</${tag}>`;
}
