/** Where text for people goes, and how it is coloured: stdout, or stderr when stdout carries JSON. */
import type { WriteStream } from 'node:tty';
import picocolors from 'picocolors';
import type { Palette } from '../report/formats/terminal.ts';

export interface Output {
  readonly palette: Palette;
  /** Whether one line can be written over again and again. */
  readonly isLive: boolean;
  readonly columns: number;
  write(text: string): void;
}

/** Follows NO_COLOR and FORCE_COLOR, and leaves pipes and files without colours. */
function wantsColour(stream: WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  return stream.isTTY === true && TERM !== 'dumb';
}

/** The output for people. @param toStderr when stdout belongs to a program */
export function humanOutput(toStderr: boolean): Output {
  const stream: WriteStream = toStderr ? process.stderr : process.stdout;
  const { bold, dim, red, green, yellow, cyan } = picocolors.createColors(wantsColour(stream));
  return {
    palette: { bold, dim, red, green, yellow, cyan },
    isLive: stream.isTTY === true && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined,
    columns: stream.columns ?? 80,
    write: (text) => {
      stream.write(text);
    },
  };
}

/** A reader that goes away (`| head`) is no reason to fail: the run goes on, unheard. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
