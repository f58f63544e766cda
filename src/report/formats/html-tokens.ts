/**
 * Design tokens of the page: two palettes of the same names, and the type. A test computes the contrast of every pair
 * that meets on the page; whoever changes a colour learns there what it must stand on.
 */

/** Colours by name. */
export type Palette = Readonly<Record<keyof typeof light, string>>;

export const light = {
  paper: '#fcfcfa',
  well: '#f3f4f0',
  raised: '#ffffff',
  line: '#dfe2da',
  edge: '#858b80',
  ink: '#1b1f1a',
  dim: '#5a6156',
  link: '#0a5c6b',
  mark: '#fff3bf',
  passed: '#1f7342',
  failed: '#b3261e',
  warned: '#8a5600',
  known: '#6a4c9c',
  skipped: '#5f6660',
  blocked: '#3f5a7d',
  errored: '#9a2a6c',
} as const;

export const dark: Palette = {
  paper: '#131614',
  well: '#1b1f1c',
  raised: '#20251f',
  line: '#323831',
  edge: '#7c8479',
  ink: '#e6e9e3',
  dim: '#a1a99d',
  link: '#74c7d6',
  mark: '#423810',
  passed: '#74c893',
  failed: '#ff8f85',
  warned: '#e5b04c',
  known: '#bda7ec',
  skipped: '#a1a99d',
  blocked: '#9fb8dc',
  errored: '#f095c4',
};

/** Shapes of the marks, each different without its colour. */
const shapes = {
  check: 'polygon(6% 54%,20% 40%,39% 59%,80% 15%,94% 29%,39% 87%)',
  cross: 'polygon(20% 6%,50% 36%,80% 6%,94% 20%,64% 50%,94% 80%,80% 94%,50% 64%,20% 94%,6% 80%,36% 50%,6% 20%)',
  warning:
    'polygon(evenodd,50% 4%,100% 94%,0 94%,50% 4%,43% 36%,57% 36%,55% 64%,45% 64%,43% 36%,44% 71%,56% 71%,56% 83%,44% 83%,44% 71%,43% 36%,50% 4%)',
  flag: 'polygon(14% 0,30% 0,30% 8%,94% 8%,76% 32%,94% 58%,30% 58%,30% 100%,14% 100%)',
  dash: 'polygon(8% 41%,92% 41%,92% 59%,8% 59%)',
  barred: 'polygon(evenodd,6% 6%,94% 6%,94% 94%,6% 94%,6% 6%,22% 40%,22% 60%,78% 60%,78% 40%,22% 40%,6% 6%)',
  bolt: 'polygon(60% 0,14% 58%,46% 58%,36% 100%,88% 38%,54% 38%)',
  glass: 'polygon(10% 2%,90% 2%,90% 16%,60% 50%,90% 84%,90% 98%,10% 98%,10% 84%,40% 50%,10% 16%)',
  letter: 'polygon(38% 4%,62% 4%,62% 26%,38% 26%,38% 38%,62% 38%,62% 96%,38% 96%)',
} as const;

const tones: readonly (readonly [selector: string, colour: keyof typeof light, shape: keyof typeof shapes])[] = [
  ['[data-s=passed],[data-v=conformant]', 'passed', 'check'],
  ['[data-s=failed],[data-v=nonconformant],[data-d=error]', 'failed', 'cross'],
  ['[data-s=warned],[data-d=warning]', 'warned', 'warning'],
  ['[data-s=known]', 'known', 'flag'],
  ['[data-s=skipped]', 'skipped', 'dash'],
  ['[data-s=blocked]', 'blocked', 'barred'],
  ['[data-s=errored]', 'errored', 'bolt'],
  ['[data-v=incomplete]', 'warned', 'glass'],
  ['[data-d=note]', 'link', 'letter'],
];

const declared = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, value]) => `--${name}:${value};`)
    .join('');

/** The tokens as style: light, then dark by preference or by choice, on screens only; paper stays paper. */
export const tokens = `
:root{
color-scheme:light;
${declared(light)}
--sans:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",SFMono-Regular,"Cascadia Mono",Menlo,Consolas,"Liberation Mono",monospace;
--rail:9.5rem;
}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${declared(dark)}}}
@media screen{:root[data-theme=dark]{color-scheme:dark;${declared(dark)}}}
${tones.map(([selector, colour, shape]) => `${selector}{--tone:var(--${colour});--shape:${shapes[shape]}}`).join('\n')}
`;
