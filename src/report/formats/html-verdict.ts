/** The verdict and why, what a reader must know before trusting it, and the numbers behind it. */
import type { Report, Verdict } from '../report.ts';
import { scopeWords } from '../scope-words.ts';
import { type Markup, markup, type Part } from './html-markup.ts';
import { code, duration, plural, prose } from './html-text.ts';
import { countOf, heading, type Row, type State, stateNames, states, type View } from './html-view.ts';

/** A mark and the word beside it: no meaning by colour alone. */
export const verdictMark = (verdict: Verdict): Markup => markup`<span class="st" data-v="${verdict}">${verdict}</span>`;

export const stateMark = (state: State): Markup =>
  markup`<span class="st" data-s="${state}">${stateNames[state]}</span>`;

/** What made the verdict what it is. */
function because({ rows, report }: View): string {
  const { baseline, interrupted, verdict } = report;
  const problems = baseline?.problems.length ?? 0;
  const blocked = countOf(rows, 'blocked');
  const errored = countOf(rows, 'errored');
  const warned = countOf(rows, 'warned');
  const failed = rows.filter(({ state }) => state === 'failed');
  const must = failed.filter(({ outcome }) => outcome.level === 'MUST').length;
  const reasons = [
    ...(must > 0 ? [`${must} MUST failed`] : []),
    ...(failed.length > must ? [`${failed.length - must} SHOULD failed, which counts under --strict`] : []),
    ...(problems > 0 ? [`the baseline has ${plural(problems, 'problem')}`] : []),
    ...(blocked > 0 ? [`${plural(blocked, 'requirement is', 'requirements are')} blocked`] : []),
    ...(errored > 0 ? [`${plural(errored, 'probe')} errored through no fault of the plugin`] : []),
    ...(interrupted ? ['the run was interrupted'] : []),
  ];
  if (verdict === 'conformant') {
    const more = warned > 0 ? ` ${plural(warned, 'warning does', 'warnings do')} not count against it.` : '';
    return `No MUST failed, and nothing was blocked or errored.${more}`;
  }
  const text = `${verdict === 'incomplete' ? 'no MUST failed, but ' : ''}${reasons.join('; ')}`;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What a reader must know before trusting the verdict. */
function caveats({ scope, complete, interrupted, baseline }: Report): Part {
  const narrowed = scopeWords(scope);
  const rest = 'it says nothing of the rest and cannot gate a release.';
  const loud: Part[] = [
    interrupted && markup`<li>The run was <strong>interrupted</strong>: this is what was known by then.</li>`,
    narrowed !== '' && markup`<li>The run was <strong>narrowed</strong> by ${code(narrowed)}: ${rest}</li>`,
    !complete && !interrupted && narrowed === '' && markup`<li>The run <strong>ended early</strong>: ${rest}</li>`,
    (baseline?.problems ?? []).map(
      (problem) => markup`<li><strong>Baseline</strong> ${code(baseline?.file ?? '')}: ${prose(problem)}</li>`,
    ),
  ];
  const isLoud = loud.some((part) => part !== false && !(Array.isArray(part) && part.length === 0));
  return isLoud && markup`<ul class="caveats">${loud}</ul>`;
}

/** `2026-02-03 04:05 UTC`, where it is a time at all. */
export function startTime(startedAt: string): Markup {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/.exec(startedAt) ?? [];
  return day === undefined
    ? markup`<span>${prose(startedAt)}</span>`
    : markup`<time datetime="${startedAt}">${day} ${time} UTC</time>`;
}

const countItem = (state: State, count: number): Markup =>
  markup`<div data-s="${state}"${count === 0 && markup` class="none"`}><dt class="st">${stateNames[state]}</dt><dd>${count}</dd></div>`;

/** Numbers of rows by state; known failures only where there are any. */
const countList = (rows: readonly Row[]): Markup => {
  const shown = states.filter((state) => state !== 'known' || countOf(rows, state) > 0);
  return markup`<dl class="counts">${shown.map((state) => countItem(state, countOf(rows, state)))}</dl>`;
};

function coverageLine({ coverage, system }: Report): Markup {
  const { requirements, probed, untestable, planned } = coverage;
  return markup`
    <div class="coverage">
      <svg viewBox="0 0 ${Math.max(requirements, 1)} 1" preserveAspectRatio="none" aria-hidden="true">
        <rect class="rest" width="100%" height="1"/><rect width="${probed}" height="1"/>
      </svg>
      <p><strong>Coverage</strong> ${probed} of ${requirements} requirements of ${prose(system)} probed,
      ${planned} planned, ${untestable} untestable</p>
    </div>`;
}

function areaLine({ name, title, anchor, rows }: View['areas'][number]): Markup {
  const judged = rows.length - countOf(rows, 'skipped');
  return markup`
    <li><a href="#${anchor}">${name}${title !== undefined && markup`<span class="vh"> ${prose(title)}</span>`}</a>
    <span class="of">${judged === 0 ? '–' : [markup`<b>${countOf(rows, 'passed')}</b>`, `/${judged}`]}<span class="vh"> ${judged === 0 ? 'none judged' : 'passed'}</span></span>
    <span class="pins" aria-hidden="true">${rows.map(({ state }) => markup`<i class="${state.charAt(0)}"></i>`)}</span></li>`;
}

/** What stands under the heading with the verdict. */
export function verdictDetails(view: View): Markup {
  const { report } = view;
  const { system, profile, strict, durationMs, startedAt, complete } = report;
  return markup`
    <p class="why">${because(view)}</p>
    <p class="facts">
      <span>${prose(system)}</span> <span>profile ${prose(profile.name)}</span>
      ${strict && markup`<span>strict</span>`}
      <span>${complete ? 'complete run' : 'not a complete run'}</span>
      ${startTime(startedAt)} <span>${duration(durationMs)}</span>
    </p>
    ${caveats(report)}`;
}

/** The numbers, and every requirement as one pin, area by area. */
export function overviewSection(view: View): Markup {
  const { report, areas, rows } = view;
  const { notes = [] } = report;
  return markup`
    <section class="sec aux">${heading(view, 0, 'Outcomes')}<div>
      ${countList(rows)}
      ${areas.length > 0 && markup`<ul class="map" aria-label="Passed by area">${areas.map(areaLine)}</ul>`}
      ${coverageLine(report)}
      ${notes.length > 0 && markup`<ul class="notes">${notes.map((note) => markup`<li>${prose(note)}</li>`)}</ul>`}
    </div></section>`;
}
