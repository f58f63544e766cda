/** What is known of go-plugin over gRPC before its suite is loaded: how such a plugin is recognised. */
import type { SystemEntry } from '../../src/run/registry.ts';

const handshake = /^\s*\+?\d+\|\d+\|(?:unix|tcp)\|[^|]+\|grpc(?:\||\s*$)/;
const olderHandshake = /^\s*\d+\|\d+\|(?:unix|tcp)\|[^|]+(?:\||\s*$)/;
const refusal = /\bis a plugin\b|magic cookie/i;

export const hashicorpGrpc: SystemEntry = {
  system: 'hashicorp-grpc',
  title: 'HashiCorp go-plugin (gRPC)',
  load: async () => (await import('./suite.ts')).suite,
  profileBlock: async () => (await import('./deadlines.ts')).profileBlock,
  profiles: async () => (await import('./profiles.ts')).profiles,
  invite: async () => (await import('./known-hosts.ts')).allCookies(),
  recognise: ({ stdout, stderr }) => {
    if (stdout.some((line) => handshake.test(line))) return 'it prints a handshake line that names grpc';
    if (stdout.some((line) => olderHandshake.test(line))) return 'it prints a go-plugin handshake line';
    return stderr.some((line) => refusal.test(line))
      ? { sign: 'it asks for a magic cookie', refuses: true }
      : undefined;
  },
};
