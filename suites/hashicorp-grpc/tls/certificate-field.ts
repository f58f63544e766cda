/**
 * Field 6 of the handshake: what a host makes of it, and what its author probably did. Kept raw: Node's own base64
 * reader takes padding, the URL alphabet and junk, none of which a Go host takes.
 */
import { X509Certificate } from 'node:crypto';
import { extensionsError } from './go-extensions.ts';
import { isStrictDer } from './strict-der.ts';

/** The longest field 6 that hosts ignore: the field once meant something else. */
export const ignoredCertificateLength = 50;

/** What is wrong with the field, told apart. */
export type FieldFault =
  | 'missing'
  | 'ignored'
  | 'padded'
  | 'url-safe'
  | 'pem-text'
  | 'pem-line'
  | 'hex'
  | 'line-break'
  | 'alphabet'
  | 'truncated'
  | 'chain'
  | 'not-der'
  | 'extension'
  | 'not-a-certificate';

export interface CertificateField {
  readonly fault: FieldFault | undefined;
  /** The certificate that was meant, where it can be told; the host may not read it. */
  readonly der: Buffer | undefined;
  /** The error a Go host shows for the field itself, if it does. */
  readonly hostError: string | undefined;
}

/** Length in bytes of the DER element at the beginning, header included; `undefined` when there is none. */
function derLength(bytes: Buffer): number | undefined {
  if (bytes.byteLength < 2 || bytes[0] !== 0x30) return undefined;
  const first = bytes[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  if (count < 1 || count > 4 || bytes.byteLength < 2 + count) return undefined;
  return 2 + count + bytes.readUIntBE(2, count);
}

const base64Error = (field: string): string => {
  const at = field.search(/[^A-Za-z0-9+/]/);
  return `error parsing server cert: illegal base64 data at input byte ${at === -1 ? field.length - 1 : at}`;
};

const malformed = 'error parsing server cert: x509: malformed certificate';

function isCertificate(der: Buffer): boolean {
  try {
    new X509Certificate(der);
    return true;
  } catch {
    return false;
  }
}

function judgeDer(der: Buffer): CertificateField {
  const length = derLength(der);
  if (length === undefined) {
    const text = der.toString('latin1', 0, 40);
    const isPem = text.includes('-----BEGIN');
    const hostError = malformed;
    return {
      fault: isPem ? 'pem-text' : 'not-a-certificate',
      der: isPem ? fromPem(der.toString('latin1')) : undefined,
      hostError,
    };
  }
  if (length > der.byteLength) return { fault: 'truncated', der: undefined, hostError: malformed };
  if (length < der.byteLength)
    return {
      fault: 'chain',
      der: der.subarray(0, length),
      hostError: 'error parsing server cert: x509: trailing data',
    };
  if (!isCertificate(der)) return { fault: 'not-a-certificate', der: undefined, hostError: malformed };
  if (!isStrictDer(der)) return { fault: 'not-der', der, hostError: malformed };
  const error = extensionsError(der);
  return error === undefined
    ? { fault: undefined, der, hostError: undefined }
    : { fault: 'extension', der, hostError: `error parsing server cert: ${error}` };
}

function fromPem(text: string): Buffer | undefined {
  const body = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  return body === undefined ? undefined : Buffer.from(body, 'base64');
}

/** A certificate that decodes in some lax way, or nothing. */
const lax = (bytes: Buffer): Buffer | undefined => {
  const length = derLength(bytes);
  return length !== undefined && length <= bytes.byteLength ? bytes.subarray(0, length) : undefined;
};

/** Reads the field. `undefined` stands for a line without it. */
export function readCertificateField(printed: string | undefined): CertificateField {
  // Go skips carriage returns wherever they stand.
  const field = printed?.replaceAll('\r', '');
  if (field === undefined || field === '') return { fault: 'missing', der: undefined, hostError: undefined };
  if (/^-----BEGIN/.test(field))
    return {
      fault: 'pem-line',
      der: fromPem(field),
      hostError: field.length > ignoredCertificateLength ? base64Error(field) : undefined,
    };
  if (field.length <= ignoredCertificateLength) return { fault: 'ignored', der: undefined, hostError: undefined };
  if (/^[A-Za-z0-9+/]+$/.test(field)) {
    if (field.length % 4 === 1) return { fault: 'truncated', der: undefined, hostError: base64Error(field) };
    const isHex = /^[0-9a-fA-F]+$/.test(field) && lax(Buffer.from(field, 'hex')) !== undefined;
    if (isHex)
      return {
        fault: 'hex',
        der: lax(Buffer.from(field, 'hex')),
        hostError: malformed,
      };
    return judgeDer(Buffer.from(field, 'base64'));
  }
  const hostError = base64Error(field);
  if (/^[A-Za-z0-9+/]+={1,2}$/.test(field))
    return { fault: 'padded', der: lax(Buffer.from(field, 'base64')), hostError };
  if (/^[A-Za-z0-9_-]+={0,2}$/.test(field))
    return { fault: 'url-safe', der: lax(Buffer.from(field, 'base64url')), hostError };
  if (/^(?:[0-9a-fA-F]{2}:)+[0-9a-fA-F]{2}$/.test(field))
    return { fault: 'hex', der: lax(Buffer.from(field.replaceAll(':', ''), 'hex')), hostError };
  if (/\\n|\s/.test(field))
    return { fault: 'line-break', der: lax(Buffer.from(field.replace(/\\n|\s/g, ''), 'base64')), hostError };
  return { fault: 'alphabet', der: lax(Buffer.from(field, 'base64')), hostError };
}
