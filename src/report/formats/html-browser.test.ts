/**
 * The page in a real browser: Chromium through playwright-core. Skipped where there is none, with a line that says so,
 * unless PLUGFEST_REQUIRE names `chromium`. PLUGFEST_CHROMIUM is the path of another one.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Report, RunReport } from '../report.ts';
import { hostileReport } from './hostile-report.ts';
import { html } from './html.ts';
import { conformantReport, interruptedReport, nonconformantReport, sampleRun } from './sample-report.ts';

const executablePath = process.env['PLUGFEST_CHROMIUM'] ?? '/usr/bin/chromium';
const isRequired = (process.env['PLUGFEST_REQUIRE'] ?? '').split(',').includes('chromium');
const canRun = isRequired || existsSync(executablePath);
if (!canRun) {
  process.stderr.write(`HTML in a browser: skipped, there is no ${executablePath} (PLUGFEST_CHROMIUM names another)\n`);
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let folder: string;
let browser: BrowserContext;

/** What a page must not do: talk, ask, load, complain. */
interface Opened {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  readonly dialogs: readonly string[];
}

let pages = 0;

async function openText(text: string, hash = ''): Promise<Opened> {
  pages += 1;
  const file = join(folder, `page-${pages}.html`);
  writeFileSync(file, text);
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const requests: string[] = [];
  const complaints: string[] = [];
  const dialogs: string[] = [];
  page.on('request', (request) => requests.push(request.url().replace(pathToFileURL(file).href, 'the page')));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(`${pathToFileURL(file).href}${hash}`, { waitUntil: 'load' });
  return { page, requests, complaints, dialogs };
}

const open = (report: Report | RunReport, hash?: string): Promise<Opened> => openText(html.render(report), hash);

const openAll = (page: Page): Promise<void> =>
  page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);

const shownIds = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`[...document.querySelectorAll('.req')].filter((one) => one.checkVisibility()).map(({ id }) => id)`);

const focused = (page: Page): Promise<string> =>
  page.evaluate(`document.activeElement.id || document.activeElement.parentElement.id`);

/** Words that try every way out at once. */
const attack = (server: string): string =>
  [
    `"'></code></td></table></details></script></style><script>marker=1;alert(1)</script>`,
    `<img src=${server}/img onerror=marker=1><iframe src=${server}/frame></iframe><svg onload=marker=1><style>@import "${server}/css"</style>`,
    `<link rel=stylesheet href=${server}/link><meta http-equiv=refresh content="0;${server}/meta">`,
    `<a href="javascript:marker=1" autofocus onfocus=marker=1>a</a> <!--`,
    `\`</code><base href=${server}/>\` \u001b[2J \u202e \ud800 &lt;script&gt; {{marker=1}} \${marker=1} \\u003cscript>`,
  ].join('\n');

