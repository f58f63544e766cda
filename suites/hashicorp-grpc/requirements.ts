/** The rules of this system, area by area in the order of the protocol. */
import { parseRequirements, type Requirements } from '../../src/run/requirement.ts';
import an from './requirements/an.json' with { type: 'json' };
import br from './requirements/br.json' with { type: 'json' };
import cc from './requirements/cc.json' with { type: 'json' };
import cl from './requirements/cl.json' with { type: 'json' };
import cn from './requirements/cn.json' with { type: 'json' };
import ct from './requirements/ct.json' with { type: 'json' };
import dl from './requirements/dl.json' with { type: 'json' };
import er from './requirements/er.json' with { type: 'json' };
import hl from './requirements/hl.json' with { type: 'json' };
import hs from './requirements/hs.json' with { type: 'json' };
import le from './requirements/le.json' with { type: 'json' };
import lg from './requirements/lg.json' with { type: 'json' };
import lm from './requirements/lm.json' with { type: 'json' };
import mx from './requirements/mx.json' with { type: 'json' };
import pg from './requirements/pg.json' with { type: 'json' };
import ra from './requirements/ra.json' with { type: 'json' };
import rf from './requirements/rf.json' with { type: 'json' };
import sd from './requirements/sd.json' with { type: 'json' };
import si from './requirements/si.json' with { type: 'json' };
import tls from './requirements/tls.json' with { type: 'json' };
import tr from './requirements/tr.json' with { type: 'json' };
import vn from './requirements/vn.json' with { type: 'json' };

export const requirements: Requirements = parseRequirements([
  le,
  hs,
  tr,
  tls,
  hl,
  rf,
  ct,
  si,
  br,
  mx,
  lg,
  vn,
  cc,
  lm,
  er,
  dl,
  sd,
  cl,
  ra,
  cn,
  pg,
  an,
]);

/** What the areas are about. */
export const areas: Readonly<Record<string, string>> = {
  LE: 'Launch and environment',
  HS: 'Handshake',
  TR: 'Transport',
  TLS: 'Transport security',
  HL: 'Health',
  RF: 'Reflection',
  CT: 'Controller',
  SI: 'Stdio',
  BR: 'Broker',
  MX: 'Multiplexed broker',
  LG: 'Logging',
  VN: 'Version negotiation',
  CC: 'Concurrency',
  LM: 'Message limits',
  ER: 'Errors',
  DL: 'Deadlines',
  SD: 'Shutdown',
  CL: 'Clean-up',
  RA: 'Reattach',
  CN: 'Containers',
  PG: 'Ping',
  AN: 'Any-typed call',
};
