/** The schemas to publish; bundled by generate-schemas.mjs, because Node itself reads no TypeScript. */
export { baselineParts, baselineSchema } from '../src/config/baseline.ts';
export { configParts, configSchema } from '../src/config/config-schema.ts';
export { profileParts, profileSchema } from '../src/config/profile.ts';
export { anyReport, reportParts } from '../src/report/report-schema.ts';
export { registry } from '../suites/registry.ts';
