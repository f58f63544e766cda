/** The rules of this system, area by area in the order of a plugin's life. */
import { parseRequirements, type Requirements } from '../../src/run/requirement.ts';
import any from './requirements/any.json' with { type: 'json' };
import conn from './requirements/conn.json' with { type: 'json' };
import err from './requirements/err.json' with { type: 'json' };
import gp from './requirements/gp.json' with { type: 'json' };
import life from './requirements/life.json' with { type: 'json' };
import ping from './requirements/ping.json' with { type: 'json' };
import refl from './requirements/refl.json' with { type: 'json' };
import sock from './requirements/sock.json' with { type: 'json' };
import svc from './requirements/svc.json' with { type: 'json' };

export const requirements: Requirements = parseRequirements([sock, conn, refl, ping, svc, any, err, life, gp]);

/** What the areas are about. */
export const areas: Readonly<Record<string, string>> = {
  SOCK: 'Socket and folder',
  CONN: 'Connection',
  REFL: 'Reflection',
  PING: 'Ping',
  SVC: 'Rate limiting',
  ANY: 'Any-typed call',
  ERR: 'Errors',
  LIFE: 'Start, restart and end',
  GP: 'go-plugin generations',
};
