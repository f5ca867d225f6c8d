import { type ChildProcess, spawn } from 'node:child_process';
import { type FSWatcher, watch as watchDirectory } from 'node:fs';
import { join } from 'node:path';
import { fingerprintOf } from './daemon/fingerprint.js';
import { Watcher } from './daemon/watcher.js';
import { changesFrom } from './environment.js';
import { EnvhookError, systemCode } from './errors.js';
import { envDirectoriesAbove, tryRealpath } from './find.js';
import { type Ending, notStarted } from './program.js';
import type { Places } from './settings.js';
import { SESSION } from './stack.js';
import { readApproval, recordPath } from './trust.js';

/** What `exec --watch` runs, and with what. */
export interface WatchedProgram {
  command: string;
  args: readonly string[];
  places: Places;
  /** The directory whose variables count, absolute. */
  directory: string;
  /** The environment as it should be now, in seconds since 1970. @throws EnvhookError when it cannot be had */
  environment(now: number): Map<string, string>;
  /** Takes a line for a person: about what is wrong, */
  say(text: string): void;
  /** about what happens. */
  note(text: string): void;
}

/**
 * Runs a program and starts it again, in a process group of its own, whenever the variables of the directory change:
 * SIGTERM to the group, ten seconds, SIGKILL. As long as the new ones cannot be had, the old process goes on. Ends when
 * the program ends by itself.
 *
 * It looks by itself, with or without a daemon.
 *
 * @throws EnvhookError what `environment` throws at the start; 126 and 127 as `runProgram`
 */
export async function runWatched(program: WatchedProgram): Promise<Ending> {
  const supervisor = new Supervisor(program);
  const observer = new Observer(program.places, program.directory, () => void supervisor.check());
  try {
    return await supervisor.run();
  } finally {
    await observer.close();
  }
}

// Notices that something may have changed.
class Observer {
  readonly #places: Places;
  readonly #directory: string;
  readonly #onChange: () => void;
  readonly #watcher: Watcher;
  readonly #clock: NodeJS.Timeout;
  #records: FSWatcher | undefined;
  #seen = '';
  #soon: NodeJS.Timeout | undefined;

  constructor(places: Places, directory: string, onChange: () => void) {
    this.#places = places;
    this.#directory = directory;
    this.#onChange = onChange;
    const notice = () => this.#lookSoon();
    this.#watcher = new Watcher(notice, () => {}); // what cannot be watched is looked at
    try {
      this.#records = watchDirectory(join(places.data, 'approvals'), notice).on('error', () => {});
    } catch {
      // the same
    }
    this.#seen = this.#look();
    this.#clock = setInterval(() => this.#lookNow(), LOOK_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#clock);
    clearTimeout(this.#soon);
    this.#records?.close();
    await this.#watcher.close();
  }

  #lookSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#lookNow(), SETTLE_MS);
  }

  #lookNow(): void {
    const now = this.#look();
    if (now === this.#seen) return;
    this.#seen = now;
    this.#onChange();
  }

  #look(): string {
    return envDirectoriesAbove(this.#directory, this.#places.home)
      .map((directory) => {
        this.#watcher.add(directory);
        const real = tryRealpath(directory) ?? directory;
        const profile = readApproval(this.#places, real).approval?.profile;
        return `${directory} ${fingerprintOf(directory, profile, recordPath(this.#places, real)).all}`;
      })
      .join('\n');
  }
}

// Has one process group at a time.
class Supervisor {
  readonly #program: WatchedProgram;
  #env = new Map<string, string>();
  #child: ChildProcess | undefined;
  #complaint = '';
  #isChecking = false;
  #checkAgain = false;
  #isEnding = false;
  #settle: { end(ending: Ending): void; fail(error: Error): void } = { end: () => {}, fail: () => {} };

  constructor(program: WatchedProgram) {
    this.#program = program;
  }

  async run(): Promise<Ending> {
    this.#env = this.#program.environment(seconds());
    const stop = passSignals((signal) => this.#signal(signal));
    try {
      return await new Promise((end, fail) => {
        this.#settle = { end, fail };
        this.#start();
      });
    } finally {
      stop();
    }
  }

  // One check at a time: the next begins when the old process is gone.
  async check(): Promise<void> {
    this.#checkAgain = true;
    if (this.#isChecking) return;
    this.#isChecking = true;
    while (this.#checkAgain) {
      this.#checkAgain = false;
      await this.#follow();
    }
    this.#isChecking = false;
  }

  async #follow(): Promise<void> {
    const wanted = this.#tryEnvironment();
    if (wanted === undefined || this.#child === undefined || this.#isEnding) return;
    const changes = changesFrom(this.#env, wanted).filter(({ name }) => name !== SESSION);
    if (changes.length === 0) return;
    this.#program.note(
      `restarting ${this.#program.command}: ${changes.map(({ name }) => name).join(' ')} changed`,
    );
    const old = this.#child;
    this.#child = undefined;
    await endGroup(old);
    this.#env = wanted;
    this.#start();
  }

  #tryEnvironment(): Map<string, string> | undefined {
    try {
      const env = this.#program.environment(seconds());
      this.#complaint = '';
      return env;
    } catch (error) {
      if (!(error instanceof EnvhookError)) throw error;
      const complaint = `${error.message}; ${error.hint}`;
      if (complaint !== this.#complaint) this.#program.say(`${complaint}; the command runs on as it is`);
      this.#complaint = complaint;
      return undefined;
    }
  }

  #start(): void {
    const { command, args } = this.#program;
    const child = spawn(command, args, {
      stdio: 'inherit',
      detached: true,
      env: Object.fromEntries(this.#env),
    });
    this.#child = child;
    child.on('error', (error) => this.#settle.fail(notStarted(command, error)));
    child.on('exit', (exitCode, signal) => {
      if (this.#child !== child) return; // it was told to
      this.#settle.end(signal === null ? { exitCode: exitCode ?? 0 } : { signal });
    });
  }

  // Between two processes there is nobody to pass a signal to; what would end the command ends all.
  #signal(signal: NodeJS.Signals): void {
    if (ENDING.includes(signal)) this.#isEnding = true;
    if (this.#child !== undefined) signalGroup(this.#child, signal === 'SIGTSTP' ? 'SIGSTOP' : signal);
    else if (this.#isEnding) this.#settle.end({ signal });
    if (signal === 'SIGTSTP') process.kill(process.pid, 'SIGSTOP');
  }
}

const LOOK_MS = 2000;
/** An editor, or a `git checkout`, may write several files. */
const SETTLE_MS = 50;
const GRACE_MS = 10_000;
const POLL_MS = 20;
const ENDING: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];
const PASSED: NodeJS.Signals[] = [
  ...ENDING,
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGWINCH',
  'SIGALRM',
  'SIGTSTP',
];

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

// A terminal does not know the command's group, so everything is passed on.
function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of PASSED) process.on(signal, pass);
  return () => {
    for (const signal of PASSED) process.removeListener(signal, pass);
  };
}

async function endGroup(child: ChildProcess): Promise<void> {
  signalGroup(child, 'SIGTERM');
  signalGroup(child, 'SIGCONT'); // one that is stopped would not notice
  for (let left = GRACE_MS; left > 0 && isAlive(child); left -= POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  signalGroup(child, 'SIGKILL');
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => child.once('exit', resolve));
  }
}

function isAlive(child: ChildProcess): boolean {
  return signalGroup(child, 0);
}

// False when nobody is left in the group.
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}
