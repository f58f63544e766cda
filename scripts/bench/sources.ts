/** What scripts/bench.mjs needs of the project's TypeScript. */
export { makeProfile } from '../../src/config/profile.ts';
export { registry } from '../../suites/registry.ts';
