/** Contrast by WCAG 2.2, AA: text 4.5 to 1, the edges of controls 3 to 1. */
import { describe, expect, test } from 'vitest';
import { dark, light, type Palette } from './html-tokens.ts';

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [lower = 0, higher = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (higher + 0.05) / (lower + 0.05);
}

const grounds = ['paper', 'well', 'raised'] as const;
const texts = ['ink', 'dim', 'link', 'passed', 'failed', 'warned', 'known', 'skipped', 'blocked', 'errored'] as const;

const pairs: readonly (readonly [least: number, front: keyof Palette, ground: keyof Palette])[] = [
  ...grounds.flatMap((ground) => texts.map((text) => [4.5, text, ground] as const)),
  ...texts.map((text) => [4.5, text, 'mark'] as const),
  ...grounds.map((ground) => [3, 'edge', ground] as const),
];

describe.each([
  ['light', light],
  ['dark', dark],
])('%s', (_, palette: Palette) => {
  test('every pair of colours that meets on the page has contrast enough', () => {
    const faint = pairs.filter(([least, front, ground]) => contrast(palette[front], palette[ground]) < least);
    expect(faint.map(([, front, ground]) => [front, ground, contrast(palette[front], palette[ground])])).toEqual([]);
  });
});
