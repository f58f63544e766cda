/**
 * Root causes first: each diagnosis with its fix, what it breaks and what is blocked behind it; then whatever failed
 * without a diagnosis, and what could not be judged. Everything links to its requirement.
 */
import { groupBy } from '../group-by.ts';
import type { Diagnosis } from '../report.ts';
import { reasonOf } from './failure-facts.ts';
import { type Markup, markup, type Part } from './html-markup.ts';
import { code, plural, prose } from './html-text.ts';
import { stateMark } from './html-verdict.ts';
import { heading, type Row, requirementLink, type View } from './html-view.ts';

const severityNames: Readonly<Record<Diagnosis['severity'], string>> = {
  error: 'Error',
  warning: 'Warning',
  note: 'Note',
};

const namedBlocked = 12;

function blockedBehind(view: View, ids: readonly string[]): readonly Row[] {
  const behind = new Set(ids);
  return view.rows.filter(({ state, outcome }) => state === 'blocked' && behind.has(outcome.blockedBy ?? ''));
}

function card(view: View, { class: name, variant, title, fix, requirements, severity }: Diagnosis): Markup {
  const links = requirements.map((id) => markup` ${requirementLink(view, id)}`);
  const blocked = severity === 'note' ? 0 : blockedBehind(view, requirements).length;
  return markup`
    <li class="card" data-d="${severity}">
      <p class="cause"><span class="st">${severityNames[severity]}</span> ${prose(title)}</p>
      ${fix !== undefined && markup`<p class="fix"><b>Fix</b> <span>${prose(fix)}</span></p>`}
      <p class="breaks">
        ${requirements.length > 0 && [severity === 'note' ? 'About' : 'Breaks', links]}
        ${blocked > 0 && markup`<span class="more">${plural(blocked, 'requirement')} blocked behind it</span>`}
        ${code(variant === undefined ? name : `${name}/${variant}`)}
      </p>
    </li>`;
}

const item = ({ outcome, state, anchor }: Row): Markup => markup`
  <li>${stateMark(state)} <a class="rid" href="#${anchor}">${outcome.id}</a> <span class="lv">${outcome.level}</span>
  <span class="say">${prose(outcome.title)} <span class="re">${prose(reasonOf(outcome))}</span></span></li>`;

/** What is blocked behind something that no diagnosis names, by what blocks it. */
function blockedItems(view: View, isExplained: (id: string) => boolean): readonly Markup[] {
  const blocked = view.rows.filter(
    ({ state, outcome }) => state === 'blocked' && !isExplained(outcome.blockedBy ?? ''),
  );
  return [...groupBy(blocked, ({ outcome }) => outcome.blockedBy ?? '')].map(([by, rows]) => {
    const links = rows.slice(0, namedBlocked).map(({ outcome }) => markup` ${requirementLink(view, outcome.id)}`);
    const more = rows.length - namedBlocked;
    return markup`
      <li>${stateMark('blocked')} <span class="say">${plural(rows.length, 'requirement')} behind
      ${by === '' ? 'another' : requirementLink(view, by)}:${links}${more > 0 && ` and ${more} more`}</span></li>`;
  });
}

const list = (items: readonly Part[]): Markup => markup`<ul class="found">${items}</ul>`;

const section = (view: View, name: string, content: Part): Markup =>
  markup`<section class="sec aux">${heading(view, 0, name)}<div>${content}</div></section>`;

/** What failed or warned without a diagnosis that explains it. */
function looseSection(view: View, state: 'failed' | 'warned', name: string): Part {
  const { diagnoses } = view.report;
  const rows = view.rows.filter(
    (row) => row.state === state && !diagnoses.some(({ requirements }) => requirements.includes(row.outcome.id)),
  );
  const title = diagnoses.length > 0 ? `${name} without a diagnosis` : name;
  return rows.length > 0 && section(view, title, list(rows.map(item)));
}

/** What made the verdict: nothing for a report that is conformant. */
export function causeSections(view: View): Part {
  const { diagnoses } = view.report;
  const explained = new Set(diagnoses.flatMap(({ requirements }) => requirements));
  const errored = view.rows.filter(({ state }) => state === 'errored');
  const open = [...errored.map(item), ...blockedItems(view, (id) => explained.has(id))];
  const cards = diagnoses.map((diagnosis) => card(view, diagnosis));
  return [
    cards.length > 0 && section(view, 'Diagnosis', markup`<ol class="cards">${cards}</ol>`),
    looseSection(view, 'failed', 'Failures'),
    open.length > 0 && section(view, 'Not judged', list(open)),
  ];
}

/** Warnings that no diagnosis explains: they did not make the verdict, so they come after the numbers. */
export const warningSection = (view: View): Part => looseSection(view, 'warned', 'Warnings');
