/** The text of a profile that people go on writing: what is known stands there, what is not is a comment to fill in. */
import { stringify } from 'yaml';
import type { DraftedCall, OwnDraft } from '../run/suite.ts';
import type { Cookie } from './profile.ts';

export interface ProfileDraft {
  readonly name: string;
  readonly system: string;
  /** The line that checks with this profile. */
  readonly command: string;
  readonly cookie: Cookie | undefined;
  readonly versions: readonly number[];
  readonly tls: 'auto' | 'none' | undefined;
  readonly services: readonly string[];
  /** What a plugin of the system may offer. */
  readonly capabilities: readonly string[];
  readonly calls: readonly DraftedCall[];
  readonly startMs: number | undefined;
  /** What only this system reads, in the place of `tls` and `calls`. */
  readonly own?: OwnDraft | undefined;
}

const flow = (value: unknown): string => stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();

/** Comments and lines of their own, one block for each key. */
const block = (comment: string, lines: string): string => `# ${comment}\n${lines}\n`;

const commented = (lines: readonly string[]): string => lines.map((line) => `# ${line}`).join('\n');

/** A short name for a call: `proto.KV/Get` is `kv-get`. */
const callName = (method: string): string => {
  const [service = '', name = ''] = method.split('/');
  return `${service.split('.').at(-1)}-${name}`.toLowerCase();
};

function callLines({ method, request, response }: DraftedCall): readonly string[] {
  return [
    `  - name: ${callName(method)}`,
    `    method: ${method}`,
    `    request: ${flow(request)}`,
    `    response: ${flow(response)}`,
  ];
}

function callsBlock(calls: readonly DraftedCall[]): string {
  const lines = calls.length > 0 ? calls : [{ method: 'package.Service/Method', request: {}, response: {} }];
  const source =
    calls.length > 0 ? 'one for each method the plugin describes' : 'the plugin describes none by reflection';
  return block(
    `Calls to make, with what must come back; ${source}. Fill in and take the # away.\n# With \`status: NOT_FOUND\` instead of a response that is what must come back; \`match: subset\` compares what is given only.`,
    commented(['calls:', ...lines.flatMap(callLines)]),
  );
}

/** The text of a new profile file. */
export function profileText(draft: ProfileDraft): string {
  const { name, system, command, cookie, versions, tls, services, capabilities, calls, startMs, own } = draft;
  const took = startMs === undefined ? '' : `; it took ${Math.round(startMs)} ms here`;
  return [
    `# yaml-language-server: $schema=./node_modules/plugfest/schemas/profile.v1.json
# What the host of this plugin fixes, as far as the plugin showed it to \`plugfest init\`. Correct what your host does
# otherwise, and keep this file with the plugin. It is used by:
#
#   ${command}
name: ${flow(name)}
system: ${system}
`,
    cookie && block('The variable and value by which the plugin knows its host.', `cookie: ${flow({ ...cookie })}`),
    versions.length > 0 &&
      block('The application protocol versions that the host offers.', `protocolVersions: ${flow(versions)}`),
    !own &&
      block(
        '`auto`: the host hands out a certificate and demands TLS both ways; `none`: it speaks in the clear.',
        tls === undefined ? '# tls: none' : `tls: ${tls}`,
      ),
    block(`How long the host waits until the plugin is ready${took}.`, '# startTimeout: 60s'),
    capabilities.length > 0 &&
      block(
        `What the host cannot do without; a plugin that does not offer it fails. To choose from: ${capabilities.join(', ')}.`,
        `# requires: ${flow(capabilities.slice(0, 1))}`,
      ),
    services.length > 0 &&
      block('The services that the host calls, as the plugin lists them.', `services: ${flow(services)}`),
    own ? block(own.comment, commented(own.lines)) : callsBlock(calls),
  ]
    .filter((part) => part !== false && part !== undefined)
    .join('\n');
}
