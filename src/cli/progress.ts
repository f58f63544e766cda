/** Tells of a run while it goes on: one live line on a terminal, plain lines for what is wrong elsewhere. */
import type { CheckEvent } from '../check-event.ts';
import { oneLineWithin } from '../report/escape.ts';
import type { ReportedOutcome } from '../report/report.ts';
import type { Output } from './output.ts';

export interface Progress {
  readonly see: (event: CheckEvent) => void;
  /** Clears the live line. */
  readonly done: () => void;
}

export interface ProgressOptions {
  readonly output: Output;
  readonly verbose: boolean;
  readonly quiet: boolean;
  /** Put before every line where several plugins are checked. */
  readonly prefix?: string;
}

const marks: Readonly<Record<ReportedOutcome['outcome'], string>> = {
  passed: '✓',
  failed: '✗',
  skipped: '-',
  blocked: '·',
  errored: '?',
};

const eraseLine = '\r\u001b[2K';
const refreshMs = 50;

export function createProgress({ output, verbose, quiet, prefix = '' }: ProgressOptions): Progress {
  const { palette: p } = output;
  const seen = { passed: 0, failed: 0, skipped: 0, blocked: 0, errored: 0 };
  const running = new Set<string>();
  const startedAt = performance.now();
  let planned = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    const judged = Object.values(seen).reduce((sum, count) => sum + count, 0);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const failed = seen.failed > 0 ? `, ${seen.failed} failed` : '';
    const now = [...running].slice(0, 3).join(', ');
    const line = `${prefix}${judged}/${planned} judged${failed} · ${seconds} s · ${running.size === 0 ? 'waiting' : now}`;
    output.write(`${eraseLine}${p.dim(line.slice(0, Math.max(20, output.columns - 1)))}`);
  };
  if (output.isLive && !quiet) timer = setInterval(draw, refreshMs).unref();
  const say = (line: string): void => {
    if (quiet) return;
    if (timer) output.write(eraseLine);
    output.write(`${prefix}${line}\n`);
  };
  const tell = (outcome: ReportedOutcome): void => {
    seen[outcome.outcome] += 1;
    const isBad = outcome.outcome === 'failed' || outcome.outcome === 'errored';
    if (!isBad && !verbose) return;
    const paint = outcome.outcome === 'failed' ? (outcome.level === 'MUST' ? p.red : p.yellow) : isBad ? p.red : p.dim;
    const reason = outcome.reason === undefined ? outcome.title : oneLineWithin(outcome.reason, 160);
    say(`${paint(marks[outcome.outcome])} ${outcome.id} ${outcome.level}  ${reason}`);
  };
  return {
    see: (event) => {
      if (event.type === 'planned') planned = event.probes;
      else if (event.type === 'outcome') tell(event.outcome);
      else if (event.type === 'started') running.add(event.launch);
      else if (event.type === 'ended') running.delete(event.launch);
    },
    done: () => {
      clearInterval(timer);
      if (timer) output.write(eraseLine);
    },
  };
}
