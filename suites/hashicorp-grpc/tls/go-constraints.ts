/**
 * Which names an authority may sign for, as Go sees it (crypto/x509, name constraints): DNS names and IP addresses; of
 * the other kinds a plugin's certificate has none to speak of.
 */
import type { CertificateFacts } from './certificate-facts.ts';
import { childrenIn, extensionsOf } from './go-extensions.ts';

interface Names {
  readonly dns: readonly string[];
  readonly addresses: readonly Buffer[];
}

interface Constraints {
  readonly permitted: Names;
  readonly excluded: Names;
}

type Tagged = readonly { readonly tag: number; readonly content: Buffer }[];

const [dnsName, ipAddress] = [0x82, 0x87];
const [permitted, excluded] = [0xa0, 0xa1];

const namesIn = (listed: Tagged): Names => ({
  dns: listed.filter(({ tag }) => tag === dnsName).map(({ content }) => content.toString('latin1')),
  addresses: listed.filter(({ tag }) => tag === ipAddress).map(({ content }) => content),
});

const extensionValue = (der: Buffer, id: string): Buffer | undefined =>
  extensionsOf(der).find((one) => one.id === id)?.value;

/** What stands in the outermost sequence. */
const listedIn = (value: Buffer | undefined): Tagged => childrenIn(childrenIn(value)[0]?.content);

function constraintsOf({ der }: CertificateFacts): Constraints | undefined {
  const value = extensionValue(der, '2.5.29.30');
  if (value === undefined) return undefined;
  const parts = listedIn(value);
  const side = (wanted: number): Names =>
    namesIn(
      childrenIn(parts.find(({ tag }) => tag === wanted)?.content).flatMap(({ content }) =>
        childrenIn(content).slice(0, 1),
      ),
    );
  return { permitted: side(permitted), excluded: side(excluded) };
}

function isWithinDomain(name: string, constraint: string): boolean {
  const [inside, outside] = [name.toLowerCase(), constraint.toLowerCase()];
  if (outside === '' || inside === outside) return true;
  return inside.endsWith(outside.startsWith('.') ? outside : `.${outside}`);
}

/** A constraint is an address and a mask of the same length. */
const isWithinRange = (address: Buffer, constraint: Buffer): boolean =>
  constraint.byteLength === 2 * address.byteLength &&
  address.every((byte, at) => {
    const mask = constraint[address.byteLength + at] ?? 0;
    return (byte & mask) === ((constraint[at] ?? 0) & mask);
  });

const addressText = (address: Buffer): string =>
  address.byteLength === 4 ? address.join('.') : (address.toString('hex').match(/.{4}/g) ?? []).join(':');

function rangeText(constraint: Buffer): string {
  const half = constraint.byteLength / 2;
  const bits = [...constraint.subarray(half)].map((byte) => byte.toString(2)).join('');
  return `${addressText(constraint.subarray(0, half))}/${bits.replaceAll('0', '').length}`;
}

function violation(names: Names, { permitted: may, excluded: mayNot }: Constraints): string | undefined {
  for (const address of names.addresses) {
    const shown = `IP address "${addressText(address)}"`;
    if (may.addresses.length > 0 && !may.addresses.some((one) => isWithinRange(address, one)))
      return `${shown} is not permitted by any constraint`;
    const barred = mayNot.addresses.find((one) => isWithinRange(address, one));
    if (barred) return `${shown} is excluded by constraint "${rangeText(barred)}"`;
  }
  for (const name of names.dns) {
    if (may.dns.length > 0 && !may.dns.some((one) => isWithinDomain(name, one)))
      return `DNS name "${name}" is not permitted by any constraint`;
    const barred = mayNot.dns.find((one) => isWithinDomain(name, one));
    if (barred !== undefined) return `DNS name "${name}" is excluded by constraint "${barred}"`;
  }
  return undefined;
}

/** Go's error for a chain, the certificate of the server first, whose authorities may not sign for its names. */
export function constraintsError(chain: readonly CertificateFacts[]): string | undefined {
  for (const [index, authority] of chain.entries()) {
    const constraints = constraintsOf(authority);
    if (!constraints) continue;
    for (const { der } of chain.slice(0, index)) {
      const found = violation(namesIn(listedIn(extensionValue(der, '2.5.29.17'))), constraints);
      if (found !== undefined)
        return `x509: a root or intermediate certificate is not authorized to sign for this name: ${found}`;
    }
  }
  return undefined;
}
