/** Every report format: one file each under `formats/`, and one line here. */
import type { Format } from './format.ts';
import { html } from './formats/html.ts';
import { json } from './formats/json.ts';
import { junit } from './formats/junit.ts';
import { markdown } from './formats/markdown.ts';
import { terminal } from './formats/terminal.ts';

export const formats: readonly Format[] = [html, json, junit, markdown, terminal];
