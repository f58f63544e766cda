/**
 * The diagnosis classes: stable names, with what each means and what to do about it. Ordered from the root of a
 * plugin's life to its end, which is the order in which they are told.
 */

export interface DiagnosisClass {
  readonly title: string;
  /** What is going on, for `plugfest explain` and the page of diagnoses. */
  readonly explanation: string;
  /** The general answer; a diagnosis may carry a better one for the case at hand. */
  readonly fix: string;
}

const table = {
  'not-a-plugin': {
    title: 'The file is not a plugin',
    explanation:
      'Hosts try to start every file of a plugin folder. A README, a configuration file, a directory or a wrong path cannot be started, and the host reports a start failure for it.',
    fix: 'Point at the executable itself, and keep other files out of the plugin folder.',
  },
  'checksum-mismatch': {
    title: 'The checksum is another one',
    explanation:
      'A host with a SecureConfig hashes the file it is about to run, after following links, and refuses it when the SHA-256 is not the registered one. For `python plugin.py` the file is the interpreter.',
    fix: 'Register the SHA-256 of the file that really runs, or restore the file.',
  },
  'not-executable': {
    title: 'The file cannot be executed',
    explanation:
      'The execute bit is missing, the mount forbids execution, or the file is a script without an interpreter line. Archives and container copies often lose the bit.',
    fix: 'chmod +x the file, begin scripts with #!, and keep plugins on a mount without noexec.',
  },
  'wrong-architecture': {
    title: 'The binary is for another machine',
    explanation: 'The file is a binary for another processor or operating system than this machine has.',
    fix: 'Build for the machine that runs the host.',
  },
  'missing-loader-or-library': {
    title: 'A loader, library, interpreter or module is missing',
    explanation:
      'The file is there, but something it needs is not: the dynamic loader (musl and glibc differ), a shared library, the interpreter of its #! line, or a module of its language.',
    fix: 'Install what is missing, or link statically (in Go: CGO_ENABLED=0).',
  },
  'memory-lock': {
    title: 'The plugin cannot lock its memory',
    explanation:
      'The plugin calls mlock and the system refuses: the limit is too low or the capability IPC_LOCK is missing.',
    fix: 'setcap cap_ipc_lock=+ep on the file, raise the limit, or disable mlock.',
  },
  'sandbox-refuses-socket': {
    title: 'The surroundings refuse the socket',
    explanation: 'No writable temporary folder, a read-only file system, or Unix sockets that a sandbox forbids.',
    fix: 'Give the plugin a writable folder and honour PLUGIN_UNIX_SOCKET_DIR.',
  },
  'bad-socket-path': {
    title: 'The socket path cannot be used',
    explanation:
      'A Unix socket path may have 107 bytes on Linux and 103 on macOS. Long temporary folders leave no room; schemes such as unix:// are taken for part of the path.',
    fix: 'Use a short path under PLUGIN_UNIX_SOCKET_DIR or the temporary folder, and print it bare.',
  },
  'cookie-refused': {
    title: 'The plugin refuses its cookie',
    explanation:
      'Plugins check a magic cookie, a variable with a value that only their host knows, so that nobody starts them by hand. Without the right one they explain themselves on stderr and exit.',
    fix: 'Give the cookie of the host with --cookie KEY=VALUE, or the host with --profile.',
  },
  'early-exit': {
    title: 'The plugin ended before it was ready',
    explanation:
      'The process ended before it printed its handshake. The host shows one generic hint for every cause of this.',
    fix: 'Read the last lines of stderr; start the plugin by hand with its cookie to see more.',
  },
  'reads-stdin': {
    title: 'The plugin ends with its stdin',
    explanation: 'The plugin reads stdin and quits at its end. On a terminal it works; in CI stdin is /dev/null.',
    fix: 'Leave stdin alone: it belongs to the host.',
  },
  'output-before-handshake': {
    title: 'Something was printed before the handshake',
    explanation:
      'The first line of stdout must be the handshake. A banner, a log line, a library greeting or a blank line before it is taken for the handshake, and the host gives up at once.',
    fix: 'Send logs to stderr, and print the handshake first.',
  },
  'handshake-on-stderr': {
    title: 'The handshake was written to stderr',
    explanation: 'The host reads the handshake from stdout only.',
    fix: 'Print the handshake on stdout.',
  },
  'handshake-not-flushed': {
    title: 'The handshake line never gets through',
    explanation:
      'stdout is a pipe, so most languages buffer it in blocks: without a flush the line stays in the plugin. A line without its line feed waits as well.',
    fix: 'End the line with \\n and flush stdout.',
  },
  'no-handshake': {
    title: 'There is no handshake',
    explanation: 'The plugin runs, and prints nothing on stdout until the start timeout.',
    fix: 'Print the handshake as soon as the server listens.',
  },
  'slow-start': {
    title: 'The plugin starts slowly',
    explanation:
      'Hosts wait 60 s by default, some only 10 s or 3 s, and a loaded machine takes longer than an idle one.',
    fix: 'Do slow work after the handshake: connect, load and compile later.',
  },
  'old-handshake-shape': {
    title: 'The handshake is of an older protocol',
    explanation: "Three fields were printed before 2016, four mean net/rpc, and Packer's fork has a line of its own.",
    fix: 'Upgrade the SDK to one that serves gRPC and prints five or more fields.',
  },
  'handshake-malformed': {
    title: 'The handshake line is wrong',
    explanation:
      'The line came first, but a field is not what the host reads: it trims the line, never a field, and knows no quotes.',
    fix: 'Print 1|<app version>|unix|<path>|grpc, with nothing around it.',
  },
  'app-version-mismatch': {
    title: 'Host and plugin share no version',
    explanation: 'Field 2 names the application protocol version, and the host does not accept it.',
    fix: 'Rebuild the plugin with an SDK for a version of the host.',
  },
  'version-negotiation': {
    title: 'The version is not negotiated as it should be',
    explanation:
      'The host offers a list in random order; the plugin takes the highest version it serves. Taking the first entry, echoing the list or failing on it breaks now and then.',
    fix: 'Split PLUGIN_PROTOCOL_VERSIONS at commas and take the highest version you serve.',
  },
  'unasked-certificate': {
    title: 'A certificate is sent that nobody asked for',
    explanation: 'A certificate in field 6, although the host sent none, makes the host process crash.',
    fix: 'Print a certificate only when PLUGIN_CLIENT_CERT is set and not empty.',
  },
  'not-listening': {
    title: 'Nobody listens on the printed address',
    explanation:
      'The host connects to the address once, in the moment it reads the line, and never retries its streams.',
    fix: 'Listen first, then print the address the listener has.',
  },
  'fixed-address': {
    title: 'The address is fixed',
    explanation: 'With a fixed port or path a second copy fails to start, or takes the place of the first.',
    fix: 'Let the system choose the port, or use a unique socket name.',
  },
  'not-http2': {
    title: 'The plugin does not speak HTTP/2',
    explanation: 'HTTP/1.1, TLS where none was asked for, yamux, or silence behind the printed address.',
    fix: 'Serve the listener with a gRPC server.',
  },
  'certificate-rejected': {
    title: 'The certificate is rejected',
    explanation:
      'Under AutoMTLS the host trusts exactly the certificate of field 6, as Go judges it: unpadded base64 of one DER certificate, valid now, for the DNS name localhost, usable by a server.',
    fix: 'Make the certificate as the reference does, and print its DER in unpadded standard base64.',
  },
  'missing-alpn': {
    title: 'TLS negotiates no protocol',
    explanation: 'Hosts on grpc-go 1.67 and later refuse a TLS server that does not select h2 by ALPN.',
    fix: 'Offer h2 in the ALPN list of the TLS server.',
  },
  'too-few-streams': {
    title: 'Too few streams are allowed',
    explanation: "The host's stdio and broker streams stay open for ever; calls and Shutdown need room beside them.",
    fix: 'Leave MAX_CONCURRENT_STREAMS at its default.',
  },
  'too-few-workers': {
    title: 'Too few calls are served at once',
    explanation: 'A server with one or two workers gives them to the permanent streams, and every later call hangs.',
    fix: 'Give the server ten workers or more, or serve streams without a thread each.',
  },
  'demands-metadata': {
    title: 'The plugin demands credentials nobody sends',
    explanation: 'Hosts send the standard headers only.',
    fix: 'Accept calls without metadata; the socket and AutoMTLS protect the plugin.',
  },
  'broken-grpc': {
    title: 'The answers are not proper gRPC',
    explanation: 'Wrong content type, no trailers, compression nobody asked for, or a check of :authority.',
    fix: 'Use a gRPC library and leave its defaults alone.',
  },
  'punishes-pings': {
    title: 'The plugin punishes pings',
    explanation: 'grpc-go hosts send PING frames beside calls; a server that answers with GOAWAY ends the session.',
    fix: 'Relax the keep-alive enforcement of the server.',
  },
  'ignores-pings': {
    title: 'The plugin leaves pings without an answer',
    explanation:
      'Whoever speaks HTTP/2 must answer a PING frame with the same bytes. Hosts with keepalive close the connection when no answer comes.',
    fix: 'Leave PING frames to a gRPC or HTTP/2 library.',
  },
  'health-not-serving': {
    title: 'Health does not say SERVING',
    explanation: 'Hosts that ping ask the health service for the name `plugin`, and drop plugins that do not know it.',
    fix: 'Register the health service, and set `plugin` to SERVING before printing the handshake.',
  },
  'missing-auxiliary-service': {
    title: 'A service of the library is missing',
    explanation:
      'Ports to other languages often lack the controller or stdio service, which the documentation does not mention.',
    fix: 'Serve plugin.GRPCController and plugin.GRPCStdio.',
  },
  'no-answer': {
    title: 'The plugin does not answer',
    explanation:
      'A call or a connection got no answer in time. The reference host sets no deadline and waits for ever.',
    fix: 'Answer every call; do long work elsewhere.',
  },
  'connection-lost': {
    title: 'The plugin closed the connection',
    explanation: 'The connection ended in the middle of a probe, while the process lived on.',
    fix: 'Keep connections open until Shutdown.',
  },
  'crash-in-call': {
    title: 'The plugin died or hung in a call',
    explanation:
      'The process ended, or stopped answering, because of something the host did. Hosts show only `EOF` or `transport is closing`.',
    fix: 'Catch errors in handlers and return a status.',
  },
  'message-too-large': {
    title: 'Large messages are refused',
    explanation: 'gRPC libraries refuse requests above 4 MiB by default; hosts send without a limit.',
    fix: 'Raise the receive limit of the server.',
  },
  'log-crashes-host': {
    title: 'A log line crashes the host',
    explanation:
      'Hosts read JSON lines on stderr and take @message, @level and @timestamp for strings without looking; a number or null there ends the host process.',
    fix: 'Write these three keys as JSON strings.',
  },
  'blocked-by-own-output': {
    title: 'The plugin is blocked by its own output',
    explanation:
      "A stdout line of 64 KiB ends the host's reader for good; the pipe fills and the plugin blocks in write(2). The same happens when nobody reads the stdio stream.",
    fix: 'Write to stderr, keep lines short, and never block on output.',
  },
  'broker-broken': {
    title: 'The broker does not work',
    explanation: 'Brokered connections have five seconds to be announced and accepted.',
    fix: 'Announce an id before returning it, and accept before announcing.',
  },
  'gob-type-mismatch': {
    title: 'A type is unknown to gob',
    explanation: 'Values behind an interface must be registered with gob on both sides.',
    fix: 'Register the type, or send errors as text.',
  },
  'exits-when-idle': {
    title: 'The plugin ends by itself',
    explanation: 'The host decides when a plugin ends; one that ends while nobody calls it looks like a crash.',
    fix: 'Run until the host ends the plugin: start no timer that ends it, and let no connection that closes do so.',
  },
  'closes-idle-connection': {
    title: 'Quiet connections are closed',
    explanation: 'The host opens one connection with two streams and keeps it for the whole session.',
    fix: 'Set no limits on idle time or age of connections.',
  },
  'dies-on-interrupt': {
    title: 'Ctrl-C ends the plugin first',
    explanation:
      'A terminal sends SIGINT to the whole foreground group; the host then cannot shut the plugin down in order.',
    fix: 'Ignore SIGINT and wait for Shutdown.',
  },
  'shutdown-ignored': {
    title: 'Shutdown does not end the plugin',
    explanation:
      'The host waits two seconds after Shutdown and kills what is left; a Shutdown that is never answered hangs the host.',
    fix: 'Answer Shutdown, stop the server and exit within two seconds.',
  },
  'left-behind': {
    title: 'Something is left behind',
    explanation:
      'Processes that outlive the plugin, pipes they hold open, and files or sockets that disturb the next start.',
    fix: 'End child processes, exec in wrapper scripts, and remove sockets.',
  },
  'stale-reattach': {
    title: 'The reattach data is stale or incomplete',
    explanation: 'A host that reattaches needs the address, pid, protocol and version of a living plugin.',
    fix: 'Print complete reattach data, and again after each start.',
  },
  'kong-specific': {
    title: 'The Kong plugin server is not as Kong wants it',
    explanation: 'Kong reads the plugin list from the query command and then connects to the socket.',
    fix: 'Print JSON only on query, and listen on the socket Kong was told.',
  },
  'rule-broken': {
    title: 'A rule is broken',
    explanation:
      'No cause behind the failure is known that would say more than the requirement itself: what was expected, and what the plugin did instead.',
    fix: 'Do what the requirement asks for.',
  },
} as const satisfies Readonly<Record<string, DiagnosisClass>>;

export const diagnosisClasses: Readonly<Record<string, DiagnosisClass>> = table;
