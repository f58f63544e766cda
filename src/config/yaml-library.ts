/**
 * The YAML library, named once: it is loaded only when a file is read, and a bundler keeps the names of a CommonJS
 * package only where they are imported statically.
 */
export { LineCounter, parseDocument } from 'yaml';
