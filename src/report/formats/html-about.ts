/** What the verdict rests on beside the requirements: the launches, what was observed, and what ran where. */
import type { Report, ReportedLaunch } from '../report.ts';
import { type Markup, markup, type Part } from './html-markup.ts';
import { code, duration, plural, prose } from './html-text.ts';
import { startTime } from './html-verdict.ts';
import { heading, type View } from './html-view.ts';

function exitWords(exit: ReportedLaunch['exit']): string {
  if (!exit) return 'not seen';
  const how = exit.signal === undefined ? `code ${exit.code ?? 0}` : exit.signal;
  return exit.killedBy === undefined ? how : `${how}, killed by Plugfest: ${exit.killedBy}`;
}

const launchRow = ({ name, pid, startMs, exit, leaked }: ReportedLaunch): Markup => markup`
  <tr><th scope="row">${prose(name)}</th><td>${pid}</td><td>${startMs === undefined ? 'never' : duration(startMs)}</td>
  <td>${prose(exitWords(exit))}</td><td>${leaked.length === 0 ? '–' : leaked.map((leak) => markup`<div>${code(leak)}</div>`)}</td></tr>`;

const words = (list: readonly string[]): Part =>
  list.length === 0 ? 'none seen' : list.map((word, index) => [index > 0 && ', ', code(word)]);

const leakItem = ({ name, leaked }: ReportedLaunch): Markup => markup`
  <li><span class="st" data-s="warned">Left behind</span> <span class="say">${prose(name)}: ${words(leaked)}</span></li>`;

/** The launches: what was left behind stands open, the table is folded, because it is long. */
export function launchSection(view: View): Part {
  const { launches } = view.report;
  if (launches.length === 0) return undefined;
  const leaky = launches.filter(({ leaked }) => leaked.length > 0);
  const left = leaky.length === 0 ? 'nothing left behind' : `${leaky.length} left something behind`;
  return markup`
    <section class="sec aux">${heading(view, 0, 'Launches')}
      <div>
      ${leaky.length > 0 && markup`<ul class="found">${leaky.map(leakItem)}</ul>`}
      <details class="fold"><summary>${plural(launches.length, 'launch', 'launches')}, ${left}</summary>
        <div class="wide" tabindex="0" role="region" aria-label="Launches"><table class="table">
          <thead><tr><th scope="col">Launch</th><th scope="col">PID</th><th scope="col">Ready after</th><th scope="col">Exit</th><th scope="col">Left behind</th></tr></thead>
          <tbody>${launches.map(launchRow)}</tbody>
        </table></div>
      </details></div>
    </section>`;
}

const pair = (label: string, content: Part): Markup => markup`<dt>${label}</dt><dd>${content}</dd>`;
const command = (words: readonly string[]): string =>
  words.map((word) => (/\s|^$/.test(word) ? JSON.stringify(word) : word)).join(' ');

function facts(report: Report): Part {
  const { plugin, observed, profile, environment, tool, startedAt, durationMs, seed } = report;
  const { handshake, services, capabilities } = observed;
  return [
    pair('Command', code(command(plugin.command))),
    plugin.files.map(({ path, sha256 }) =>
      pair('File', [code(path), markup` <span class="digest">SHA-256 ${code(sha256)}</span>`]),
    ),
    pair('Handshake', handshake === undefined ? 'none seen' : code(handshake)),
    pair('Services', words(services)),
    pair('Capabilities', words(capabilities)),
    pair('Profile', [prose(profile.name), markup` <span class="digest">digest ${code(profile.digest)}</span>`]),
    pair('Started', [startTime(startedAt), `, took ${duration(durationMs)}, seed ${seed}`]),
    pair('Environment', prose(`${environment.os} ${environment.arch}, Node ${environment.node}`)),
    pair('Tool', [
      prose(`Plugfest ${tool.version}`),
      markup` <span class="digest">requirements ${code(tool.requirements)}</span>`,
    ]),
  ];
}

/** What was observed of the plugin, and what judged it. */
export const aboutSection = (view: View): Markup => markup`
  <section class="sec aux">${heading(view, 0, 'About this run')}<dl class="about">${facts(view.report)}</dl></section>`;
