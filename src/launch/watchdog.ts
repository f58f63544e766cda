/**
 * One detached watchdog per harness, started before the first plugin and holding a pipe to it. When the harness
 * dies, however hard, the watchdog ends every process group it was told of and every process that carries the run's
 * marker in its environment: a group kill alone misses a `setsid` grandchild.
 *
 * It is a shell script, not a Node program, because it must cost nothing beside a run of half a second. It also makes
 * the FIFOs that plugins get as stdout and stderr: Node's own pipes are sockets, which `echo > /dev/stdout` in a
 * wrapper script cannot open, and whose buffers are not those of the pipes a real host hands out.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const script = `
trap '' INT TERM HUP QUIT PIPE
marker=$1 dir=$2 groups='' made=0
sweep() {
  for g in $groups; do kill -s KILL -- "-$g"; done
  n=0
  while [ $n -lt 40 ]; do
    pids=$(grep -l -F -e "$marker" /proc/[0-9]*/environ | sed 's|^/proc/||; s|/environ$||')
    [ -z "$pids" ] && break
    kill -s KILL $pids
    n=$((n + 1))
    sleep 0.05 || sleep 1
  done
  rm -rf -- "$dir"
}
exec 2>/dev/null
while IFS=' ' read -r verb argument; do
  case $verb in
    group) groups="$groups $argument" ;;
    gone)
      left=''
      for g in $groups; do [ "$g" = "$argument" ] || left="$left $g"; done
      groups=$left ;;
    fifos)
      names='' n=0
      while [ $n -lt "$argument" ]; do names="$names $dir/f$made"; made=$((made + 1)); n=$((n + 1)); done
      if mkfifo -m 600 $names; then echo made; else echo failed; fi ;;
    done) exit 0 ;;
  esac
done
sweep
`;

export class Watchdog {
  readonly #directory: string;
  readonly #child: ChildProcess;
  #made = 0;
  #free: string[] = [];
  #making: Promise<void> | undefined;
  #canMake = true;

  /**
   * @param marker text that every process of the run carries in its environment
   * @param directory the run's private directory: FIFOs are made in it, and it is removed with the run
   */
  constructor(marker: string, directory: string) {
    this.#directory = directory;
    this.#child = spawn('/bin/sh', ['-c', script, 'plugfest-watchdog', marker, directory], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    });
    this.#child.on('error', () => {
      this.#canMake = false;
    });
    this.#child.stdin?.on('error', () => {
      this.#canMake = false;
    });
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout]) {
      if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
    }
  }

  /** Makes the harness's process group known, so that its death ends the group. */
  watch(group: number): void {
    this.#tell(`group ${group}`);
  }

  /** A group has ended and its number may be used by others. */
  forget(group: number): void {
    this.#tell(`gone ${group}`);
  }

  /** Paths of `count` fresh FIFOs inside the run's directory, or `undefined` where none can be made. */
  async fifos(count: number): Promise<readonly string[] | undefined> {
    while (this.#canMake && this.#free.length < count) {
      this.#making ??= this.#make();
      await this.#making;
      this.#making = undefined;
    }
    return this.#free.length < count ? undefined : this.#free.splice(0, count);
  }

  /** Ends the watchdog in peace. Call it when nothing of the run is left. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit').catch(() => undefined);
    this.#child.ref();
    this.#tell('done');
    this.#child.stdin?.end();
    await exited;
  }

  async #make(): Promise<void> {
    const batch = 12;
    const answer = new Promise<string>((resolve) => {
      this.#child.stdout?.once('data', (bytes: Buffer) => resolve(bytes.toString()));
      this.#child.once('exit', () => resolve('failed'));
      this.#child.once('error', () => resolve('failed'));
    });
    this.#child.ref();
    this.#tell(`fifos ${batch}`);
    const made = (await answer).startsWith('made');
    this.#child.unref();
    if (!made) {
      this.#canMake = false;
      return;
    }
    for (let n = 0; n < batch; n += 1) this.#free.push(`${this.#directory}/f${this.#made + n}`);
    this.#made += batch;
  }

  #tell(line: string): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(`${line}\n`);
  }
}
