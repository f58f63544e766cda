/** Bad input from the user: said with what was expected, and exit code 2. */
const mark = Symbol.for('plugfest.UsageError');

export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'PLUGFEST_USAGE';
  /** How the input would be right, where the intent is clear. */
  readonly hint: string | undefined;
  readonly [mark] = true;

  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}

/** Works across two loaded copies of the package. */
export const isUsageError = (error: unknown): error is UsageError =>
  typeof error === 'object' && error !== null && mark in error;
