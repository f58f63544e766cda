/**
 * One detached watchdog per harness, started before the first plugin and holding a pipe to it. When the harness
 * dies, however hard, the watchdog ends every process group it was told of and every process that carries the run's
 * marker in its environment or holds one of the run's pipes: a group kill alone misses a `setsid` grandchild.
 *
 * It is a shell script, not a Node program, because it must cost nothing beside a run of half a second. It also makes
 * the FIFOs that plugins get as stdout and stderr: Node's own pipes are sockets, which `echo > /dev/stdout` in a
 * wrapper script cannot open, and whose buffers are not those of the pipes a real host hands out.
 *
 * A plugin may kill it, stop it, or empty its folder. It is then started anew, a few times, and told all it must know.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { settlesWithin } from './settles-within.ts';

// Two quiet looks in a row end the sweep: between fork and exec a process carries no marker yet.
const script = `
trap '' INT TERM HUP QUIT PIPE
marker=$1 dir=$2 real=$3 groups=''
carriers() { grep -l -F -e "$marker" /proc/[0-9]*/environ; }
holders() { find /proc/[0-9]*/fd -maxdepth 1 -lname "$real/f* (deleted)"; }
sweep() {
  for g in $groups; do kill -s KILL -- "-$g"; done
  n=0 quiet=0
  while [ $n -lt 60 ] && [ $quiet -lt 2 ]; do
    pids=$({ carriers; holders; } | sed 's|^/proc/||; s|/.*||' | sort -u)
    if [ -z "$pids" ]; then quiet=$((quiet + 1)); else quiet=0; kill -s KILL $pids; fi
    n=$((n + 1))
    sleep 0.05 || sleep 1
  done
  [ -L "$dir" ] || chmod -R u+rwx -- "$dir"
  rm -rf -- "$dir"
}
exec 2>/dev/null
while IFS=' ' read -r verb argument count; do
  case $verb in
    group) groups="$groups $argument" ;;
    gone)
      left=''
      for g in $groups; do [ "$g" = "$argument" ] || left="$left $g"; done
      groups=$left ;;
    fifos)
      names='' n=0
      while [ $n -lt "$count" ]; do names="$names $dir/f$((argument + n))"; n=$((n + 1)); done
      if mkfifo -m 600 $names; then echo made; else echo failed; fi ;;
    done) exit 0 ;;
  esac
done
sweep
`;

const batch = 12;
/** Making a few FIFOs takes milliseconds; a watchdog that has not done so by then was stopped. */
const answerLimit = 2000;
const stopLimit = 1000;
const mostStarts = 4;

export class Watchdog {
  readonly #marker: string;
  readonly #directory: string;
  readonly #groups = new Set<number>();
  #child: ChildProcess;
  /** Settles when the present watchdog is no more. */
  #ended: Promise<void> = Promise.resolve();
  #starts = 0;
  #named = 0;
  #free: string[] = [];
  #making: Promise<void> | undefined;
  #canMake = true;
  #stopping = false;

  /**
   * @param marker text that every process of the run carries in its environment
   * @param directory the run's private directory: FIFOs are made in it, and it is removed with the run. It need not
   *   be there yet.
   */
  constructor(marker: string, directory: string) {
    this.#marker = marker;
    this.#directory = directory;
    this.#child = this.#start();
  }

  /** Process id of the watchdog, while it has one. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Makes a process group known, so that it ends with the harness. */
  watch(group: number): void {
    this.#groups.add(group);
    this.#tell(`group ${group}`);
  }

  /** A group has ended and its number may be used by others. */
  forget(group: number): void {
    this.#groups.delete(group);
    this.#tell(`gone ${group}`);
  }

  /** Begins to make the first FIFOs, so that they are there when a plugin needs them. */
  prepare(): void {
    this.#making ??= this.#makeNext();
  }

  /** Paths of `count` fresh FIFOs inside the run's directory, or `undefined` where none can be made. */
  async fifos(count: number): Promise<readonly string[] | undefined> {
    while (this.#canMake && this.#free.length < count) {
      this.#making ??= this.#makeNext();
      await this.#making;
    }
    return this.#free.length < count ? undefined : this.#free.splice(0, count);
  }

  /** Ends the watchdog in peace. Call it when nothing of the run is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#canMake = false;
    const child = this.#child;
    child.ref();
    this.#tell('done');
    child.stdin?.end();
    if (!(await settlesWithin(this.#ended, stopLimit))) child.kill('SIGKILL');
  }

  #start(): ChildProcess {
    this.#starts += 1;
    const words = ['-c', script, 'plugfest-watchdog', this.#marker, this.#directory, realPath(this.#directory)];
    const child = spawn('/bin/sh', words, {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
    });
    child.unref();
    for (const stream of [child.stdin, child.stdout]) {
      stream?.on('error', () => undefined);
      if (stream && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
    }
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    void this.#ended.then(() => this.#restart());
    return child;
  }

  #restart(): void {
    if (this.#stopping) return;
    this.#canMake = this.#starts < mostStarts;
    if (!this.#canMake) return;
    this.#child = this.#start();
    for (const group of this.#groups) this.#tell(`group ${group}`);
  }

  #makeNext(): Promise<void> {
    return this.#make().finally(() => {
      this.#making = undefined;
    });
  }

  async #make(): Promise<void> {
    const child = this.#child;
    const ended = this.#ended;
    const first = this.#named;
    this.#named += batch;
    let made = false;
    const answered = new Promise<void>((resolve) => {
      child.stdout?.once('data', (bytes: Buffer) => {
        made = bytes.toString().startsWith('made');
        resolve();
      });
    });
    child.ref();
    this.#tell(`fifos ${first} ${batch}`);
    const isOver = await settlesWithin(Promise.race([answered, ended]), answerLimit);
    child.unref();
    if (made) for (let n = 0; n < batch; n += 1) this.#free.push(`${this.#directory}/f${first + n}`);
    else if (!isOver) {
      child.kill('SIGKILL');
      await ended;
    }
    // Its successor may do better; a watchdog that lives and cannot make any is right.
    if (!made && child === this.#child) this.#canMake = false;
  }

  #tell(line: string): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(`${line}\n`);
  }
}

/** The path as /proc shows it; the last part need not be there yet. */
function realPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}
