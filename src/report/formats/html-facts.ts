/** What a requirement opens to: the same facts in the same order as in every format, and the evidence as a timeline. */
import type { Diagnosis, ReportedEvidence, ReportedOutcome } from '../report.ts';
import { type Fact, factsOf, reasonOf } from './failure-facts.ts';
import { type Markup, markup, type Part } from './html-markup.ts';
import { code, commandText, duration, evidenceText, prose, webLink } from './html-text.ts';
import { type Row, requirementLink, type View } from './html-view.ts';

const entry = (one: ReportedEvidence): Markup => markup`
  <tr><td>+${Math.round(one.atMs)} ms</td><td>${prose(one.launch)}</td><td>${prose(one.source)}</td>
  <td>${evidenceText(one)}</td></tr>`;

/** The block scrolls, so the keyboard must be able to reach it. */
const timeline = (id: string, evidence: readonly ReportedEvidence[]): Markup => markup`
  <div class="ev" tabindex="0" role="region" aria-label="Evidence for ${id}"><table>
    <thead><tr><th scope="col">Time</th><th scope="col">Launch</th><th scope="col">Source</th><th scope="col">What was seen</th></tr></thead>
    <tbody>${evidence.map(entry)}</tbody>
  </table></div>`;

function value(fact: Fact, { id, evidence = [] }: ReportedOutcome): Part {
  switch (fact.kind) {
    case 'text':
      return prose(fact.text);
    case 'lines':
      return timeline(id, evidence);
    case 'command':
      return markup`<div class="line"><pre class="cmd"><code>${commandText(fact.command)}</code></pre></div>`;
    case 'host':
      return markup`<ul>${fact.reactions.map(
        ({ phrase, words, remark }) => markup`
          <li>${prose(phrase)}${words !== undefined && [': ', code(words)]}
          ${remark !== undefined && markup` <span class="dim">(${prose(remark)})</span>`}</li>`,
      )}</ul>`;
  }
}

const pair = (label: string, content: Part): Markup =>
  markup`<dt${label === 'Fix' && markup` class="fixes"`}>${label}</dt><dd>${content}</dd>`;

function knownFact({ known }: ReportedOutcome): Part {
  if (!known) return undefined;
  const { reason, until, link } = known;
  return pair('Known', [
    prose(reason),
    until !== undefined && [', excused until ', prose(until)],
    link !== undefined && [', ', webLink(link)],
  ]);
}

/** Where it was seen, and how long that took. */
const probed = ({ launches, durationMs }: ReportedOutcome): Markup =>
  pair('Probed in', [
    launches.length > 0 ? prose(launches.join(', ')) : 'no launch',
    durationMs > 0 && `, ${duration(durationMs)}`,
  ]);

/** All that is known of one requirement beside its summary. */
export function rowBody(view: View, { outcome }: Row, diagnoses: readonly Diagnosis[]): Part {
  const { blockedBy, text, why } = outcome;
  return [
    text !== undefined && pair('Rule', prose(text)),
    knownFact(outcome),
    blockedBy !== undefined && pair('Blocked by', requirementLink(view, blockedBy)),
    blockedBy !== undefined && pair('Reason', prose(reasonOf(outcome))),
    factsOf(outcome, diagnoses).map((fact) => pair(fact.label, value(fact, outcome))),
    why !== undefined && pair('Why', prose(why)),
    probed(outcome),
  ];
}
