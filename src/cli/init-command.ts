/** `plugfest init`: writes a profile for the plugin at hand, and shows what continuous integration needs. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { isOwnService } from '../calls/method-name.ts';
import { profileText } from '../config/profile-text.ts';
import { UsageError } from '../config/usage-error.ts';
import { draftFrom } from '../draft.ts';
import { shellWord } from '../report/reproduce.ts';
import type { Registry } from '../run/registry.ts';
import { type CheckFlags, optionsOf } from './check-command.ts';
import { onInterrupt } from './interrupt.ts';
import { humanOutput } from './output.ts';

export interface InitFlags
  extends Pick<
    CheckFlags,
    'name' | 'system' | 'profile' | 'cookie' | 'protocolVersion' | 'tls' | 'env' | 'cwd' | 'timeout'
  > {
  readonly output?: string;
  readonly force?: boolean;
}

/** Services of the library and of gRPC itself need no mention in a profile; a name that is none could not be there. */
const isNamed = (service: string): boolean => /^[\w.]+$/.test(service) && isOwnService(service);

/** Enough for any plugin that people write by hand. */
const callLimit = 100;

const ciLines = (command: string): string => `
In CI, on GitHub, after the plugin is built:

      - uses: actions/setup-node@v4
        with: { node-version: 22 }
      - run: ${command.replace('npx ', 'npx --yes ')}
`;

/** The file to write. @throws UsageError when it must not be written */
function target(path: string, isForced: boolean): string {
  const file = resolve(path);
  if (!statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--output: there is no folder ${dirname(file)}`);
  if (existsSync(file) && !isForced)
    throw new UsageError(`${path} is there already`, { hint: '--force writes over it, --output FILE writes another' });
  return file;
}

/** Runs the command; returns the exit code. @throws UsageError */
export async function initCommand(registry: Registry, command: readonly string[], flags: InitFlags): Promise<number> {
  const { output: wanted, force = false, ...rest } = flags;
  const options = optionsOf(command, rest, registry);
  if (wanted !== undefined) target(wanted, force);
  const output = humanOutput(false);
  const interrupt = onInterrupt((text) => output.write(text));
  try {
    const draft = await draftFrom(options, { registry, signal: interrupt.signal });
    const name = draft.plugin.name.replace(/[^\w.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'plugin';
    const path = wanted ?? `${name}.plugfest.yaml`;
    const file = target(path, force);
    const shown = relative('.', file).startsWith('..') ? file : relative('.', file);
    const line = `npx plugfest check --profile ${shellWord(shown)} -- ${command.map(shellWord).join(' ')}`;
    const { profile, system, services, capabilities, calls, startMs, own, notes } = draft;
    const text = profileText({
      name,
      system,
      command: line,
      cookie: profile.cookie,
      versions: profile.versions.map(({ version }) => version),
      tls: profile.tls,
      services: services.filter(isNamed),
      capabilities,
      calls: calls.filter(({ method }) => /^[\w.]+\/\w+$/.test(method)).slice(0, callLimit),
      startMs,
      own,
    });
    writeFileSync(file, text);
    const { dim } = output.palette;
    for (const note of notes) output.write(`${dim(note)}\n`);
    output.write(`${shown} is written; correct what your host does otherwise, then:\n\n  ${line}\n${ciLines(line)}`);
    return 0;
  } finally {
    interrupt.dispose();
  }
}
