/** Diagnosis classes: those of this system alone, and which requirements can lead to each, in the order of a life. */
import type { DiagnosisClass } from '../../src/diagnose/classes.ts';

export const diagnoses: Readonly<Record<string, DiagnosisClass>> = {
  'listen-failed': {
    title: 'The plugin cannot listen',
    explanation:
      'The plugin could not bind the path of PLUGIN_SOCKET. The line `failed to listen on socket` tells the host so at once; without it the host waits for 10 seconds.',
    fix: 'Print `failed to listen on socket` on stdout, the reason on stderr, and exit.',
  },
  'ready-line-malformed': {
    title: 'The ready line is not exact',
    explanation:
      'The host compares whole lines of stdout with `plugin is ready`. It drops one carriage return at the end and nothing else: blanks, prefixes, colours and capitals make it wait until its time is over.',
    fix: 'Print exactly `plugin is ready` and a line feed, without a logger.',
  },
  'ready-line-on-stderr': {
    title: 'The ready line was written to stderr',
    explanation: 'The host reads stdout only; stderr goes to its own stderr unread.',
    fix: 'Print the ready line on stdout.',
  },
  'ready-line-not-flushed': {
    title: 'The ready line never gets through',
    explanation:
      'stdout is a pipe, so most languages buffer it in blocks: without a flush the line stays in the plugin.',
    fix: 'Flush stdout after the line.',
  },
  'ready-line-missing': {
    title: 'There is no ready line',
    explanation: 'The plugin runs, and does not print `plugin is ready` until the host gives up after 10 seconds.',
    fix: 'Print `plugin is ready` on stdout as soon as the server listens.',
  },
  'ignores-plugin-socket': {
    title: 'PLUGIN_SOCKET is ignored',
    explanation: 'The plugin says that it is ready, and listens somewhere else than the host was told to call.',
    fix: 'Listen at the path of PLUGIN_SOCKET.',
  },
  'wrong-socket-path': {
    title: 'There is no usable socket at the path',
    explanation:
      'At the path of PLUGIN_SOCKET is something else than a listening stream socket, or the path was changed.',
    fix: 'Create a stream socket at exactly the path of PLUGIN_SOCKET, and listen on it.',
  },
  'socket-open-to-others': {
    title: 'Others can use the socket',
    explanation: 'The protocol has no authentication: the mode of the socket file is its only protection.',
    fix: 'Set the umask to 0077 before listening.',
  },
  'not-http1': {
    title: 'The plugin does not speak HTTP/1.1',
    explanation:
      'The host sends plain HTTP/1.1. TLS, HTTP/2, other protocols and silence mean to it that the plugin is gone.',
    fix: 'Serve plain HTTP/1.1 on the socket.',
  },
  'refuses-host-name': {
    title: 'The host name is refused',
    explanation:
      'Every call carries `Host: plugin`. Servers that check host names against a list turn all of them away.',
    fix: 'Switch the check of the Host header off.',
  },
  'closes-without-answer': {
    title: 'Requests are not answered to the end',
    explanation:
      'A connection that closes while a request waits means that the plugin is gone: the host starts it again and sends the request twice. Hosts 0.1.2 and 0.1.3 crash when the old process still lives.',
    fix: 'Answer every request completely, errors too.',
  },
  'closes-connections': {
    title: 'Connections are closed after each answer',
    explanation: 'The host keeps connections open for further calls. Without that each call costs a new one.',
    fix: 'Speak HTTP/1.1 with Content-Length and leave connections open.',
  },
  'one-at-a-time': {
    title: 'Connections wait for each other',
    explanation: 'The host opens a connection for every concurrent call, and leaves up to two of them idle.',
    fix: 'Serve every connection by itself.',
  },
  redirects: {
    title: 'Calls are redirected',
    explanation: 'The host follows redirects; most of them turn the POST into a GET without its body.',
    fix: 'Serve paths as they are.',
  },
  'wrong-route': {
    title: 'The path leads to the wrong method',
    explanation: 'The path is the name of the method, compared letter by letter.',
    fix: 'Route POST requests by their exact path.',
  },
  'demands-headers': {
    title: 'Headers are demanded',
    explanation: 'Only Host and Content-Length are certain; other clients send other headers than Go.',
    fix: 'Decode the body as JSON whatever the headers say.',
  },
  'wrong-success-status': {
    title: 'Success is not answered with 200',
    explanation: 'For the host only 200 is success. 201, 202 and 204 become errors.',
    fix: 'Answer 200, with `null` where there is no result.',
  },
  'ignores-envelope': {
    title: 'The request object is misread',
    explanation:
      'The parameter is the member `Payload` of the request. Decoding the whole object leaves everything empty.',
    fix: 'Take the parameter from `Payload`.',
  },
  'rejects-deadline': {
    title: 'A form of the deadline is rejected',
    explanation: '`Context.Deadline` is null or an RFC 3339 time with up to nine digits and any offset.',
    fix: 'Accept null, and parse RFC 3339 in full.',
  },
  'wrong-data': {
    title: 'The result is not the expected one',
    explanation: 'The type is right and the value is not: the parameter did not arrive as it was sent.',
    fix: 'Read the parameter from `Payload` with a JSON parser.',
  },
  'wrong-result': {
    title: 'The body is not the result',
    explanation: 'The body of a success is the result itself: no envelope, no second encoding, `null` for no result.',
    fix: 'Write the result itself as the body.',
  },
  'empty-body': {
    title: 'The body is empty',
    explanation: 'The host decodes every body; an empty one ends in the error `EOF` although the call succeeded.',
    fix: 'Write `null`.',
  },
  'error-as-success': {
    title: 'A failure looks like a success',
    explanation: 'Status 200 means success, whatever the body says.',
    fix: 'Answer failures with 404, 422 or 500.',
  },
  'error-not-json-text': {
    title: 'The error text is not JSON',
    explanation: 'The body of a failure is one JSON string. For anything else the caller sees an error of the decoder.',
    fix: 'Encode the message as a JSON text.',
  },
  'method-too-slow': {
    title: 'A method takes too long',
    explanation: 'The host gives up after 30 seconds, reading the body included, and does not start the plugin again.',
    fix: 'Answer before that, and do longer work in the background.',
  },
  'ignores-deadline': {
    title: 'Deadlines are ignored',
    explanation: 'The deadline in `Context` is all a plugin learns of its caller. Work beyond it is done for nobody.',
    fix: 'Turn the deadline into a timeout.',
  },
  'state-lost': {
    title: 'A repetition has another result',
    explanation: 'The host starts plugins again and sends requests twice. Both must not change results.',
    fix: 'Keep state outside the process, and make methods idempotent.',
  },
  'drops-under-load': {
    title: 'Connections are lost under load',
    explanation: 'A connection that is refused or reset means to the host that the plugin is gone.',
    fix: 'Leave a queue before the listener.',
  },
  'dispatcher-incomplete': {
    title: 'The dispatcher is not complete',
    explanation: 'The Tilores core calls seven methods with fixed names and members.',
    fix: 'Serve them as tilores-plugin-api names them.',
  },
  'ignores-signal': {
    title: 'A signal does not end the plugin',
    explanation: 'The host sends SIGTERM once, waits for nothing and never kills.',
    fix: 'Handle SIGTERM and SIGINT: close the server with its connections, and exit.',
  },
};

