import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin } from 'vitest/config';

export function yamlModules(): EsbuildPlugin;
export function yamlPlugin(): Plugin;
