/** What can be said of an answer, whichever probe looks at it. */
import { type Cause, type Failed, failed } from '../../src/run/outcome.ts';
import { firstValue, typeOf } from './json-text.ts';
import { describeBody, describeExchange, type Noted } from './session.ts';

/** The requirement that an answer breaks, and how. */
export interface Finding {
  readonly blames: string;
  readonly outcome: Failed;
}

export const evidenceOf = (made: Noted) => [made.evidence];

/** What is said of an exchange whose answer never became complete. */
export const brokenOff = (made: Noted): Omit<Failed, 'outcome'> => ({
  expected: 'a complete answer',
  observed: `POST ${made.path}: ${describeExchange(made)}`,
  evidence: evidenceOf(made),
  hostSays: hostErrors[made.end] ?? `Post "http://plugin${made.path}": EOF`,
  cause:
    made.end === 'truncated'
      ? {
          class: 'closes-without-answer',
          variant: 'truncated',
          title: `The answer to ${made.path} breaks off in its middle: the host sees \`unexpected EOF\``,
          fix: 'Send as many bytes as Content-Length says, or the last chunk, before you close the connection.',
        }
      : {
          class: 'closes-without-answer',
          ...(made.end === 'malformed' && { variant: 'malformed' }),
          title:
            made.end === 'malformed'
              ? `The answer to ${made.path} is not valid HTTP: hosts 0.1.2 and 0.1.3 crash over it`
              : `The plugin closes the connection without answering ${made.path}, and lives on: hosts 0.1.2 and 0.1.3 crash over it`,
          fix: 'Answer every request, with status 500 and the text of the error where nothing else is left to say.',
        },
});

const hostErrors: Readonly<Record<string, string>> = {
  truncated: 'unexpected EOF',
  malformed: 'net/http: HTTP/1.x transport connection broken: malformed HTTP response',
};

export const redirected = (made: Noted): Omit<Failed, 'outcome'> => ({
  expected: 'an answer, not a redirect',
  observed: `status ${made.status} to ${made.headers['location'] ?? 'nowhere'}`,
  evidence: evidenceOf(made),
  cause: {
    class: 'redirects',
    title: `POST ${made.path} is redirected with ${made.status}: the host follows, and may turn the call into a GET without its parameter`,
    fix: 'Serve the path exactly as it is; switch off redirects for slashes, letter case or https.',
  },
});

const wrongType = (value: unknown): string => `json: cannot unmarshal ${typeOf(value)} into Go value of type string`;

/** What the caller gets to see of an answer that is no success: Go decodes its body into a string. */
export function errorShown({ body, unpackError }: Noted): string {
  if (unpackError !== undefined) return unpackError;
  const read = firstValue(body);
  if (!read.ok) return read.error;
  if (typeof read.value === 'string') return read.value;
  // Go leaves a string as it is, empty, when it decodes null.
  return read.value === null ? '' : wrongType(read.value);
}

/** The answer says that it is compressed, and cannot be unpacked. */
export function notUnpacked(made: Noted, blames: string): Finding | undefined {
  const { unpackError, path, body } = made;
  if (unpackError === undefined) return undefined;
  const isPlain = firstValue(body).ok;
  return {
    blames,
    outcome: failed({
      expected: 'a body in gzip, as Content-Encoding says',
      observed: `Content-Encoding: gzip, and the bytes ${JSON.stringify(body.toString('latin1', 0, 40))}`,
      evidence: evidenceOf(made),
      hostSays: unpackError,
      cause: {
        class: blames === 'TILO-ERR-001' ? 'error-not-json-text' : 'wrong-result',
        variant: 'not-gzip',
        title: isPlain
          ? `The answer to ${path} says \`Content-Encoding: gzip\` over a plain body: the caller gets \`${unpackError}\``
          : `The answer to ${path} cannot be unpacked with gzip: the caller gets \`${unpackError}\``,
        fix: 'Compress the body, or leave the header Content-Encoding away.',
      },
    }),
  };
}

/** What must be true of every failure: a status other than 200, and the message as one JSON text. */
export function judgeFailure(made: Noted, what: string): Finding | undefined {
  // Redirects have a rule of their own (TILO-HTTP-008).
  if (made.status !== undefined && made.status >= 300 && made.status < 400) return undefined;
  if (made.unpackError !== undefined && made.status !== 200) return notUnpacked(made, 'TILO-ERR-001');
  const fail = (observed: string, cause: Cause, hostSays?: string): Finding => ({
    blames: 'TILO-ERR-001',
    outcome: failed({
      expected: `a status other than 200 and a JSON text for ${what}`,
      observed,
      evidence: evidenceOf(made),
      cause,
      ...(hostSays !== undefined && { hostSays }),
    }),
  });
  const observed = `status ${made.status} ${describeBody(made.body)}`;
  if (made.status === 200)
    return fail(observed, {
      class: 'error-as-success',
      title: `For ${what} the plugin answers 200: the host takes the failure for a success`,
      fix: 'Answer with another status: 404 for an unknown path, 422 for a bad body, 500 for an error.',
    });
  const read = firstValue(made.body);
  if (read.ok && typeof read.value === 'string') return undefined;
  const says = errorShown(made);
  return fail(
    observed,
    {
      class: 'error-not-json-text',
      title: `The error for ${what} is ${shapeOf(made)}: the caller sees ${says === '' ? 'an empty message' : `\`${says}\``} instead of the message`,
      fix: 'Write the message as one JSON text: Go json.NewEncoder(w).Encode(err.Error()), Python json.dumps(str(e)), TypeScript JSON.stringify(message).',
    },
    says,
  );
}

function shapeOf({ body }: Noted): string {
  const read = firstValue(body);
  if (read.ok) return `a JSON ${typeOf(read.value)}, not a text`;
  if (body.byteLength === 0) return 'empty';
  return /^\s*</.test(body.toString('latin1', 0, 20)) ? 'HTML' : 'bare text, not JSON';
}
