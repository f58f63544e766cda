/** The rules of this system, area by area in the order of a plugin's life. */
import { parseRequirements, type Requirements } from '../../src/run/requirement.ts';
import ctx from './requirements/ctx.json' with { type: 'json' };
import disp from './requirements/disp.json' with { type: 'json' };
import err from './requirements/err.json' with { type: 'json' };
import http from './requirements/http.json' with { type: 'json' };
import json from './requirements/json.json' with { type: 'json' };
import out from './requirements/out.json' with { type: 'json' };
import ready from './requirements/ready.json' with { type: 'json' };
import recon from './requirements/recon.json' with { type: 'json' };
import sock from './requirements/sock.json' with { type: 'json' };
import start from './requirements/start.json' with { type: 'json' };
import term from './requirements/term.json' with { type: 'json' };

export const requirements: Requirements = parseRequirements([
  start,
  ready,
  sock,
  http,
  json,
  err,
  ctx,
  recon,
  term,
  out,
  disp,
]);

/** What the areas are about. */
export const areas: Readonly<Record<string, string>> = {
  START: 'Start and environment',
  READY: 'Ready line',
  SOCK: 'Socket',
  HTTP: 'HTTP',
  JSON: 'JSON',
  ERR: 'Errors',
  CTX: 'Deadlines',
  RECON: 'Restart and repetition',
  TERM: 'Termination',
  OUT: 'Output',
  DISP: 'Tilores dispatcher',
};
