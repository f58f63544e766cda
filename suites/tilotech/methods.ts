/** The methods that the profile names, and what they show of the plugin. */
import { type ProbeOutcome, passed } from '../../src/run/outcome.ts';
import { Blocked, NotOffered } from '../../src/run/plugin-fact.ts';
import { examine } from './examine.ts';
import type { Finding } from './findings.ts';
import type { Method } from './profile-block.ts';
import type { TiloSession } from './session.ts';

const noMethods = 'the profile names no such methods (tilotech.methods), and no plugin tells them';

/**
 * Calls every method of the profile once, but for those that crash it, so that rules about all answers have answers to
 * look at. @throws Blocked, PluginExited
 */
export async function tour(session: TiloSession): Promise<void> {
  session.assertUsable();
  for (const method of session.settings.methods) if (method.kind !== 'crash') await examine(session, method);
}

/** The methods of the profile that are meant. @throws Blocked, NotOffered when there are none */
export function methodsOf(session: TiloSession, isMeant: (method: Method) => boolean): readonly Method[] {
  session.assertUsable();
  const methods = session.settings.methods.filter(isMeant);
  if (methods.length === 0) throw new NotOffered(noMethods);
  return methods;
}

/** What the methods of the profile show of a requirement: each of them breaks one at most. */
export const whatMethodsShow =
  (id: string, isMeant: (method: Method) => boolean = ({ kind }) => kind === 'success') =>
  async (session: TiloSession): Promise<ProbeOutcome> => {
    let clean = 0;
    let other: Finding | undefined;
    for (const method of methodsOf(session, isMeant)) {
      const finding = await examine(session, method);
      if (finding?.blames === id) return finding.outcome;
      if (finding) other = finding;
      else clean += 1;
    }
    if (clean === 0 && other) throw new Blocked(other.blames, other.outcome.observed);
    return passed();
  };

/** As `methodsOf`, without those that break something: what they do next tells nothing new. @throws as `methodsOf` */
export async function soundMethods(
  session: TiloSession,
  isMeant: (method: Method) => boolean,
): Promise<readonly Method[]> {
  const sound: Method[] = [];
  let finding: Finding | undefined;
  for (const method of methodsOf(session, isMeant)) {
    const found = await examine(session, method);
    if (found) finding = found;
    else sound.push(method);
  }
  if (finding && sound.length === 0) throw new Blocked(finding.blames, finding.outcome.observed);
  return sound;
}

/** A method of the profile that succeeds, may be repeated and is quick; `undefined` when there is none. */
export async function findSteady(session: TiloSession): Promise<Method | undefined> {
  session.assertUsable();
  for (const method of session.settings.methods)
    if (isSteady(method) && !(await examine(session, method))) return method;
  return undefined;
}

export const isSteady = ({ kind, idempotent, slow }: Method): boolean => kind === 'success' && idempotent && !slow;

/** As `findSteady`. @throws Blocked, NotOffered */
export async function steadyMethod(session: TiloSession): Promise<Method> {
  const found = await findSteady(session);
  if (found) return found;
  await soundMethods(session, isSteady);
  throw new NotOffered(noMethods);
}
