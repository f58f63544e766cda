/** Globs over requirement ids: `*` for any run of characters, `?` for one; letters count without case. */

const quoteMeta = (text: string): string => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');

/** Turns `GRPC-HS-*` into a pattern for whole ids. */
export const globPattern = (glob: string): RegExp =>
  new RegExp(`^${quoteMeta(glob).replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i');

/** Whether a word is a glob, and not the id of one requirement. */
export const isGlob = (word: string): boolean => /[*?]/.test(word);
