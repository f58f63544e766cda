/** How binding a requirement is, and what hosts do about a break. */

/** MUST, SHOULD or MAY as in RFC 2119. */
export type Level = 'MUST' | 'SHOULD' | 'MAY';
/**
 * What a reference host does about a break: `rejects` (an error names it), `breaks` (the session or a call fails),
 * `hangs`, `crashes` (the host itself), `degrades` (works, with a loss), `tolerates` (does not notice).
 */
export type Reaction = 'rejects' | 'breaks' | 'hangs' | 'crashes' | 'degrades' | 'tolerates';

export interface HostReaction {
  /** Versions of the reference host, such as `≥ 1.7.0`, or `all`. */
  readonly versions: string;
  readonly reaction: Reaction;
  /** The error text a user of that host would see; `…` stands for what varies. */
  readonly message?: string | undefined;
  /** What else is worth knowing, such as when it shows. */
  readonly note?: string | undefined;
}
