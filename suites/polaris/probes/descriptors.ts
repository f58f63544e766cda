/** What reflection says of the messages, compared with what the SDK published. The server never looks; tools do. */
import type { DescField, DescMessage, DescService } from '@bufbuild/protobuf';
import { failed, type ProbeOutcome, passed } from '../../../src/run/outcome.ts';
import { type Probe, probe } from '../../../src/run/suite.ts';
import type { PolarisSession } from '../session.ts';

/** The type of a field, in the words of a .proto file. */
function typeOf(field: DescField): string {
  if (field.fieldKind === 'scalar') return `scalar ${field.scalar}`;
  if (field.fieldKind === 'enum') return field.enum.typeName;
  if (field.fieldKind === 'message') return field.message.typeName;
  return field.fieldKind;
}

/** The first way in which a message differs from the published one, and from what it holds. */
function messageDifference(is: DescMessage, was: DescMessage): string | undefined {
  if (is.typeName !== was.typeName) return `${was.typeName} in place of ${is.typeName}`;
  for (const field of is.fields) {
    const other = was.fields.find(({ number }) => number === field.number);
    const named = `field ${field.number} of ${is.typeName}`;
    if (!other) return `${named}, \`${field.name}\`, is missing`;
    if (other.name !== field.name) return `${named} is called \`${other.name}\`, not \`${field.name}\``;
    if (typeOf(other) !== typeOf(field)) return `${named}, \`${field.name}\`, has another type`;
    if (field.fieldKind === 'enum' && other.fieldKind === 'enum') {
      const absent = field.enum.values.find((value) => other.enum.value[value.number]?.name !== value.name);
      if (absent) return `${field.enum.typeName} has no ${absent.name} = ${absent.number}`;
    }
  }
  return undefined;
}

function serviceDifference(is: DescService, was: DescService): string | undefined {
  for (const method of is.methods) {
    const other = was.methods.find(({ name }) => name === method.name);
    if (!other) return `${is.typeName} has no method ${method.name}`;
    if (other.methodKind !== method.methodKind) return `${is.typeName}.${method.name} is not unary`;
    const difference = messageDifference(method.input, other.input) ?? messageDifference(method.output, other.output);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

async function areThoseOfSdk(session: PolarisSession): Promise<ProbeOutcome> {
  const { learnt } = await session.types();
  for (const { service } of session.contractsInUse) {
    const served = learnt.types?.registry.getService(service.typeName);
    const difference = served
      ? serviceDifference(service, served)
      : `reflection does not describe ${service.typeName}${learnt.faults[0] === undefined ? '' : `: ${learnt.faults[0]}`}`;
    if (difference === undefined) continue;
    return failed({
      expected: `the descriptors of ${service.typeName} as the SDK published them`,
      observed: difference,
      evidence: session.evidence(2),
      cause: {
        class: 'wrong-contract',
        variant: 'descriptors',
        title: `The descriptors are not those of the SDK: ${difference}`,
        fix: 'Compile the .proto files of the SDK without changes, and let the library serve what was compiled.',
      },
    });
  }
  return passed();
}

export const descriptorProbes: readonly Probe<PolarisSession>[] = [
  probe('POL-REFL-006', { launch: 'plain' }, areThoseOfSdk),
];
