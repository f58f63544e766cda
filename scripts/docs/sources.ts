/** What scripts/docs.mjs needs of the project's TypeScript. */
export { registry } from '../../suites/registry.ts';
export { pages } from './pages.ts';
