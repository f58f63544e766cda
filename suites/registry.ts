/** All systems: one line each. Suites are loaded only when a plugin of theirs is checked. */
import type { Registry } from '../src/run/registry.ts';
import { hashicorpGrpc } from './hashicorp-grpc/entry.ts';
import { polaris } from './polaris/entry.ts';
import { tilotech } from './tilotech/entry.ts';

export const registry: Registry = [hashicorpGrpc, polaris(hashicorpGrpc.load), tilotech];
