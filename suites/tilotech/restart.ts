/** Starts a plugin again as the host does after it was gone: the same socket path, cleared, and a new process. */
import { rmSync } from 'node:fs';
import type { TiloSession } from './session.ts';

/** The new session lives as long as the old one's launch. The old process must have ended. */
export function restart(session: TiloSession): Promise<TiloSession> {
  const { socketPath, plugin } = session;
  // Hosts since 0.1.2 do this; with older ones it is up to the plugin (TILO-SOCK-003).
  rmSync(socketPath, { force: true });
  return session.startBeside({ PLUGIN_SOCKET: socketPath, TMPDIR: plugin.directory });
}
