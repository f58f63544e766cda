/** Turns a failed schema into what a person needs: where, what was expected, and how the line would be right. */
import type * as v from 'valibot';
import { nearest } from './nearest.ts';

export interface SchemaFault {
  /** The way to the faulty value, from the top. */
  readonly keys: readonly PropertyKey[];
  readonly sentence: string;
  /** The line as it was probably meant, where that is clear. */
  correct(line: string | undefined): string | undefined;
}

type Issue = v.BaseIssue<unknown>;

const keysOf = (issue: Issue): readonly PropertyKey[] => issue.path?.map((item) => item.key as PropertyKey) ?? [];

/** `calls[2].method` */
export const pathName = (keys: readonly PropertyKey[]): string =>
  keys.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, '');

/** Of a union's branches, the one that got furthest into the value says most. */
function deepest(issue: Issue, above: readonly PropertyKey[] = []): { issue: Issue; keys: readonly PropertyKey[] } {
  const keys = [...above, ...keysOf(issue)];
  let best: { issue: Issue; keys: readonly PropertyKey[] } = { issue, keys };
  for (const branch of issue.type === 'union' ? (issue.issues ?? []) : []) {
    const found = deepest(branch, keys);
    if (found.keys.length > best.keys.length) best = found;
  }
  return best;
}

interface SchemaParts {
  readonly type?: string;
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly options?: readonly unknown[];
  readonly wrapped?: unknown;
  readonly item?: unknown;
  readonly value?: unknown;
}

const partsOf = (schema: unknown): SchemaParts => (typeof schema === 'object' && schema !== null ? schema : {});

/** The schemas that apply at a path: several where a union leaves a choice. */
function schemasAt(schema: unknown, keys: readonly PropertyKey[]): readonly SchemaParts[] {
  const parts = partsOf(schema);
  if (parts.wrapped !== undefined) return schemasAt(parts.wrapped, keys);
  if (parts.type === 'union') return (parts.options ?? []).flatMap((option) => schemasAt(option, keys));
  const [key, ...rest] = keys;
  if (key === undefined) return [parts];
  const inner = parts.entries?.[String(key)] ?? (parts.type === 'record' ? parts.value : parts.item);
  return inner === undefined ? [] : schemasAt(inner, rest);
}

/** The keys that could stand beside the last one of a path. */
const knownKeys = (schema: unknown, keys: readonly PropertyKey[]): readonly string[] => [
  ...new Set(schemasAt(schema, keys.slice(0, -1)).flatMap((parts) => Object.keys(parts.entries ?? {}))),
];

const scalarTypes = ['string', 'number', 'picklist', 'literal'];

/** Whether a schema is a list of words or numbers. */
const isScalarList = (parts: SchemaParts): boolean =>
  parts.type === 'array' && schemasAt(parts.item, []).every((item) => scalarTypes.includes(item.type ?? ''));

const scalar = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function correction(issue: Issue, keys: readonly PropertyKey[], schema: unknown, line: string | undefined) {
  const key = String(keys.at(-1) ?? '');
  if (issue.expected === 'never') {
    const meant = nearest(key, knownKeys(schema, keys));
    return meant === undefined ? undefined : (line?.replace(key, meant) ?? meant);
  }
  const schemas = schemasAt(schema, keys);
  const options = schemas.flatMap((parts) => (parts.options ?? []).filter((option) => typeof option === 'string'));
  if (options.length > 0) {
    const spoken: Readonly<Record<string, string>> = { true: 'auto', false: 'none' };
    const meant = nearest(spoken[scalar(issue.input)] ?? scalar(issue.input), options);
    if (meant !== undefined) return `${key}: ${meant}`;
  }
  const isScalar = typeof issue.input === 'string' || typeof issue.input === 'number';
  if (isScalar && key !== '' && schemas.some(isScalarList)) return `${key}: [${scalar(issue.input)}]`;
  const glued = typeof issue.input === 'string' ? /^([A-Za-z]+):(\S.*)$/.exec(issue.input) : null;
  return glued && issue.expected === 'Object' ? `${glued[1]}: ${glued[2]}` : undefined;
}

function sentence(issue: Issue, keys: readonly PropertyKey[], schema: unknown): string {
  if (issue.expected === 'never') {
    return `there is no such key; the keys are ${knownKeys(schema, keys).join(', ')}`;
  }
  if (issue.received === 'undefined') return 'missing';
  if (issue.expected === null) return issue.message;
  return issue.message.startsWith('Invalid ') ? `expected ${issue.expected}, got ${issue.received}` : issue.message;
}

/** A key that is nearly another one explains why that one is missing. */
const isMisspelt = ({ issue, keys }: ReturnType<typeof deepest>, schema: v.GenericSchema): boolean =>
  issue.expected === 'never' && nearest(String(keys.at(-1)), knownKeys(schema, keys)) !== undefined;

/** Describes what is wrong in a failed parse: its first issue, or a misspelt key. */
export function describeFault(issues: readonly [Issue, ...Issue[]], schema: v.GenericSchema): SchemaFault {
  const { issue, keys } =
    issues.map((each) => deepest(each)).find((each) => isMisspelt(each, schema)) ?? deepest(issues[0]);
  return {
    keys,
    sentence: sentence(issue, keys, schema),
    correct: (line) => correction(issue, keys, schema, line),
  };
}