/** A real server that counts who asks. */
async function countingServer(): Promise<{ readonly address: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe.skipIf(!canRun)('the page in a browser', () => {
  beforeAll(async () => {
    folder = mkdtempSync('/tmp/ph-');
    browser = await chromium.launchPersistentContext(join(folder, 'user'), {
      executablePath,
      headless: true,
      args: flags,
    });
  });
  afterAll(async () => {
    await browser?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('a hostile plugin runs nothing, asks for nothing and says nothing', async () => {
    const { address, asked } = await countingServer();
    const { page, requests, complaints, dialogs } = await open(sampleRun([hostileReport(attack(address))]));
    await openAll(page);
    await page.evaluate(`for (const one of document.querySelectorAll('.pins > i, summary, button')) one.click()`);
    expect(await page.evaluate('typeof marker')).toBe('undefined');
    expect({ requests, complaints, dialogs, asked }).toEqual({
      requests: ['the page'],
      complaints: [],
      dialogs: [],
      asked: [],
    });
    expect(await page.locator('img, iframe, link, base, svg:not(.coverage svg), a[href^="javascript"]').count()).toBe(
      0,
    );
  });

  /** A page with the attack as markup. A refresh is left out: it is a navigation, which no policy in a page forbids. */
  const slipped = (server: string): string =>
    html
      .render(nonconformantReport())
      .replace('<main>', () => `<main>${attack(server)}-->`)
      .replace(/<meta http-equiv=refresh[^>]*>/, '');

  test('markup that slipped in could not act either', async () => {
    const { address, asked } = await countingServer();
    const { page, dialogs } = await openText(slipped(address));
    expect(await page.evaluate('typeof marker')).toBe('undefined');
    expect({ dialogs, asked }).toEqual({ dialogs: [], asked: [] });
  });

  test('without the policy it would: the attack is a real one', async () => {
    const { address, asked } = await countingServer();
    const { page, dialogs } = await openText(slipped(address).replace(/<meta http-equiv="Content[^>]*>/, ''));
    expect(await page.evaluate('typeof marker')).toBe('number');
    expect(dialogs).toEqual(['1']);
    expect([...asked].sort()).toEqual(['/css', '/frame', '/img', '/link']);
  });

  test('everything can be found by keyboard alone', async () => {
    const { page, complaints } = await open(nonconformantReport());
    expect((await shownIds(page)).length).toBe(7);
    await page.keyboard.press('/');
    expect(await focused(page)).toBe('words');
    await page.keyboard.type('socket file');
    expect(await shownIds(page)).toEqual(['GRPC-SD-004']);
    expect(await page.locator('#shown').textContent()).toBe('1 of 7 shown');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe('GRPC-SD-004');
    await page.keyboard.press('Enter');
    expect(await page.locator('#GRPC-SD-004 dl').isVisible()).toBe(true);
    expect(page.url()).toMatch(/#GRPC-SD-004$/);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Escape');
    expect((await shownIds(page)).length).toBe(7);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).toBe('GRPC-HS-002');
    expect(complaints).toEqual([]);
  });

  test('outcome, level and area narrow what is shown, together', async () => {
    const { page } = await open(nonconformantReport());
    const press = async (selector: string): Promise<void> => {
      await page.locator(selector).focus();
      await page.keyboard.press('Space');
    };
    await press('[name=s][value=failed]');
    await press('[name=s][value=warned]');
    expect(await shownIds(page)).toEqual(['GRPC-HS-001', 'GRPC-SD-004']);
    await press('[name=l][value=SHOULD]');
    expect(await shownIds(page)).toEqual(['GRPC-SD-004']);
    await page.locator('#area').selectOption('HS');
    expect(await shownIds(page)).toEqual([]);
    expect(await page.locator('#nothing').isVisible()).toBe(true);
    await page.locator('.clear').press('Enter');
    expect((await shownIds(page)).length).toBe(7);
    expect(await focused(page)).toBe('words');
  });

  test('the filter of a run opens the reports in which it finds something, and folds them again', async () => {
    const { page } = await open(sampleRun([conformantReport(), nonconformantReport(), interruptedReport()]));
    expect(await shownIds(page)).toEqual([]);
    await page.locator('#words').fill('late dial');
    expect(await shownIds(page)).toEqual(['kv~2/GRPC-BR-003']);
    expect(await page.locator('.rep:visible').count()).toBe(1);
    await page.locator('[type=reset]').press('Enter');
    expect(await focused(page)).toBe('words');
    await expect.poll(() => shownIds(page)).toEqual([]);
    expect(await page.locator('.rep:visible').count()).toBe(3);
  });

  test('a link to a requirement opens it, whatever is folded or filtered away', async () => {
    const { page } = await open(sampleRun([conformantReport(), nonconformantReport()]), '#kv~2/GRPC-SD-004');
    expect(await page.locator('[id="kv~2/GRPC-SD-004"] dl').isVisible()).toBe(true);
    await page.locator('[name=s][value=passed]').check();
    await page.evaluate(`location.hash = 'kv~2/GRPC-HL-001'`);
    await expect.poll(() => page.locator('[id="kv~2/GRPC-HL-001"] dl').isVisible()).toBe(true);
    expect(await page.locator('[name=s]:checked').count()).toBe(0);
    await page.locator('[id="kv~2/GRPC-HL-001"] a').click();
    await expect.poll(() => focused(page)).toBe('kv~2/GRPC-HS-001');
  });

  test('the command can be copied', async () => {
    const { page } = await open(nonconformantReport());
    await browser.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('[id="GRPC-HS-001"] .copy').click();
    await expect.poll(() => page.locator('#said').textContent()).toBe('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      'npx plugfest check --only GRPC-HS-001 --system hashicorp-grpc -- ./kv serve',
    );
  });

  test.each([
    ['conformant', conformantReport()],
    ['nonconformant', nonconformantReport()],
    ['interrupted', interruptedReport()],
    ['of a run', sampleRun([conformantReport(), nonconformantReport()])],
    ['hostile', sampleRun([hostileReport(`${'x'.repeat(400)} <b> ${'word '.repeat(60)}`)])],
  ])('a page %s fits a phone and a desk, with everything open', async (_, report) => {
    const { page } = await open(report);
    await page.setViewportSize({ width: 390, height: 844 });
    await openAll(page);
    const [content, window] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, innerWidth]');
    expect(content).toBe(window);
    await page.setViewportSize({ width: 320, height: 600 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1280);
  });

  /** Every text that is shown with too little contrast against the ground it stands on. */
  const faint = `
    const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
    const light = (colour) => {
      const [r, g, b] = numbers(colour).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (one) => {
      for (let at = one; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (numbers(colour)[3] !== 0) return colour;
      }
      return 'rgb(255,255,255)';
    };
    const found = [];
    let seen = 0;
    for (const one of document.querySelectorAll('body *')) {
      const hasText = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
      if (!hasText || !one.checkVisibility() || one.closest('script')) continue;
      seen += 1;
      const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
      if ((a + 0.05) / (b + 0.05) < 4.5) found.push(one.outerHTML.slice(0, 80));
    }
    ({ found, isRead: seen > 100 });
  `;

  test.each(['light', 'dark'] as const)(
    'every text has contrast enough in %s, and the theme can be turned',
    async (scheme) => {
      const { page } = await open(nonconformantReport());
      await page.emulateMedia({ colorScheme: scheme });
      await openAll(page);
      const isDark = (): Promise<boolean> =>
        page.evaluate(`getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128`);
      expect(await isDark()).toBe(scheme === 'dark');
      expect(await page.evaluate(faint)).toEqual({ found: [], isRead: true });
      const theme = page.locator('#theme');
      await theme.click();
      expect([await theme.textContent(), await isDark()]).toEqual(['Theme: light', false]);
      await theme.click();
      expect([await theme.textContent(), await isDark()]).toEqual(['Theme: dark', true]);
      expect(await page.evaluate(faint)).toEqual({ found: [], isRead: true });
    },
  );

  test('paper shows what matters open, in the light, and leaves the screen as it was', async () => {
    const { page } = await open(sampleRun([conformantReport(), nonconformantReport()]));
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const isShown = (id: string): Promise<boolean> => page.locator(`[id="${id}"] dl`).isVisible();
    expect(await isShown('kv~2/GRPC-SD-004')).toBe(true);
    expect(await isShown('kv/GRPC-HS-001')).toBe(false);
    expect(await page.locator('#words').isVisible()).toBe(false);
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(27, 31, 26)');
    const isOpen = (): Promise<number> => page.evaluate(`document.querySelectorAll('details[open]').length`);
    const before = await isOpen();
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await isOpen()).toBeGreaterThan(before);
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(await isOpen()).toBe(before);
  });

  test('without its script everything can be read, and nothing is offered that would not work', async () => {
    const { page } = await openText(html.render(nonconformantReport()).replace(/<script>[\s\S]*<\/script>/, ''));
    expect(await page.locator('button:visible, input:visible, select:visible').count()).toBe(0);
    await page.locator('[id="GRPC-SD-004"] > summary').click();
    expect(await page.locator('[id="GRPC-SD-004"] dl').isVisible()).toBe(true);
    await page.locator('.cards a').first().click();
    expect(page.url()).toMatch(/#GRPC-HS-001$/);
  });
});
