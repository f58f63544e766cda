/** The grammar of config files: every option of a check for each plugin, and what holds for the whole run. */
import * as v from 'valibot';
import { about } from './about.ts';
import type { CheckOptions } from './options.ts';
import { duration, variable } from './profile.ts';

const text = (what: string) => v.pipe(v.string(`expected ${what}`), v.trim(), v.minLength(1, `expected ${what}`));
const words = v.array(text('text'), 'expected a list of ids, areas, globs or diagnosis classes');
const whole = v.pipe(v.number('expected a whole number'), v.integer('expected a whole number'));
const count = v.pipe(whole, v.minValue(1, 'expected 1 or more'));
// A list is a record to Valibot, with numbers as keys: names must not begin with a digit.
const format = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]*$/, 'expected a format with a file, as in `junit: out.xml`'),
);
const flag = v.boolean('expected true or false');

const plugin = v.strictObject({
  name: about(text('a name'), 'what reports call the plugin; each has its own'),
  command: about(
    v.pipe(v.array(v.string(), 'expected a list: the program and its arguments'), v.minLength(1, 'expected a program')),
    'the program and its arguments; no shell is involved',
  ),
  cwd: v.optional(about(text('a directory'), "the plugin's working directory; the one of this file when left out")),
  env: v.optional(
    about(
      v.record(variable, v.string('expected text; quote numbers and booleans')),
      'variables for the plugin; reports name them without their values',
    ),
  ),
  system: v.optional(about(text('a system'), 'such as hashicorp-grpc; recognised when left out')),
  profile: v.optional(
    about(
      v.union(
        [v.string(), v.record(v.string(), v.unknown())],
        'expected a profile file, the name of a shipped profile, or a profile',
      ),
      'what the host fixes: a *.plugfest.yaml file, the name of a shipped profile such as terraform, or the profile itself',
    ),
  ),
  options: v.optional(
    about(
      v.record(v.string(), v.string('expected text; quote numbers and booleans')),
      'what only the system of the plugin knows, such as `generation: P2` for polaris',
    ),
  ),
  cookie: v.optional(
    about(
      v.strictObject(
        { key: text('the name of a variable'), value: v.string('expected text') },
        'expected { key, value }',
      ),
      "the host's magic cookie; goes before the profile's",
    ),
  ),
  protocolVersions: v.optional(
    about(
      v.array(v.pipe(whole, v.minValue(0, 'expected 0 or more')), 'expected a list of versions such as [1]'),
      "application protocol versions the host offers; go before the profile's",
    ),
  ),
  tls: v.optional(about(v.picklist(['auto', 'none'], 'expected `auto` or `none`'), '`auto` demands AutoMTLS')),
  checksum: v.optional(
    about(
      v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{64}$/, 'expected a SHA-256 of 64 hexadecimal digits')),
      'the SHA-256 the program must have',
    ),
  ),
  only: v.optional(about(words, 'ids, areas, globs or diagnosis classes to probe')),
  skip: v.optional(about(words, 'the same, to leave out')),
  level: v.optional(
    about(v.picklist(['MUST', 'SHOULD', 'MAY'], 'expected MUST, SHOULD or MAY'), 'the lowest level to probe'),
  ),
  smoke: v.optional(about(flag, 'only what a real host does to load the plugin')),
  soak: v.optional(about(flag, 'also probes that wait for minutes')),
  isolate: v.optional(about(flag, 'one process for each probe')),
  repeat: v.optional(about(count, 'how often everything is run')),
  shuffle: v.optional(
    about(v.pipe(whole, v.minValue(0, 'expected 0 or more')), 'seed that shuffles launches and probes'),
  ),
  bail: v.optional(about(flag, 'stop at the first failed MUST')),
  strict: v.optional(about(flag, "a failed SHOULD counts as well; the file's own `strict` when left out")),
  baseline: v.optional(about(text('a file'), 'file of known failures')),
  timeout: v.optional(about(duration, "longest wait for anything; the file's own `timeout` when left out")),
} satisfies Record<Exclude<keyof CheckOptions, 'concurrency'>, v.GenericSchema>);

/** Parts that the published schema names, so that it can be read. */
export const configParts = { plugin };

/** The schema of config files, published as schemas/config.v1.json. */
export const configSchema = v.strictObject(
  {
    $schema: v.optional(v.string()),
    plugins: about(
      v.pipe(v.array(plugin, 'expected a list of plugins'), v.minLength(1, 'expected at least one plugin')),
      'the plugins to check',
    ),
    reports: v.optional(
      about(
        v.record(format, text('the path of a file'), 'expected a map from format to file, such as `junit: out.xml`'),
        'reports to write, by format: html, json, junit, markdown, …',
      ),
    ),
    concurrency: v.optional(about(count, 'how many plugin processes run at once; 4 when left out')),
    timeout: v.optional(about(duration, 'longest wait for anything, such as 10s')),
    strict: v.optional(about(flag, 'a failed SHOULD counts as well')),
  },
  'expected a map with `plugins:`',
);
