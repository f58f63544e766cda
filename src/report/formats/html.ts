/**
 * HTML for people: one file that needs nothing else and asks for nothing. Its policy lets run and style only the two
 * blocks it carries, by their digests, and load nothing at all, so that even markup that slipped in could not act.
 * Without its script everything can be read; the script adds the filter, the keyboard and the copy buttons.
 */
import { createHash } from 'node:crypto';
import type { Format } from '../format.ts';
import type { Report, RunReport } from '../report.ts';
import { aboutSection, launchSection } from './html-about.ts';
import { causeSections, warningSection } from './html-diagnosis.ts';
import { type Markup, markup } from './html-markup.ts';
import { filterBar, requirementSection } from './html-requirements.ts';
import { runMain } from './html-run.ts';
import { script } from './html-script.ts';
import { style } from './html-style.ts';
import { plural, prose } from './html-text.ts';
import { overviewSection, verdictDetails } from './html-verdict.ts';
import { anchorNamer, type View, viewOf } from './html-view.ts';

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const policy = [
  "default-src 'none'",
  `style-src ${digest(style)}`,
  `script-src ${digest(script)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const reportMain = (view: View): Markup => markup`
  <header class="verdict" data-v="${view.report.verdict}">
    <h1><span class="mark"></span><bdi>${prose(view.report.plugin.name)}</bdi> is <em>${view.report.verdict}</em></h1>
    ${verdictDetails(view)}
  </header>
  ${causeSections(view)}
  ${overviewSection(view)}
  ${warningSection(view)}
  <div id="results">${requirementSection(view, filterBar([view]))}</div>
  ${launchSection(view)}
  ${aboutSection(view)}`;

interface Page {
  readonly title: string;
  readonly version: string;
  readonly main: Markup;
}

/** The blocks of style and script are not values of the page: they are ours to the last character. */
function document({ title, version, main }: Page): string {
  const head = markup`
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="referrer" content="no-referrer">
    <title>${title}</title>`;
  const body = markup`
    <body id="top">
    <a class="skip" href="#results">Skip to the requirements</a>
    <header class="top"><span><b>Plugfest</b> conformance report</span><button type="button" id="theme" hidden>Theme: auto</button></header>
    <main>${main}</main>
    <footer><p>Written by Plugfest ${version}. The JSON report holds the same and more, for programs.</p></footer>
    <p id="said" class="vh" role="status"></p>`;
  return [
    `<!doctype html>\n<html lang="en">\n<head>${head}`,
    `<style>${style}</style>\n</head>`,
    `${body}`,
    `<script>${script}</script>\n</body>\n</html>\n`,
  ].join('\n');
}

function render(report: Report | RunReport): string {
  const name = anchorNamer();
  const version = report.tool.version;
  if (report.kind === 'run') {
    const views = report.reports.map((one) => viewOf(one, name, true));
    const title = `${plural(report.reports.length, 'plugin')}: ${report.verdict} · Plugfest`;
    return document({ title, version, main: runMain(report, views) });
  }
  const view = viewOf(report, name);
  return document({ title: `${report.plugin.name} is ${report.verdict} · Plugfest`, version, main: reportMain(view) });
}

/** HTML. */
export const html: Format = { name: 'html', title: 'HTML, one page for people that needs no other file', render };
