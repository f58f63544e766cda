/**
 * What go-plugin's own host does with a handshake line, check by check in its own order. It stops at the first fault,
 * which hides the later ones; the rules in `handshake-rules.ts` judge every field for itself, and this says which of
 * the faults a user would see, in the host's words (HEAD and 1.7.0; older hosts begin some texts with a capital).
 */

import { atoi, parseBool, quote, splitHostPort, trimSpace } from './go-text.ts';
import { ignoredCertificateLength, readCertificateField } from './tls/certificate-field.ts';

/** What the host was set up with. */
export interface HostExpectation {
  /** Application versions it accepts. */
  readonly versions: readonly number[];
  /** It sent a client certificate (AutoMTLS). */
  readonly tls: boolean;
  /** It asked for broker multiplexing. */
  readonly multiplex: boolean;
}

const unsupportedMultiplexing = 'client requested gRPC broker multiplexing but plugin does not support the feature';

/** The error a host shows for this first line, or `undefined` when it accepts it. */
export function hostError(firstLine: string, host: HostExpectation): string | undefined {
  const line = trimSpace(firstLine);
  const parts = line.split('|');
  const [core = '', app = '', network = '', address = '', protocol = 'netrpc', certificate = '', multiplex] = parts;
  if (parts.length < 4) return `Unrecognized remote plugin message: ${line}`;
  const coreVersion = atoi(core);
  if (coreVersion === undefined)
    return `error parsing core protocol version: strconv.Atoi: parsing ${quote(core)}: invalid syntax`;
  if (coreVersion !== 1) return `incompatible core API version with plugin. Plugin version: ${core}, Core version: 1`;
  const version = atoi(app);
  if (version === undefined)
    return `Error parsing protocol version ${quote(app)}: strconv.Atoi: parsing ${quote(app)}: invalid syntax`;
  if (!host.versions.includes(version))
    return `incompatible API version with plugin. Plugin version: ${version}, Client versions: [${host.versions.join(' ')}]`;
  if (network !== 'unix' && network !== 'tcp') return `unknown address type: ${address}`;
  if (network === 'tcp') {
    const split = splitHostPort(address);
    if (!split.ok) return split.error;
    if (/^\d+$/.test(split.port) && Number(split.port) > 65535) return `address ${split.port}: invalid port`;
  }
  if (protocol !== 'grpc') return `unsupported plugin protocol ${quote(protocol)}. Supported: [grpc]`;
  if (certificate.length > ignoredCertificateLength) {
    const { hostError: fieldError } = readCertificateField(certificate);
    if (fieldError !== undefined) return fieldError;
    if (!host.tls) return 'panic: runtime error: invalid memory address or nil pointer dereference';
  }
  if (!host.multiplex) return undefined;
  if (multiplex === undefined) return unsupportedMultiplexing;
  const agreed = parseBool(multiplex);
  if (agreed === undefined)
    return `error parsing ${quote(multiplex)} as a boolean for gRPC broker multiplexing support`;
  return agreed ? undefined : unsupportedMultiplexing;
}
