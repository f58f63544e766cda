/** The command line: which words there are, and what a wrong one is told. */
import { Command, CommanderError, Option } from 'commander';
import { isUsageError } from '../config/usage-error.ts';
import { exitCodes } from '../report/verdict.ts';
import type { Registry } from '../run/registry.ts';
import { version } from '../version.ts';
import type { CheckFlags } from './check-command.ts';
import type { InitFlags } from './init-command.ts';
import { ignoreClosedPipes } from './output.ts';
import type { RunFlags } from './run-command.ts';

const collect = (word: string, words: readonly string[] = []): readonly string[] => [...words, word];

function addCheckOptions(command: Command, registry: Registry): Command {
  for (const { system, options = [] } of registry)
    for (const { flags, description } of options) command.option(flags, `${system} only: ${description}`);
  return command
    .option('--name <name>', 'what the report calls the plugin')
    .option('--system <system>', 'plugin system; recognised from what the plugin prints when left out')
    .option(
      '--profile <file|name>',
      'what the host fixes: a *.plugfest.yaml file, or a shipped profile such as terraform',
    )
    .option('--cookie <KEY=VALUE>', "the host's magic cookie")
    .option('--protocol-version <version>', 'application protocol version the host offers (repeatable)', collect)
    .addOption(new Option('--tls <mode>', 'AutoMTLS').choices(['none', 'auto']))
    .option('--checksum <sha256>', 'refuse to start a file with another SHA-256, as a host with SecureConfig does')
    .option('--env <KEY=VALUE>', 'variable for the plugin (repeatable)', collect)
    .option('--cwd <folder>', 'working directory of the plugin')
    .option('--only <what>', 'ids, areas, globs or diagnosis classes to probe (repeatable, comma-separated)', collect)
    .option('--skip <what>', 'the same, to leave out', collect)
    .option('--level <level>', 'lowest level to probe: MUST, SHOULD or MAY')
    .option('--smoke', 'only what a real host does to load the plugin')
    .option('--soak', 'also probes that wait for minutes')
    .option('--isolate', 'one process for each probe')
    .option('--repeat <times>', 'run everything several times')
    .option('--shuffle <seed>', 'shuffle launches and probes')
    .option('--bail', 'stop at the first failed MUST')
    .option('--strict', 'a failed SHOULD counts as well')
    .option('--baseline <file>', 'known failures; unexpected passes, stale and expired entries fail')
    .option('--concurrency <count>', 'how many plugin processes run at once')
    .option('--timeout <duration>', 'longest wait for anything, such as 10s; a bare number below 1000 counts seconds')
    .option('--report <FORMAT=PATH>', 'write a report: html, json, junit, markdown, … (repeatable)', collect)
    .option('--verbose', 'show every requirement')
    .option('--quiet', 'show the verdict and the diagnoses only')
    .option('--json', 'the JSON report on stdout, everything for people on stderr');
}

