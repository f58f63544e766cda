/**
 * What a Markdown page claims, read from comments before its code blocks, so that a test can hold the page to it:
 *
 *     <!-- run plugin=good exit=0 -->   the block's lines are commands; each ends with this code, in one directory
 *     <!-- run … with=--smoke -->       run with this option as well, because the whole was run elsewhere on the page
 *     <!-- run-yaml … -->               the same for the lines of a CI file that call npx
 *     <!-- shows -->                    the last command printed these lines, in this order
 *     <!-- file NAME -->                the block is a file that later commands use
 */

/** One block that claims something. */
export interface MarkedBlock {
  readonly kind: 'run' | 'shows' | 'file';
  /** What stands in the comment after the kind: words, and `key=value`. */
  readonly words: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
  /** Where the block begins, counted from 1. */
  readonly line: number;
}

const marked = /<!-- (?<kind>run-yaml|run|shows|file)(?<rest>[^>]*) -->\n\n```\w*\n(?<body>.*?)\n```\n/gs;

const npxOf = (line: string): readonly string[] => /^\s*- (?:run: )?(npx .*)$/.exec(line)?.slice(1) ?? [];

/** The blocks of a page, in order. @throws Error for a comment that is followed by no block */
export function markedBlocks(page: string): readonly MarkedBlock[] {
  const blocks = [...page.matchAll(marked)].map(({ groups = {}, index }): MarkedBlock => {
    const { kind = '', rest = '', body = '' } = groups;
    const words = rest.split(' ').filter((word) => word !== '');
    const pairs = words.flatMap((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [] : [[word.slice(0, at), word.slice(at + 1)] as const];
    });
    const lines = body.split('\n');
    return {
      kind: kind === 'run-yaml' ? 'run' : (kind as MarkedBlock['kind']),
      words: words.filter((word) => !word.includes('=')),
      settings: Object.fromEntries(pairs),
      lines: kind === 'run-yaml' ? lines.flatMap(npxOf) : lines,
      line: page.slice(0, index).split('\n').length + 2,
    };
  });
  const comments = page.match(/^<!-- .* -->$/gm)?.length ?? 0;
  if (comments !== blocks.length) throw new Error(`${comments} comments, but ${blocks.length} blocks that follow one`);
  return blocks;
}
