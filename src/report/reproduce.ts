/** The command that runs one requirement again, as a line for people and as words for programs. */

import type { CheckOptions } from '../config/options.ts';
import type { Profile } from '../config/profile.ts';
import type { Reproduce } from './report.ts';

const isPlain = /^[\w@%+=:,./-]+$/;

/** A word as a POSIX shell needs it. */
export const shellWord = (word: string): string =>
  word !== '' && isPlain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What was asked for, as the command line says it. */
const askedFor = ({ only, skip, level }: CheckOptions): readonly string[] => [
  ...(only ? ['--only', only.join(',')] : []),
  ...(skip ? ['--skip', skip.join(',')] : []),
  ...(level === undefined ? [] : ['--level', level]),
];

/**
 * Builds the command for one requirement, or for everything that was asked for when `only` is left out. Values given
 * with --env are not repeated: a report may travel.
 */
export function reproduceCommand(
  options: CheckOptions,
  system: string,
  profile: Profile,
  only: string | undefined,
): Reproduce {
  const words = ['check', ...(only === undefined ? askedFor(options) : ['--only', only]), '--system', system];
  const add = (flag: string, value: string | undefined): void => {
    if (value !== undefined) words.push(flag, value);
  };
  if (typeof options.profile === 'string') add('--profile', options.profile);
  if (profile.cookie) add('--cookie', `${profile.cookie.key}=${profile.cookie.value}`);
  for (const { version } of profile.versions) add('--protocol-version', String(version));
  for (const [key, value] of Object.entries(options.options ?? {})) add(`--${kebab(key)}`, value);
  add('--tls', options.tls);
  add('--checksum', options.checksum);
  add('--cwd', options.cwd);
  for (const name of Object.keys(options.env ?? {})) add('--env', `${name}=…`);
  if (options.timeout !== undefined) add('--timeout', String(options.timeout));
  if (options.soak) words.push('--soak');
  if (options.command.length > 0) words.push('--', ...options.command);
  return { text: ['npx', 'plugfest', ...words].map(shellWord).join(' '), argv: ['plugfest', ...words] };
}
