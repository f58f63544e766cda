/** A folder that lives as long as the test that made it. Its path is short: Unix sockets may lie in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';

export function temporaryFolder(): string {
  const folder = mkdtempSync('/tmp/pt-');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
