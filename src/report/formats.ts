/** Every report format: one file each under `formats/`, and one line here. */
import type { Format } from './format.ts';
import { terminal } from './formats/terminal.ts';

const json: Format = { name: 'json', title: 'x', render: (r) => `${JSON.stringify(r, undefined, 2)}\n` };
export const formats: readonly Format[] = [json, terminal];
export { json };
