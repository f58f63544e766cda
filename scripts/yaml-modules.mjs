/** YAML files as modules, for the bundler and for Vitest: the same data, parsed when the project is built. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** As text to parse: that is quicker than the same data as source. */
const toModule = (path) =>
  `export default JSON.parse(${JSON.stringify(JSON.stringify(parse(readFileSync(path, 'utf8'))))});`;

/** For esbuild. */
export const yamlModules = () => ({
  name: 'yaml-modules',
  setup(build) {
    build.onLoad({ filter: /\.ya?ml$/ }, ({ path }) => ({ contents: toModule(path), loader: 'js' }));
  },
});

/** For Vite and Vitest. */
export const yamlPlugin = () => ({
  name: 'yaml-modules',
  load: (id) => (/\.ya?ml$/.test(id) ? toModule(id) : undefined),
});
