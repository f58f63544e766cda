/**
 * Builds `dist/`: one bundle with shared chunks for the command, the library and the Vitest front end, and the
 * declarations beside them. Bundling is what makes the command start quickly; see docs/design.md.
 */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { writeDeclarations } from './declarations.mjs';
import { thirdPartyNotices } from './third-party-notices.mjs';
import { yamlModules } from './yaml-modules.mjs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const withTypes = !process.argv.includes('--no-types');

rmSync('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { bin: 'src/bin.ts', index: 'src/index.ts', vitest: 'src/vitest.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // Modules in CommonJS ask for Node's own with require(), which ESM does not have.
  banner: {
    js: "import { createRequire as plugfestRequire } from 'node:module';const require = plugfestRequire(import.meta.url);",
  },
  // grpc-js and x509 are loaded only by runs that need them, from the user's own tree; bundled, x509 loses its exports.
  external: ['@grpc/grpc-js', '@grpc/proto-loader', '@peculiar/x509', 'reflect-metadata', 'vitest', 'testcontainers'],
  define: { PLUGFEST_VERSION: JSON.stringify(version) },
  plugins: [yamlModules()],
  logLevel: 'warning',
  metafile: true,
  // Less to read is less to load; names stay, so that a stack still tells where it comes from.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
});
chmodSync('dist/bin.js', 0o755);
writeFileSync('dist/THIRD-PARTY-NOTICES.txt', thirdPartyNotices(metafile));
if (withTypes) writeDeclarations(['src/index.ts', 'src/vitest.ts'], ['node:', 'vitest']);
