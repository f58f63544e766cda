/** The licences of everything that is bundled into dist/: their texts must travel with the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folderOf = (input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];

/** The comment a source file begins with, where it speaks of rights. */
function headerOf(file) {
  const [comment = ''] = /^(?:\/\/.*\n)+/.exec(readFileSync(file, 'utf8')) ?? [];
  return /copyright/i.test(comment) ? [comment.replace(/^\/\/ ?/gm, '').trim()] : [];
}

/** The texts of a package: its own files, or what its sources say where it ships none. */
function textsOf(folder, sources) {
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|notice|copying)(?:[.-]|$)/i.test(file));
  if (files.length > 0) return files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [...new Set(sources.flatMap(headerOf))];
}

/** One package: its name, version, licence and the texts of it. @throws Error when there is no text */
function noticeOf([folder, sources]) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = textsOf(folder, sources);
  if (texts.length === 0 || !license) throw new Error(`${name} is bundled, and has no licence text to pass on`);
  const text = texts.join('\n\n');
  const isNamedOnly = license.includes('Apache-2.0') && !text.includes('TERMS AND CONDITIONS');
  const elsewhere = isNamedOnly ? '\n\nThe Apache License 2.0 stands in the file LICENSE of this package.' : '';
  return `${name} ${version}\nLicence: ${license}\n\n${text}${elsewhere}\n`;
}

/** The text of dist/THIRD-PARTY-NOTICES.txt, from what esbuild says of a build. @throws Error for a missing licence */
export function thirdPartyNotices({ outputs }) {
  const byFolder = new Map();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = folderOf(path);
      if (folder !== undefined && bytesInOutput > 0) byFolder.set(folder, [...(byFolder.get(folder) ?? []), path]);
    }
  }
  const notices = [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1)).map(noticeOf);
  return ['Plugfest holds code of these packages, each under its own licence.\n', ...notices].join(
    `\n${'-'.repeat(80)}\n\n`,
  );
}
