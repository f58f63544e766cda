/** Which requirements can lead to which diagnosis class, from the root of a plugin's life to its end. */
import type { DiagnosisClass } from '../../src/diagnose/classes.ts';

export const classes: Readonly<Record<string, readonly string[]>> = {
  'not-a-plugin': ['POL-SOCK-002'],
  'checksum-mismatch': ['POL-SOCK-002'],
  'not-executable': ['POL-SOCK-002'],
  'wrong-architecture': ['POL-SOCK-002'],
  'missing-loader-or-library': ['POL-SOCK-002'],
  'sandbox-refuses-socket': ['POL-SOCK-002'],
  'bad-socket-path': ['POL-SOCK-002'],
  'early-exit': ['POL-SOCK-002'],
  'missing-folder': ['POL-SOCK-011'],
  'fixed-socket-path': ['POL-SOCK-004'],
  'not-discovered': ['POL-SOCK-001', 'POL-SOCK-002', 'POL-SOCK-003', 'POL-SOCK-009'],
  'not-listening': ['POL-SOCK-002', 'POL-SOCK-008', 'POL-CONN-003'],
  'dead-socket': ['POL-SOCK-010'],
  'not-http2': ['POL-CONN-001', 'POL-CONN-002'],
  'broken-grpc': ['POL-CONN-004'],
  'no-reflection': ['POL-REFL-001', 'POL-REFL-002', 'POL-REFL-008'],
  'wrong-service-name': ['POL-REFL-003', 'POL-REFL-004'],
  'demands-metadata': ['POL-SVC-009'],
  'ping-failed': ['POL-PING-001', 'POL-PING-002'],
  'no-answer': ['POL-REFL-005', 'POL-PING-003', 'POL-SVC-005'],
  'wrong-contract': ['POL-REFL-006', 'POL-SVC-001', 'POL-ANY-001', 'POL-ANY-002', 'POL-ANY-003'],
  'error-for-an-answer': ['POL-SVC-001', 'POL-SVC-002', 'POL-SVC-003', 'POL-SVC-006'],
  'too-few-streams': ['POL-SVC-007'],
  'crash-in-call': ['POL-ERR-001'],
  'exits-when-idle': ['POL-SOCK-002'],
  'closes-idle-connection': ['POL-CONN-005'],
  'left-behind': ['POL-SOCK-006', 'POL-SOCK-007', 'POL-LIFE-002'],
  'moves-on-restart': ['POL-LIFE-001'],
  'shutdown-ignored': ['POL-LIFE-003'],
};

/** Classes that only this system has. */
export const diagnoses: Readonly<Record<string, DiagnosisClass>> = {
  'missing-folder': {
    title: 'A missing folder is not dealt with',
    explanation:
      'The default folder lies in /tmp, which is empty after every boot. A plugin that neither makes it nor names it in an error looks as if it had never been started.',
    fix: 'Make the folder before you bind, as mkdir -p does.',
  },
  'fixed-socket-path': {
    title: 'The path of the socket is fixed',
    explanation:
      'The plugin binds the same path whatever POLARIS_PLUGGABLE_SOCKETS_FOLDER says, as the examples of the SDK do. It works as long as the server uses the default folder.',
    fix: 'Take the folder from the variable; to check the plugin as it is, add --sockets-folder or --socket.',
  },
  'not-discovered': {
    title: 'The server does not discover the plugin',
    explanation:
      'The server lists one folder, once, and takes Unix stream sockets only: no links, no folders below, no TCP. What it does not take it ignores without a word; a service that it finds twice makes it panic.',
    fix: 'Bind one Unix socket directly in the folder of POLARIS_PLUGGABLE_SOCKETS_FOLDER.',
  },
  'dead-socket': {
    title: 'A socket in the folder does not answer',
    explanation:
      'The server dials every socket of its folder, one after the other, for 5 s each. The first that does not answer ends its start, whomever it belongs to.',
    fix: 'Remove dead sockets, and bind sockets for other purposes elsewhere.',
  },
  'no-reflection': {
    title: 'The server cannot list the services',
    explanation:
      'The server learns what a plugin is from server reflection v1alpha, and from nothing else. Without it, with v1 only, or with an error, its start ends.',
    fix: 'Register server reflection of your gRPC library, in its version v1alpha.',
  },
  'wrong-service-name': {
    title: 'The service has another name',
    explanation:
      'The server compares full names letter by letter: `api.RateLimiter` (P3) or `api.components.Plugin` (P2). The README of the SDK still shows P2 while its code is P3.',
    fix: 'Compile the .proto file of the generation you serve without changes.',
  },
  'ping-failed': {
    title: 'Ping fails',
    explanation: 'The server sends one Ping when it starts. Anything but OK makes it end with exit status 255.',
    fix: 'Return OK and an empty PongResponse as soon as the plugin listens.',
  },
  'wrong-contract': {
    title: 'The messages are not those of the contract',
    explanation:
      'Field numbers, types and the type URLs inside Any are the contract. The server takes every answer that it cannot read, and every empty one, for a denial.',
    fix: 'Compile the .proto files of the SDK without changes, and let the library pack and unpack.',
  },
  'error-for-an-answer': {
    title: 'An error instead of an answer',
    explanation: 'The server denies the request for every error status, and logs it as a failure of the plugin.',
    fix: 'Answer OK with allow = true or false.',
  },
  'moves-on-restart': {
    title: 'The socket has another path after a restart',
    explanation: 'The server reconnects to the path it found when it started, and looks for no other.',
    fix: 'Use a fixed name for the socket file.',
  },
};
