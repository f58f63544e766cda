/** Where a plugin settles that nobody wants to talk to: for the launches that are about the folder alone. */
import { normalize } from 'node:path';
import { eventually } from '../../src/run/within.ts';
import { entriesOf } from './folder.ts';
import { defaultFolder, folderVariable, listeners } from './not-found.ts';
import type { PolarisSession } from './session.ts';

const everyMs = 25;

/** The path of the first socket that appears; `undefined` when none does, or the plugin ends before. */
export async function findPlace(session: PolarisSession): Promise<string | undefined> {
  const { environment, folder, plugin } = session;
  const given = Object.entries(environment).flatMap(([name, value]) =>
    name.startsWith('POLARIS_') && value !== undefined ? [value] : [],
  );
  const folders = [
    ...new Set([folder, ...given, ...(environment[folderVariable] === undefined ? [defaultFolder] : [])]),
  ];
  let place: string | undefined;
  const look = (): boolean => {
    // What appears in these folders is the plugin's, however it was bound, by a relative path or under another name: they
    // are this launch's own, and the one that all share is lent to it empty.
    const entry = folders.flatMap(entriesOf).find(({ kind }) => kind === 'socket');
    const own = listeners(session).find(({ network, address }) => network === 'unix' && address.startsWith('/'));
    // A name such as `///tmp/x` is what `unix:///tmp/x` comes to in some libraries.
    const found = entry?.path ?? own?.address;
    place = found === undefined ? undefined : normalize(found);
    return place !== undefined || plugin.exited !== undefined;
  };
  await eventually(look, { limitMs: session.deadlines.startMs, everyMs });
  return place;
}
