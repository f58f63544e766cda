/** The report: what a run found, in the shape that users' CI, editors and dashboards rest on (schemas/report.v1.json). */
import type { HostReaction, Level } from '../run/level.ts';

export type Verdict = 'conformant' | 'nonconformant' | 'incomplete';

/** A few facts an outcome rests on. */
export interface ReportedEvidence {
  readonly launch: string;
  /** Milliseconds since the launch began. */
  readonly atMs: number;
  readonly source: string;
  readonly text: string;
  readonly encoding: 'utf8' | 'base64';
  readonly truncated: boolean;
}

/** A failure that a baseline knows. */
export interface KnownFailure {
  readonly reason: string;
  /** The day after which it is no longer excused, `YYYY-MM-DD`. */
  readonly until?: string;
  readonly link?: string;
}

/** What became of one requirement. */
export interface ReportedOutcome {
  readonly id: string;
  /** The level that holds here: a condition or the profile may have raised it. */
  readonly level: Level;
  readonly area: string;
  readonly title: string;
  /** The rule, in one or two sentences. */
  readonly text?: string;
  /** What the rule is good for. */
  readonly why?: string;
  readonly launches: readonly string[];
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'blocked' | 'errored';
  /** Why skipped, blocked, failed or errored, in one sentence; a remark on a pass. */
  readonly reason?: string;
  readonly blockedBy?: string;
  readonly stateDependent?: boolean;
  readonly known?: KnownFailure;
  readonly expected?: string;
  readonly observed?: string;
  readonly evidence?: readonly ReportedEvidence[];
  readonly host?: readonly HostReaction[];
  /** The exact words the reference host would show for what was observed. */
  readonly hostSays?: string;
  readonly fix?: string;
  readonly source?: string;
  readonly reproduce?: Reproduce;
  readonly durationMs: number;
  /** How often it failed, of how many runs; only with `--repeat`. */
  readonly repeated?: { readonly runs: number; readonly failed: number };
}

/** A command that runs just this requirement again. */
export interface Reproduce {
  readonly text: string;
  readonly argv: readonly string[];
}

/** A root cause. */
export interface Diagnosis {
  readonly class: string;
  /** A finer name, where the class covers several causes. */
  readonly variant?: string;
  readonly title: string;
  readonly fix?: string;
  /** The requirements it breaks, gravest first. */
  readonly requirements: readonly string[];
  /** `note` for something worth knowing that breaks no rule. */
  readonly severity: 'error' | 'warning' | 'note';
}

export interface ReportedLaunch {
  readonly name: string;
  readonly pid: number;
  /** Milliseconds until the plugin was ready. */
  readonly startMs?: number;
  readonly exit?: { readonly code?: number; readonly signal?: string; readonly killedBy?: string };
  readonly leaked: readonly string[];
}

export interface Counts {
  readonly passed: number;
  /** Failed MUSTs, less known failures. */
  readonly failed: number;
  /** Failed SHOULDs and MAYs, less known failures. */
  readonly warned: number;
  readonly skipped: number;
  readonly blocked: number;
  readonly errored: number;
  /** Failures that a baseline knows. */
  readonly known?: number;
}

export interface Coverage {
  readonly requirements: number;
  readonly probed: number;
  readonly untestable: number;
  readonly planned: number;
}

export interface Environment {
  readonly os: string;
  readonly arch: string;
  readonly node: string;
}

export interface Tool {
  readonly name: 'plugfest';
  readonly version: string;
  /** Digest of the requirement data. */
  readonly requirements: string;
}

/** The report on one plugin. */
export interface Report {
  readonly kind: 'report';
  readonly schemaVersion: 1;
  readonly tool: Tool;
  readonly environment: Environment;
  readonly system: string;
  readonly plugin: {
    readonly name: string;
    readonly command: readonly string[];
    readonly files: readonly { readonly path: string; readonly sha256: string }[];
  };
  readonly profile: { readonly name: string; readonly digest: string };
  /** What the areas of the outcomes are about, in the order of the protocol. */
  readonly areas?: readonly { readonly name: string; readonly title: string }[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly seed: number;
  /** False when the run was narrowed, interrupted or ended early. */
  readonly complete: boolean;
  readonly scope: {
    readonly only?: readonly string[];
    readonly skip?: readonly string[];
    readonly level?: Level;
    readonly smoke?: boolean;
  };
  readonly strict: boolean;
  readonly interrupted: boolean;
  readonly verdict: Verdict;
  readonly counts: Counts;
  readonly coverage: Coverage;
  readonly observed: {
    readonly handshake?: string;
    readonly services: readonly string[];
    readonly capabilities: readonly string[];
  };
  /** Root cause first. */
  readonly diagnoses: readonly Diagnosis[];
  readonly outcomes: readonly ReportedOutcome[];
  readonly launches: readonly ReportedLaunch[];
  /** Things worth knowing about the run itself, such as which cookie fitted. */
  readonly notes?: readonly string[];
  /** Present when a baseline was given: what is wrong with it. */
  readonly baseline?: { readonly file: string; readonly problems: readonly string[] };
}

/** What `plugfest run` writes. */
export interface RunReport {
  readonly kind: 'run';
  readonly schemaVersion: 1;
  readonly tool: Omit<Tool, 'requirements'>;
  readonly verdict: Verdict;
  readonly reports: readonly Report[];
}

/** Whether a failure counts against the verdict: MUSTs do, SHOULDs under `strict`, known failures never. */
export const counts = (outcome: Pick<ReportedOutcome, 'outcome' | 'level' | 'known'>, strict: boolean): boolean =>
  outcome.outcome === 'failed' &&
  outcome.known === undefined &&
  (outcome.level === 'MUST' || (strict && outcome.level === 'SHOULD'));