const start = ['TILO-START-004'];

export const classes: Readonly<Record<string, readonly string[]>> = {
  'not-a-plugin': start,
  'checksum-mismatch': start,
  'not-executable': start,
  'wrong-architecture': start,
  'missing-loader-or-library': start,
  'memory-lock': start,
  'sandbox-refuses-socket': start,
  'bad-socket-path': start,
  'early-exit': ['TILO-START-004', 'TILO-START-006'],
  'reads-stdin': ['TILO-START-002', 'TILO-START-004'],
  'listen-failed': ['TILO-START-004', 'TILO-READY-006'],
  'ready-line-malformed': ['TILO-READY-001'],
  'ready-line-on-stderr': ['TILO-READY-003'],
  'ready-line-not-flushed': ['TILO-READY-002'],
  'ready-line-missing': ['TILO-READY-001', 'TILO-START-004'],
  'slow-start': start,
  'ignores-plugin-socket': ['TILO-START-001'],
  'wrong-socket-path': ['TILO-SOCK-001'],
  'not-listening': ['TILO-START-003'],
  'not-http1': ['TILO-HTTP-001'],
  'refuses-host-name': ['TILO-HTTP-003'],
  'exits-when-idle': ['TILO-READY-007'],
  'crash-in-call': ['TILO-ERR-005', 'TILO-CTX-003'],
  'closes-without-answer': ['TILO-HTTP-005'],
  redirects: ['TILO-HTTP-008'],
  'wrong-route': ['TILO-HTTP-002'],
  'ignores-envelope': ['TILO-JSON-001'],
  'rejects-deadline': ['TILO-JSON-002'],
  'wrong-success-status': ['TILO-HTTP-004'],
  'wrong-result': ['TILO-JSON-004', 'TILO-JSON-005'],
  'wrong-data': ['TILO-JSON-001', 'TILO-JSON-006'],
  'empty-body': ['TILO-JSON-005'],
  'error-as-success': ['TILO-ERR-001'],
  'error-not-json-text': ['TILO-ERR-001'],
  'method-too-slow': ['TILO-CTX-004'],
  'dispatcher-incomplete': ['TILO-DISP-001', 'TILO-DISP-002'],
  'blocked-by-own-output': ['TILO-OUT-001', 'TILO-OUT-003'],
  'ignores-signal': ['TILO-TERM-001', 'TILO-TERM-002', 'TILO-TERM-005'],
  'left-behind': [
    'TILO-SOCK-003',
    'TILO-SOCK-004',
    'TILO-SOCK-005',
    'TILO-RECON-001',
    'TILO-TERM-001',
    'TILO-TERM-006',
  ],
  'state-lost': ['TILO-RECON-001', 'TILO-RECON-002'],
  'drops-under-load': ['TILO-RECON-003'],
  'ignores-deadline': ['TILO-CTX-001', 'TILO-CTX-003'],
  'one-at-a-time': ['TILO-HTTP-007'],
  'closes-connections': ['TILO-HTTP-006'],
  'message-too-large': ['TILO-HTTP-011'],
  'demands-headers': ['TILO-HTTP-010'],
  'socket-open-to-others': ['TILO-SOCK-002'],
};
