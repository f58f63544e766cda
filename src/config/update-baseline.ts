/**
 * `plugfest baseline update`: brings a baseline file up to date with a run. People own the file: what stays keeps its
 * reason, comments, order and formatting to the byte, so entries are cut from and added to the source tokens and the
 * file is never written anew from its data, except where nothing is left to preserve.
 */
import { CST, type Document, isSeq, Parser, parseDocument, stringify, YAMLSeq } from 'yaml';
import { counts, type ReportedOutcome } from '../report/report.ts';
import { type BaselineEntry, type BaselineRun, concerns, covers, parseBaseline, worthOf } from './baseline.ts';
import { parseData } from './data-file.ts';

const todo = 'TODO: say why this is known';

const header = `# yaml-language-server: $schema=./node_modules/plugfest/schemas/baseline.v1.json
# Failures that are known: they are reported, but do not count against the verdict.
# Each needs a reason, and may have an end (until: YYYY-MM-DD), a link and the plugin it is for.
`;

export interface UpdateOptions extends BaselineRun {
  /** The file's path, for messages. */
  readonly path: string;
  /** Whether failed SHOULDs count and so are listed as well. */
  readonly strict: boolean;
}

interface Changes {
  /** By index: whether the entry stays. */
  readonly kept: readonly boolean[];
  readonly added: readonly BaselineEntry[];
}

function changesFor(entries: readonly BaselineEntry[], options: UpdateOptions): Changes {
  const { outcomes, plugin, strict } = options;
  const kept = entries.map((entry) => !concerns(entry, plugin) || worthOf(entry, options).kind !== 'stale');
  const staying = entries.filter((entry, index) => kept[index] && concerns(entry, plugin));
  const isNew = (outcome: ReportedOutcome): boolean =>
    counts({ outcome: outcome.outcome, level: outcome.level }, strict) &&
    !staying.some((entry) => covers(entry, outcome));
  // A list that tells plugins apart is shared by several: what is new for one is not known of the others.
  const isShared = entries.some((entry) => entry.plugin !== undefined);
  const added = outcomes.filter(isNew).map(({ id }) => ({ id, reason: todo, ...(isShared && { plugin }) }));
  return { kept, added };
}

const indented = (entry: BaselineEntry, indent: number): string => {
  const [first = '', ...rest] = stringify(entry, { lineWidth: 0 }).trimEnd().split('\n');
  const pad = ' '.repeat(indent);
  return [`${pad}- ${first}`, ...rest.map((line) => `${pad}  ${line}`), ''].join('\n');
};

interface BlockList {
  readonly list: CST.BlockSequence;
  /** What stands between `known` and the first entry. */
  readonly before: CST.SourceToken[];
}

/** The list, where it is written in block style. */
function blockList({ value: top }: CST.Document): BlockList | undefined {
  if (top?.type === 'block-seq') return { list: top, before: [] };
  if (top?.type !== 'block-map') return undefined;
  const pair = top.items.find(({ key }) => key && 'source' in key && key.source === 'known');
  return pair?.value?.type === 'block-seq' ? { list: pair.value, before: pair.sep ?? [] } : undefined;
}

const isEntry = ({ start }: CST.CollectionItem): boolean => start.some(({ type }) => type === 'seq-item-ind');

/** The first entry takes the comments above it along, and the next one takes its place on the line. */
function cutFirst(before: CST.SourceToken[], next: CST.CollectionItem | undefined): void {
  const lineEnd = before.findIndex(({ type }) => type === 'newline');
  const indent = before.at(-1);
  if (lineEnd !== -1) before.splice(lineEnd + 1, Infinity, ...(indent?.type === 'space' ? [indent] : []));
  while (next?.start[0]?.type === 'newline' || next?.start[0]?.type === 'space') next.start.shift();
}

function cutEntries({ list, before }: BlockList, kept: readonly boolean[]): void {
  let index = -1;
  // What is no entry is a comment at the end of the list.
  list.items = list.items.filter((item) => {
    if (!isEntry(item)) return true;
    index += 1;
    return kept[index] ?? true;
  });
  if (kept[0] === false) cutFirst(before, list.items[0]);
}

/** Cuts and adds entries in the source tokens. `undefined` when the list is not written in block style. */
function edit(text: string, { kept, added }: Changes): string | undefined {
  const tokens = [...new Parser().parse(text)];
  const found = tokens.map((token) => (token.type === 'document' ? blockList(token) : undefined)).find(Boolean);
  if (!found) return undefined;
  cutEntries(found, kept);
  const { list } = found;
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = added
    .map((entry) => indented(entry, list.indent))
    .join('')
    .replaceAll('\n', lineEnd);
  const isOpen = lines !== '' && !CST.stringify(list).endsWith('\n');
  list.items.push({
    start: [{ type: 'space', offset: -1, indent: list.indent, source: `${isOpen ? lineEnd : ''}${lines}` }],
  });
  return tokens.map((token) => CST.stringify(token)).join('');
}

/** For what is not written in block style, and for lists that end up empty: there is little formatting to keep. */
function rewrite(text: string, { kept, added }: Changes): string {
  const document: Document = parseDocument(text);
  const known: unknown = isSeq(document.contents) ? document.contents : document.get('known');
  const list = isSeq(known) ? known : new YAMLSeq();
  const stay = list.items.filter((_, index) => kept[index] ?? true);
  list.items = [...stay, ...added.map((entry) => document.createNode(entry))];
  if (stay.length === 0) list.flow = added.length === 0;
  if (list !== document.contents) document.set('known', list);
  return document.toString({ lineWidth: 0 });
}

function rewriteJson(value: unknown, { kept, added }: Changes): string {
  const change = (list: unknown): readonly unknown[] => [
    ...(Array.isArray(list) ? list.filter((_, index) => kept[index] ?? true) : []),
    ...added,
  ];
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  const data = isMap ? { ...value, known: change('known' in value ? value.known : []) } : change(value);
  return `${JSON.stringify(data, null, 2)}\n`;
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * The text of a baseline file after a run: entries that excuse nothing any more are gone, new failures are at the end.
 * What the run could not judge stays, and so do entries past their day: only people set another one.
 * @param text what the file holds; empty for a file that is still to be written
 * @throws UsageError when the text is no baseline
 */
export async function updateBaseline(text: string, options: UpdateOptions): Promise<string> {
  const file = await parseData(options.path, text, 'baseline');
  const changes = changesFor(parseBaseline(file).entries, options);
  if (text.trim() === '') return header + rewrite('', changes);
  if (changes.added.length === 0 && changes.kept.every(Boolean)) return text;
  if (isJson(text)) return rewriteJson(file.value, changes);
  return (changes.kept.some(Boolean) ? edit(text, changes) : undefined) ?? rewrite(text, changes);
}
