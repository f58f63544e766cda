/**
 * Things a plugin does to a probe in its middle, thrown so that a probe can be written straight ahead. Whatever else
 * escapes a probe is our own fault; these are facts about the plugin and become outcomes.
 */
import { describeExit, type Exit } from '../launch/exit.ts';

export class PluginFact extends Error {
  override readonly name: string = 'PluginFact';
}

/** The plugin's process ended while a probe was waiting for it. */
export class PluginExited extends PluginFact {
  override readonly name = 'PluginExited';
  readonly exit: Exit;
  constructor(exit: Exit) {
    super(`the plugin ${describeExit(exit)}`);
    this.exit = exit;
  }
}

/** The plugin closed a connection that a probe was using. */
export class ConnectionClosed extends PluginFact {
  override readonly name = 'ConnectionClosed';
}

/** The plugin did not do something in time. */
export class DeadlinePassed extends PluginFact {
  override readonly name = 'DeadlinePassed';
  readonly waitedFor: string;
  readonly limitMs: number;
  /** @param waitedFor what did not come, in words that follow "waiting for" */
  constructor(waitedFor: string, limitMs: number) {
    super(`${waitedFor}: nothing within ${limitMs} ms`);
    this.waitedFor = waitedFor;
    this.limitMs = limitMs;
  }
}

/** What the probe needs is broken, and another requirement is to blame. */
export class Blocked extends PluginFact {
  override readonly name = 'Blocked';
  readonly by: string;
  constructor(by: string, reason: string) {
    super(reason);
    this.by = by;
  }
}

/** The plugin does not offer what the probe is about, and nobody demands it: the probe does not apply. */
export class NotOffered extends PluginFact {
  override readonly name = 'NotOffered';
}

/** The probe lacks something that only the user can give, such as a schema: nothing can be said of the plugin. */
export class CannotTell extends PluginFact {
  override readonly name = 'CannotTell';
}