function buildProgram(registry: Registry, finish: (code: number) => void): Command {
  const program = new Command('plugfest')
    .description('Checks whether an out-of-process plugin keeps the protocol of its host.')
    .version(version, '-V, --version')
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'plugfest: ')) });
  addCheckOptions(
    program
      .command('check')
      .description('check one plugin')
      .usage('[options] -- <program> [args...]')
      .argument('[program...]', 'the program and its arguments, after --')
      .exitOverride(),
    registry,
  ).action(async (words: string[], flags: CheckFlags) => {
    const { checkCommand } = await import('./check-command.ts');
    finish(await checkCommand(registry, words, flags));
  });
  program
    .command('init')
    .description('write a profile for a plugin, from what it shows')
    .usage('[options] -- <program> [args...]')
    .argument('<program...>', 'the program and its arguments, after --')
    .option('--name <name>', 'what the profile is called; the name of the program when left out')
    .option('--system <system>', 'plugin system; recognised from what the plugin prints when left out')
    .option('--profile <file|name>', 'begin with what another profile says')
    .option('--cookie <KEY=VALUE>', "the host's magic cookie")
    .option('--protocol-version <version>', 'application protocol version the host offers (repeatable)', collect)
    .addOption(new Option('--tls <mode>', 'AutoMTLS').choices(['none', 'auto']))
    .option('--env <KEY=VALUE>', 'variable for the plugin (repeatable)', collect)
    .option('--cwd <folder>', 'working directory of the plugin')
    .option('--timeout <duration>', 'longest wait for anything, such as 10s')
    .option('--output <file>', 'the file to write; <name>.plugfest.yaml when left out')
    .option('--force', 'write over a file that is there')
    .exitOverride()
    .action(async (words: string[], flags: InitFlags) => {
      const { initCommand } = await import('./init-command.ts');
      finish(await initCommand(registry, words, flags));
    });
  program
    .command('run')
    .description('check every plugin of plugfest.config.{yaml,json,mjs}, in one report')
    .argument('[names...]', 'only the plugins of these names')
    .option('--config <file>', 'another config file')
    .option('--concurrency <count>', 'how many plugin processes run at once')
    .option('--report <FORMAT=PATH>', 'write a report (repeatable)', collect)
    .option('--verbose', 'show every requirement')
    .option('--quiet', 'show verdicts and diagnoses only')
    .option('--json', 'the JSON report on stdout, everything for people on stderr')
    .exitOverride()
    .action(async (names: string[], flags: RunFlags) => {
      const { runCommand } = await import('./run-command.ts');
      finish(await runCommand(registry, names, flags));
    });
  const baseline = program.command('baseline').description('known failures').exitOverride();
  addCheckOptions(
    baseline
      .command('update')
      .description('check a plugin and rewrite its list of known failures')
      .usage('--baseline <file> [options] -- <program> [args...]')
      .argument('<program...>', 'the program and its arguments, after --')
      .exitOverride(),
    registry,
  ).action(async (words: string[], flags: CheckFlags) => {
    const { baselineUpdateCommand } = await import('./baseline-command.ts');
    finish(await baselineUpdateCommand(registry, words, flags));
  });
  program
    .command('list')
    .description('the requirements of a system, with level and status')
    .argument('[system]', 'leave out for the systems themselves')
    .option('--coverage', 'counts per area instead')
    .option('--json', 'as JSON')
    .exitOverride()
    .action(async (system: string | undefined, flags: { coverage?: boolean; json?: boolean }) => {
      const { listCommand } = await import('./list-command.ts');
      finish(await listCommand(registry, system, flags));
    });
  program
    .command('explain')
    .description('what a requirement or a diagnosis means, and how to mend it')
    .argument('<id|class>', 'such as GRPC-HS-018 or output-before-handshake')
    .exitOverride()
    .action(async (word: string) => {
      const { explainCommand } = await import('./explain-command.ts');
      finish(await explainCommand(registry, word));
    });
  program
    .command('report')
    .description('a saved JSON report in another format')
    .argument('<file>', 'a report written with --json or --report json=FILE')
    .option('--to <format>', 'terminal, html, json, junit, markdown, …', 'terminal')
    .option('--output <file>', 'instead of stdout')
    .exitOverride()
    .action(async (file: string, flags: { to: string; output?: string }) => {
      const { reportCommand } = await import('./report-command.ts');
      finish(await reportCommand(file, flags));
    });
  return program;
}

/** Runs the command line; returns the exit code. */
export async function main(argv: readonly string[], registry: Registry): Promise<number> {
  ignoreClosedPipes();
  let code = 0;
  try {
    await buildProgram(registry, (finished) => {
      code = finished;
    }).parseAsync([...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    if (isUsageError(error)) {
      process.stderr.write(`plugfest: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
      return exitCodes.usage;
    }
    process.stderr.write(`plugfest: a fault of its own: ${error instanceof Error ? error.stack : String(error)}\n`);
    return exitCodes.errored;
  }
}
