/**
 * Judges a handshake line, every rule for itself. One fault never shows as several: what a fault makes unreadable is
 * blocked by it, and what can still be read is judged as it was meant.
 */
import { network, protocol, tcpForm, tcpLiteral, unixAbsolute, unixPath } from './handshake-rules/address.ts';
import { certificateField, noCertificate } from './handshake-rules/certificate.ts';
import { ascii, decoration, fewFields, prefix, tooManyFields } from './handshake-rules/form.ts';
import { multiplexAnswer, unaskedMultiplex } from './handshake-rules/multiplexing.ts';
import type { Rule } from './handshake-rules/rule.ts';
import { app, appAccepted, core, coreLiteral } from './handshake-rules/versions.ts';

/** The rules that can be judged from the line alone, by requirement id. */
export const lineRules: Readonly<Record<string, Rule>> = {
  'GRPC-HS-003': fewFields,
  'GRPC-HS-004': core,
  'GRPC-HS-005': coreLiteral,
  'GRPC-HS-006': app,
  'GRPC-HS-007': appAccepted,
  'GRPC-HS-008': network,
  'GRPC-HS-009': tcpForm,
  'GRPC-HS-010': tcpLiteral,
  'GRPC-HS-011': unixPath,
  'GRPC-HS-012': unixAbsolute,
  'GRPC-HS-013': decoration,
  'GRPC-HS-014': protocol,
  'GRPC-HS-015': prefix,
  'GRPC-HS-017': noCertificate,
  'GRPC-HS-018': certificateField(true),
  'GRPC-HS-019': certificateField(false),
  'GRPC-HS-020': unaskedMultiplex,
  'GRPC-HS-021': multiplexAnswer,
  'GRPC-HS-027': tooManyFields,
  'GRPC-HS-029': ascii,
};

/** The order in which faults of the line keep a host from going on. */
export const stoppingRules = [
  'GRPC-HS-015',
  'GRPC-HS-013',
  'GRPC-HS-003',
  'GRPC-HS-004',
  'GRPC-HS-006',
  'GRPC-HS-007',
  'GRPC-HS-008',
  'GRPC-HS-009',
  'GRPC-HS-011',
  'GRPC-HS-014',
  'GRPC-HS-017',
  'GRPC-HS-018',
  'GRPC-HS-019',
] as const;
