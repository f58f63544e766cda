/** How a run was narrowed, in the words of the command line. */
import type { Report } from './report.ts';

/** `--only HS --smoke`; empty for a run of everything. */
export const scopeWords = ({ only, skip, level, smoke }: Report['scope']): string =>
  [
    ...(only ? [`--only ${only.join(',')}`] : []),
    ...(skip ? [`--skip ${skip.join(',')}`] : []),
    ...(level ? [`--level ${level}`] : []),
    ...(smoke ? ['--smoke'] : []),
  ].join(' ');
