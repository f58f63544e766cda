#!/usr/bin/env node
/** The command. Answers the quickest questions itself and loads everything else only when it is needed. */
import { version } from './version.ts';

const [first] = process.argv.slice(2);
if (first === '--version' || first === '-V') process.stdout.write(`${version}\n`);
else if (process.platform === 'win32') {
  process.stderr.write(
    'plugfest: Windows is not supported: it has neither process groups nor the sockets plugins use here\n',
  );
  process.exitCode = 2;
} else {
  const [{ main }, { registry }] = await Promise.all([import('./cli/main.ts'), import('../suites/registry.ts')]);
  process.exitCode = await main(process.argv, registry);
}
