/**
 * Reads a YAML, JSON or module file and parses it through a schema. A fault is told with the file, the line, the path
 * inside, what was expected, and the corrected line where the intent is clear.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { describeFault, pathName } from './schema-fault.ts';
import { UsageError } from './usage-error.ts';

export interface DataFile {
  readonly path: string;
  readonly value: unknown;
  /** The line on which the value at a path of keys begins, with its text; only for YAML and JSON. */
  locate(keys: readonly PropertyKey[]): { readonly line: number; readonly text: string } | undefined;
}

/** Reads a data file: `.yaml`, `.yml` and `.json` as data, `.mjs`, `.js` and `.cjs` as a module's default export. */
export async function readDataFile(path: string, what: string): Promise<DataFile> {
  if (/\.[cm]?js$/.test(path)) return readModule(path, what);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read the ${what} ${path}: ${(cause as NodeJS.ErrnoException).code ?? cause}`, {
      cause,
    });
  }
  return parseData(path, text, what);
}

async function readModule(path: string, what: string): Promise<DataFile> {
  try {
    const module: unknown = await import(pathToFileURL(resolve(path)).href);
    const value = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
    return { path, value, locate: () => undefined };
  } catch (cause) {
    throw new UsageError(`cannot load the ${what} ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Parses YAML or JSON text. @throws UsageError with the place of the first syntax error */
export async function parseData(path: string, text: string, what: string): Promise<DataFile> {
  const { LineCounter, parseDocument } = await import('./yaml-library.ts');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true });
  const lines = text.split('\n');
  const fault = document.errors[0];
  if (fault) {
    const line = fault.linePos?.[0].line ?? 1;
    throw new UsageError(
      `the ${what} is not valid YAML or JSON\n${frame(path, line, lines[line - 1])}\n${firstLine(fault.message)}`,
    );
  }
  return {
    path,
    value: document.toJS({ maxAliasCount: 50 }),
    locate: (keys) => {
      for (let depth = keys.length; depth > 0; depth -= 1) {
        const node = document.getIn(keys.slice(0, depth), true);
        const range =
          typeof node === 'object' && node !== null && 'range' in node ? (node.range as [number]) : undefined;
        if (!range) continue;
        const { line } = lineCounter.linePos(range[0]);
        return { line, text: lines[line - 1] ?? '' };
      }
      return undefined;
    },
  };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

const frame = (path: string, line: number, text: string | undefined): string =>
  `  ${path}:${line}: ${(text ?? '').trim()}`;

/** Parses what a data file holds. @throws UsageError that names path, expected shape and the corrected line */
export function parseDataFile<S extends v.GenericSchema>(file: DataFile, schema: S, what: string): v.InferOutput<S> {
  const result = v.safeParse(schema, file.value);
  if (result.success) return result.output;
  const fault = describeFault(result.issues, schema);
  const place = file.locate(fault.keys);
  const at = fault.keys.length === 0 ? `the ${what}` : `\`${pathName(fault.keys)}\` in the ${what}`;
  const where = place ? frame(file.path, place.line, place.text) : `  ${file.path}`;
  const corrected = fault.correct(place?.text.trim());
  throw new UsageError(`${at}: ${fault.sentence}\n${where}`, {
    hint: corrected === undefined ? undefined : `did you mean \`${corrected}\`?`,
  });
}
