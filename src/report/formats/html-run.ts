/**
 * The page of `plugfest run`: the verdict on all, a table with one line for each plugin and its first root cause, then
 * each report, folded, so that a hundred of them are quick to show.
 */
import type { RunReport, Verdict } from '../report.ts';
import { aboutSection, launchSection } from './html-about.ts';
import { causeSections, warningSection } from './html-diagnosis.ts';
import { type Markup, markup, type Part } from './html-markup.ts';
import { filterBar, requirementSection } from './html-requirements.ts';
import { plural, prose } from './html-text.ts';
import { overviewSection, startTime, verdictDetails, verdictMark } from './html-verdict.ts';
import { countOf, type State, stateNames, states, stateWord, tallyOf, type View } from './html-view.ts';

const verdicts: readonly Verdict[] = ['nonconformant', 'incomplete', 'conformant'];

function firstCause({ report }: View): Part {
  const cause = report.diagnoses.find(({ severity }) => severity === 'error');
  const flags = [...(report.interrupted ? ['interrupted'] : []), ...(report.complete ? [] : ['not a complete run'])];
  return [
    flags.length > 0 && markup` <span class="sub">${flags[0]}</span>`,
    cause && markup` <span class="sub">${prose(cause.title)}</span>`,
  ];
}

function matrixRow(view: View, shown: readonly State[]): Markup {
  const { report, anchor, rows } = view;
  const { plugin, system, profile, verdict, coverage } = report;
  const cells = shown.map((state) => {
    const count = countOf(rows, state);
    const name = stateWord(state, count);
    return markup`<td role="cell" class="n${count === 0 && ' none'}" data-s="${state}" data-k="${name}">${count}</td>`;
  });
  return markup`
    <tr role="row">
      <th role="rowheader" scope="row"><a href="#${anchor}">${prose(plugin.name)}</a>${firstCause(view)}</th>
      <td role="cell">${verdictMark(verdict)}</td>
      <td role="cell" class="sys">${prose(system)} <span class="sub">${prose(profile.name)}</span></td>
      ${cells}
      <td role="cell" class="n" data-k="probed">${coverage.probed}/${coverage.requirements}</td>
    </tr>`;
}

function matrix(views: readonly View[]): Markup {
  const heads = ['Plugin', 'Verdict', 'System, profile'];
  const shown = states.filter((state) => views.some(({ rows }) => countOf(rows, state) > 0));
  const numbers = [...shown.map((state) => stateNames[state]), 'Probed'];
  return markup`
    <table class="matrix" role="table">
      <thead role="rowgroup"><tr role="row">
        ${heads.map((name) => markup`<th role="columnheader" scope="col">${name}</th>`)}
        ${numbers.map((name) => markup`<th role="columnheader" scope="col" class="n">${name}</th>`)}
      </tr></thead>
      <tbody role="rowgroup">${views.map((view) => matrixRow(view, shown))}</tbody>
    </table>`;
}

function foldedReport(view: View, isOpen: boolean): Markup {
  const { report, anchor, rows } = view;
  return markup`
    <details class="rep" id="${anchor}" data-v="${report.verdict}"${isOpen && markup` open`}>
      <summary><h2><bdi>${prose(report.plugin.name)}</bdi></h2> ${verdictMark(report.verdict)} <span class="dim">${tallyOf(rows).join(', ')}</span></summary>
      <div class="aux">${verdictDetails(view)}</div>
      ${causeSections(view)}
      ${overviewSection(view)}
      ${warningSection(view)}
      ${requirementSection(view, undefined)}
      ${launchSection(view)}
      ${aboutSection(view)}
    </details>`;
}

/** The main part of a run's page. */
export function runMain({ verdict, reports }: RunReport, views: readonly View[]): Markup {
  const tally = verdicts.flatMap((one) => {
    const count = reports.filter((report) => report.verdict === one).length;
    return count === 0 ? [] : [`${count} ${one}`];
  });
  const [first] = reports;
  return markup`
    <header class="verdict" data-v="${verdict}">
      <h1><span class="mark"></span>${plural(reports.length, 'plugin')}: <em>${verdict}</em></h1>
      <p class="why">${tally.length > 0 ? `${tally.join(', ')}.` : 'No plugin was checked.'}</p>
      ${first && markup`<p class="facts">${startTime(first.startedAt)}</p>`}
    </header>
    ${views.length > 0 && matrix(views)}
    <div id="results">
      ${filterBar(views)}
      ${views.map((view) => foldedReport(view, views.length === 1))}
    </div>`;
}
