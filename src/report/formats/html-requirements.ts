/**
 * Every requirement as one row that opens, area by area in the order of the protocol. Rows are the bulk of a page, so
 * their markup is lean: icons come from the style, and the filter reads what is shown instead of data of its own.
 */
import { reasonOf } from './failure-facts.ts';
import { rowBody } from './html-facts.ts';
import { type Markup, markup, type Part } from './html-markup.ts';
import { plural, prose } from './html-text.ts';
import { stateMark } from './html-verdict.ts';
import { countOf, heading, type Row, stateNames, states, tallyOf, type View } from './html-view.ts';

/** The sentence under the title: why it is not simply passed. */
function sentence({ outcome, state }: Row): Part {
  if (state === 'passed' && outcome.reason === undefined) return undefined;
  const { blockedBy } = outcome;
  return markup` <span class="re">${blockedBy === undefined ? prose(reasonOf(outcome)) : `behind ${blockedBy}`}</span>`;
}

function row(view: View, one: Row): Markup {
  const { outcome, state, anchor } = one;
  const isOpen = state === 'failed' || state === 'errored';
  return markup`
    <details class="req" id="${anchor}" data-s="${state}" data-l="${outcome.level}"${isOpen && markup` open`}>
      <summary><span class="st">${stateNames[state]}</span> <code>${outcome.id}</code>
      <span class="lv">${outcome.level}</span> <span class="ti">${prose(outcome.title)}${sentence(one)}</span></summary>
      <dl>${rowBody(view, one, view.report.diagnoses)}</dl>
    </details>`;
}

function areaSection(view: View, { name, title: about, anchor, rows }: View['areas'][number]): Markup {
  const title = markup`<span class="an">${name}</span>${about !== undefined && [' ', prose(about)]}${tallyOf(rows).map((words) => markup` <span class="dim">${words}</span>`)}`;
  return markup`
    <section class="area" id="${anchor}" data-a="${name}">
      ${heading(view, 1, title)}
      <div>${rows.map((one) => row(view, one))}</div>
    </section>`;
}

/** The rows of one report, and what stands above them. */
export const requirementSection = (view: View, above: Part): Markup => markup`
  <section class="list">
    ${heading(view, 0, 'Requirements')}
    ${above}
    ${view.areas.map((area) => areaSection(view, area))}
    ${view.rows.length === 0 && markup`<p class="nothing">No requirement was judged.</p>`}
  </section>`;

const chip = (name: 's' | 'l', value: string, label: Part): Markup =>
  markup`<label class="chip"><input type="checkbox" name="${name}" value="${value}"><span>${label}</span></label>`;

/** The filter of a page. It works by script alone, so without one it is not there; nor where nothing is to filter. */
export function filterBar(views: readonly View[]): Part {
  const rows = views.flatMap((view) => view.rows);
  if (rows.length === 0) return undefined;
  const areas = new Map(views.flatMap((view) => view.areas.map(({ name, title }) => [name, title])));
  const levels = (['MUST', 'SHOULD', 'MAY'] as const).filter((level) =>
    rows.some(({ outcome }) => outcome.level === level),
  );
  const found = states.filter((state) => countOf(rows, state) > 0);
  return markup`
    <form id="filter" role="search" aria-label="Filter requirements" hidden>
      <div class="bar">
        <input id="words" type="search" aria-label="Search requirements" placeholder="Search id, text, evidence" autocomplete="off" spellcheck="false" aria-keyshortcuts="/">
        <select id="area" aria-label="Area"><option value="">All areas</option>
        ${[...areas].map(([name, title]) => markup`<option value="${name}">${name}${title !== undefined && ` ${title}`}</option>`)}</select>
        <fieldset><legend class="vh">Level</legend>${levels.map((level) => chip('l', level, level))}</fieldset>
        <fieldset><legend class="vh">Outcome</legend>
        ${found.map((state) => chip('s', state, [stateMark(state), markup` <b>${countOf(rows, state)}</b>`]))}</fieldset>
      </div>
      <p class="bar"><output id="shown" for="words area">${plural(rows.length, 'requirement')}</output>
        <button type="reset">Clear filter</button><button type="button" id="foldall">Open all</button>
        <span class="keys"><kbd>/</kbd> search <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> open</span></p>
    </form>
    <p id="nothing" hidden>No requirement matches. <button type="button" class="clear">Clear the filter</button></p>`;
}
