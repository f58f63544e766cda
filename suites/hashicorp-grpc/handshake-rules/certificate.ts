/** Field 6: the plugin's certificate. */
import { blocked, passed, skipped } from '../../../src/run/outcome.ts';
import { type FieldFault, ignoredCertificateLength, readCertificateField } from '../tls/certificate-field.ts';
import { fault, type Rule } from './rule.ts';

export const noCertificate: Rule = (input) => {
  if (input.host.tls) return skipped('the host sent a certificate in this launch');
  const value = input.line.fields.certificate ?? '';
  if (value === '') return passed();
  if (value.length <= ignoredCertificateLength)
    return passed(`field 6 holds ${value.length} characters, which hosts ignore: ${ignoredCertificateLength} or fewer`);
  const isRefused = readCertificateField(value).hostError !== undefined;
  return fault(input, {
    expected: 'field 6 is empty when the host sent no certificate',
    observed: `field 6 holds ${value.length} characters`,
    class: 'unasked-certificate',
    title: isRefused
      ? 'Field 6 is filled although the host asked for no certificate, and the host cannot read it as one'
      : 'The plugin sends a certificate although the host asked for none: the host process crashes',
    fix: 'Print a certificate only when PLUGIN_CLIENT_CERT is set and not empty.',
  });
};

const encodingFaults: readonly FieldFault[] = ['padded', 'url-safe', 'line-break', 'alphabet'];

const fieldTitles: Readonly<Record<Exclude<FieldFault, 'missing'>, readonly [title: string, fix: string]>> = {
  padded: [
    "Base64 has '=' padding; go-plugin wants none. It fails two times out of three",
    "Strip every '=' from the end.",
  ],
  'url-safe': [
    'Field 6 uses the URL alphabet of base64 (- and _); go-plugin wants + and /',
    'Encode with the standard alphabet, without padding.',
  ],
  'line-break': ['Field 6 holds line breaks or blanks', 'Encode on one line.'],
  alphabet: ['Field 6 is no base64', 'Print the DER of the certificate in unpadded standard base64.'],
  'pem-text': ['Field 6 is base64 of the PEM text; go-plugin wants the DER', 'Encode the DER bytes, not the PEM text.'],
  'pem-line': [
    'Field 6 is PEM, of which only the first line arrives',
    'Print the DER in unpadded standard base64 on one line.',
  ],
  hex: ['Field 6 is hexadecimal; go-plugin wants base64', 'Print the DER in unpadded standard base64.'],
  truncated: ['The certificate in field 6 is cut short', 'Print the whole DER; strip nothing but the padding.'],
  chain: ['Field 6 holds more than one certificate', 'Print the leaf certificate only.'],
  ignored: [
    'Field 6 is too short for a certificate, and hosts ignore it',
    'Print the whole DER in unpadded standard base64.',
  ],
  'not-der': [
    'The certificate in field 6 is not strict DER: some lengths or numbers take more bytes than they need',
    'Let a library encode the certificate.',
  ],
  extension: [
    'Go refuses to read the certificate in field 6',
    'Let a library make the certificate: each extension once, in its own form, and critical only where that is allowed.',
  ],
  'not-a-certificate': [
    'Field 6 decodes to something that is no certificate',
    'Print the DER of the certificate that is served.',
  ],
};

/** One of the two rules about the certificate field; each leaves the other's faults alone. */
export const certificateField =
  (isEncoding: boolean): Rule =>
  (input) => {
    if (!input.host.tls) return skipped('the host sent no certificate in this launch');
    const { fault: found, hostError } = readCertificateField(input.line.fields.certificate);
    if (found === undefined) return passed();
    if (found === 'missing') return skipped('the line holds no certificate');
    const ofEncoding = encodingFaults.includes(found);
    if (ofEncoding !== isEncoding)
      return ofEncoding ? blocked('GRPC-HS-018', 'field 6 is not encoded as it should be') : passed();
    const [title, fix] = fieldTitles[found];
    const expected = isEncoding ? 'unpadded base64 in the standard alphabet' : 'one DER certificate';
    const observed =
      hostError?.replace('error parsing server cert: ', '') ?? 'the host takes it for no certificate at all';
    const why = found === 'extension' ? `${title}: ${observed}` : title;
    return fault(input, { expected, observed, class: 'certificate-rejected', variant: found, title: why, fix });
  };
