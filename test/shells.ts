import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { allowDirectory } from '../src/commands/allow.js';
import { denyDirectory } from '../src/commands/deny.js';
import { exportVariables } from '../src/commands/export.js';
import type { Context } from '../src/context.js';
import { listProcesses } from '../src/makers.js';
import { planPath } from '../src/plan.js';
import { type Places, placesOf } from '../src/settings.js';
import { shells as dialects } from '../src/shells/index.js';

/*
 * Real interactive shells for the tests of the hooks: a home directory of their own, an environment of their own,
 * lines as a person types them, and what a child process of the shell sees. No terminal is needed.
 */

const ALL = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof ALL)[number];

/** A shell's program beside the one that the system has, usually of an older version. */
export interface OtherShell {
  name: ShellName;
  version: string;
  path: string;
}

// The one that `ENVHOOK_TEST_SHELL=PATH` names takes the place of the system's in a run of the tests.
const chosen = process.env['ENVHOOK_TEST_SHELL'];

/** The shells that the tests go through. */
export const shells: readonly ShellName[] =
  chosen === undefined ? ALL : ALL.filter((it) => it === basename(chosen));

/** The shells in the directory that `ENVHOOK_SHELLS` names, or else in /opt/old-shells: NAME-VERSION/bin/NAME, sorted. */
export function otherShells(directory = process.env['ENVHOOK_SHELLS'] ?? '/opt/old-shells'): OtherShell[] {
  return ALL.flatMap((name) =>
    readdirSafely(directory)
      .filter((entry) => entry.startsWith(`${name}-`))
      .map((entry) => ({
        name,
        version: entry.slice(name.length + 1),
        path: join(directory, entry, 'bin', name),
      }))
      .filter(({ path }) => existsSync(path))
      .sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true })),
  );
}

/** The oldest versions that the README claims. */
const OLDEST: Record<ShellName, string> = { bash: '3.2', zsh: '5.0.3', fish: '3.2' };

/** Whether the hook works in a version of a shell, or only says that it is too old. */
export function isClaimed({ name, version }: OtherShell): boolean {
  return isAtLeast(version, OLDEST[name]);
}

/** Whether a version is another one or later. Both are numbers with dots between. */
export function isAtLeast(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) >= 0;
}

/** The shells that the system has. */
export function systemShells(): OtherShell[] {
  return shells.flatMap((name) => {
    const path = program(name);
    const text = path && spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout;
    const version = text && /\d+\.\d+(\.\d+)?/.exec(text)?.[0];
    return path && version ? [{ name, version, path }] : [];
  });
}

const root = fileURLToPath(new URL('..', import.meta.url));
const isMac = process.platform === 'darwin';
/** Where the system's programs are, and what is installed beside them. */
export const systemPath = `${isMac ? '/opt/homebrew/bin:' : ''}/usr/local/bin:/usr/bin:/bin`;
/** A locale of UTF-8 that is there. */
export const utf8 = isMac ? 'en_US.UTF-8' : 'C.UTF-8';

/** The launcher of this checkout. */
export const launcher = join(root, 'bin/envhook');

export const isRoot = process.geteuid?.() === 0;
/** A user who has no account and owns nothing but what root gives away. */
export const NOBODY = 54321;

/** The words before a command that root runs as another user. */
export function asNobody(uid = NOBODY): string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
}

/** The path of a program that every system has it at, or undefined. */
export function program(name: string): string | undefined {
  return systemPath
    .split(':')
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
}

/** Why a test in another shell cannot run, as where a library is missing, for tap's `skip`; false if it can. */
export function skipUnlessStarts({ path }: OtherShell): string | false {
  const { status, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return status !== 0 && `does not start: ${stderr.trim()}`;
}

/** The shell of a name that the system has, and those of other versions that are claimed, the oldest first; `skip` is for tap. */
export function versionsOf(name: ShellName): { title: string; path: string; skip: string | false }[] {
  const others = otherShells().filter((it) => it.name === name && isClaimed(it));
  return [
    { title: name, path: name, skip: skipWithout(name) },
    ...others.map((it) => ({ title: `${name} ${it.version}`, path: it.path, skip: skipUnlessStarts(it) })),
  ];
}

/** Why a test with these programs cannot run, for tap's `skip`; false if it can. */
export function skipWithout(...programs: string[]): string | false {
  const missing = programs.filter((name) => program(name) === undefined);
  return missing.length > 0 && `${missing.join(' and ')} not installed`;
}

/** Whether processes can be traced here: containers often forbid it. */
export function skipWithoutTrace(): string | false {
  const args = ['-o', '/dev/null', '-e', 'trace=execve', 'true'];
  return (
    skipWithout('strace') || (spawnSync('strace', args).status !== 0 && 'processes cannot be traced here')
  );
}

/** A home directory with projects in it, approvals, plans, and the shells that were started there. */
export class World {
  readonly home: string;
  readonly places: Places;
  readonly env: Record<string, string>;
  readonly #nodeLog: string;

  /** @param shell the path of a shell that goes by its name here, in place of the system's. */
  constructor(t: Test, shell = chosen) {
    // Before the directory is made: tap removes it before it runs what was registered later, a shell's end, say.
    t.teardown(() => removeTraces(this.places, base));
    const base = t.testdir({ home: {}, bin: {} });
    this.home = `${base}/home`;
    this.#nodeLog = `${base}/node.log`;
    this.env = {
      HOME: this.home,
      PATH: `${base}/bin:${systemPath}`,
      LC_ALL: utf8,
      TERM: 'dumb',
      SHELL: '/bin/sh',
      ENVHOOK_DAEMON: 'off', // what starts it has tests of its own
    };
    this.places = placesOf(this.env);
    writeFileSync(this.#nodeLog, '');
    // The hook pins the first node of PATH: this one counts.
    writeFileSync(
      `${base}/bin/node`,
      `#!/bin/sh\necho "$3" >>'${this.#nodeLog}'\nexec '${process.execPath}' "$@"\n`,
    );
    chmodSync(`${base}/bin/node`, 0o755);
    if (shell !== undefined) symlinkSync(shell, `${base}/bin/${basename(shell)}`);
  }

  /** The absolute path of a place below the home directory. */
  path(relative: string): string {
    return relative === '' ? this.home : join(this.home, relative);
  }

  /** Writes a file below the home directory, its directories included. */
  write(relative: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(relative)), { recursive: true });
    writeFileSync(this.path(relative), content);
  }

  /** Writes a file in one step, so that nobody reads half of it. */
  replace(relative: string, content: string): void {
    this.write(`${relative}.new`, content);
    renameSync(this.path(`${relative}.new`), this.path(relative));
  }

  /** Writes a directory's .env and allows it. */
  async project(relative: string, content: string | Uint8Array, ...consent: string[]): Promise<void> {
    this.write(`${relative}/.env`, content);
    await this.allow(relative, ...consent);
  }

  /** What `envhook allow` in another terminal does. Returns the lines that it says. */
  async allow(relative: string, ...consent: string[]): Promise<string[]> {
    return (await allowDirectory(this.#context(), this.path(relative), { consent })).notes ?? [];
  }

  /** What `envhook export SHELL` prints in a directory, for a caller with an empty environment. */
  exportText(shell: ShellName, relative: string): string {
    return exportVariables({ ...this.#context(), directory: this.path(relative) }, shell, {}).output ?? '';
  }

  deny(relative: string): void {
    denyDirectory(this.#context(), this.path(relative));
  }

  /** Where the plan of a directory is. */
  plan(relative: string): string {
    return planPath(this.places.run, this.path(relative));
  }

  /** How often a shell of this world has started Node so far. */
  nodeRuns(): number {
    return readFileSync(this.#nodeLog, 'utf8').split('\n').length - 1;
  }

  /** Takes Node away, as `nvm uninstall` would. */
  removeNode(): void {
    rmSync(join(this.path('../bin'), 'node'));
  }

  /** Runs the launcher in its own process. */
  envhook(args: readonly string[], cwd = this.home, env: Record<string, string> = {}) {
    return run([launcher, ...args], { ...this.env, ...env, PWD: cwd }, cwd);
  }

  #context(): Context {
    const now = Math.floor(Date.now() / 1000);
    const { places } = this;
    const nobody = { terminal: false, verbosity: 'usual', ask: undefined } as const;
    return { env: {}, args: [], places, directory: '/', now, ...nobody };
  }
}

export interface StartOptions {
  /** On top of the world's; a latin1 string per value is not needed, Buffers pass through `setBytes`. */
  env?: Record<string, string>;
  /** Words before the shell's command, such as strace and its options. */
  under?: string[];
  /** Lines before the hook is installed, as an rc file has them. */
  before?: string[];
  /** Without envhook. */
  bare?: boolean;
  /** The directory to start in; the home directory if not given. */
  cwd?: string;
}

/** What came of some lines: the outputs, and of standard error the lines that envhook said. */
export interface Step {
  stdout: string;
  stderr: string;
  said: string[];
}

/** A running interactive shell. */
export class Shell {
  readonly name: ShellName;
  readonly world: World;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #out = { stdout: '', stderr: '' };
  #steps = 0;
  #wake: () => void = () => {};

  static async start(t: Test, world: World, name: ShellName, options: StartOptions = {}): Promise<Shell> {
    const shell = new Shell(world, name, options);
    t.teardown(() => shell.stop());
    await shell.run(...(options.before ?? []));
    if (!options.bare) await shell.run(shell.hookLine());
    return shell;
  }

  private constructor(world: World, name: ShellName, options: StartOptions) {
    this.name = name;
    this.world = world;
    const cwd = options.cwd ?? world.home;
    const words = [...(options.under ?? []), ...COMMANDS[name]];
    const variables = Object.entries({ ...world.env, ...options.env, PWD: cwd });
    // A group of its own, so that whatever it started ends with it.
    this.#child = spawn(
      '/usr/bin/env',
      ['-i', ...variables.map(([key, value]) => `${key}=${value}`), ...words],
      {
        cwd,
        detached: true,
      },
    );
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#child[stream].setEncoding('latin1').on('data', (text: string) => {
        this.#out[stream] += text;
        this.#wake();
      });
    }
    this.#child.stdin.on('error', () => {}); // it ended: run() says so
    this.#child.on('close', () => this.#wake());
    if (name !== 'fish') this.#child.stdin.write(`PS1= PS2=\n`);
  }

  /** The process, which may be that of a program that runs the shell. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The line that an rc file has. */
  hookLine(): string {
    return hookLine(this.name);
  }

  unhookLine(): string {
    return this.hookLine().replace(' hook ', ' unhook ');
  }

  /** Types lines, each followed by a prompt, and waits for the prompt after the last. */
  async run(...lines: string[]): Promise<Step> {
    const mark = `--envhook-test-${++this.#steps}--`;
    const end = this.name === 'fish' ? '\0' : '\n';
    // The second mark is printed after the hook has run at the prompt that follows.
    const print = `printf '\\n%s\\n' ${mark}`;
    const last =
      this.name === 'fish' ? `${print}; set -g __test_mark ${mark}` : `${print}; PS1=$'\\n${mark}\\n'`;
    this.#child.stdin.write([...lines, last, ''].join(end));
    const stdout = await this.#until('stdout', mark);
    const stderr = (await this.#until('stderr', mark)).replace(/\n--envhook-test-\d+--\n/g, '');
    const said = stderr.split('\n').filter((line) => line.includes('envhook: '));
    return { stdout, stderr, said };
  }

  /** Moves to a place below the home directory. */
  cd(relative: string): Promise<Step> {
    return this.run(`cd ${this.quote(this.world.path(relative))}`);
  }

  /** The environment of a child process. */
  async environment(encoding: BufferEncoding = 'utf8'): Promise<Map<string, string>> {
    const file = `${this.world.home}/.environment-${this.#child.pid}`;
    await this.run(`/usr/bin/env -0 >${this.name === 'fish' ? '' : '|'}${this.quote(file)}`);
    return parseEnvironment(readFileSync(file), encoding);
  }

  /** The values of variables in a child's environment, null where there is none. */
  async values(...names: string[]): Promise<Record<string, string | null>> {
    const environment = await this.environment();
    return Object.fromEntries(names.map((name) => [name, environment.get(name) ?? null]));
  }

  quote(text: string): string {
    return dialects.get(this.name)?.quote(text) ?? text;
  }

  /** The line that sets an exported variable. */
  exportLine(name: string, value: string): string {
    return dialects.get(this.name)?.set(name, value) ?? '';
  }

  /** The line that sets a variable which is not exported. */
  setLine(name: string, value: string): string {
    return this.name === 'fish'
      ? `set -gu ${name} ${this.quote(value)}`
      : `${name}=${this.quote(value)}; typeset +x ${name}`;
  }

  unsetLine(name: string): string {
    return this.name === 'fish' ? `set -e ${name}` : `unset ${name}`;
  }

  /** What the shell itself has for a variable: `unset`, or `set` and the value. */
  async inside(name: string): Promise<string> {
    const line =
      this.name === 'fish'
        ? `if set -q ${name}; printf 'set %s' "$${name}"; else; printf unset; end`
        : `printf %s "\${${name}+set }\${${name}-unset}"`;
    return (await this.run(line)).stdout;
  }

  /** Ends the shell and whatever it started. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.#child, 'close');
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // it ended in this moment
    }
    await closed;
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  // Waits for the mark in a stream and takes what stands before it.
  async #until(stream: 'stdout' | 'stderr', mark: string): Promise<string> {
    const wanted = `\n${mark}\n`;
    const late = Date.now() + PATIENCE_MS;
    for (;;) {
      const at = this.#out[stream].indexOf(wanted);
      if (at >= 0) {
        const text = this.#out[stream].slice(0, at);
        this.#out[stream] = this.#out[stream].slice(at + wanted.length);
        return Buffer.from(text, 'latin1').toString();
      }
      if (this.#ended || Date.now() >= late) {
        const { stdout, stderr } = this.#out;
        throw new Error(
          `${this.name} ${this.#ended ? 'ended' : 'hangs'}: ${JSON.stringify({ stdout, stderr })}`,
        );
      }
      const timer = new AbortController();
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([
        woken,
        setTimeout(PATIENCE_MS, undefined, { signal: timer.signal }).catch(() => {}),
      ]);
      timer.abort();
    }
  }
}

/** A shell on a terminal of its own, which tmux provides. */
export class Terminal {
  readonly #shell: ShellName;
  readonly #world: World;
  readonly #env: Record<string, string>;
  #steps = 0;

  /** @param extra variables that the server, and so the shell, inherits. */
  static async start(
    t: Test,
    world: World,
    shell: ShellName,
    extra: Record<string, string> = {},
  ): Promise<Terminal> {
    const directory = mkdtempSync(join(tmpdir(), 'envhook-'));
    const terminal = new Terminal(world, shell, {
      ...world.env,
      ...extra,
      TMUX_TMPDIR: directory,
      TERM: 'screen',
    });
    t.teardown(async () => {
      await terminal.#tmux('kill-server');
      await endAllIn(world);
      rmSync(directory, { recursive: true, force: true });
    });
    const words = COMMANDS[shell].filter((word) => !word.startsWith('while')).filter((word) => word !== '-c');
    const cwd = extra['PWD'] ?? world.home;
    await terminal.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-c',
      cwd,
      '-x',
      '200',
      '-y',
      '50',
      ...words,
    );
    await terminal.#ready(); // what is typed before a shell reads may be thrown away
    if (shell !== 'fish') await terminal.type(`PS1='$ '`);
    return terminal;
  }

  private constructor(world: World, shell: ShellName, env: Record<string, string>) {
    this.#world = world;
    this.#shell = shell;
    this.#env = env;
  }

  hookLine(): string {
    return hookLine(this.#shell);
  }

  /** Types lines, each at a prompt, and waits until the last has run. */
  async type(...lines: string[]): Promise<void> {
    await this.#keys(...lines);
    if (!(await this.#answers(PATIENCE_MS))) throw new Error(`${this.#shell} hangs:\n${await this.screen()}`);
  }

  /** Types a line, interrupts the shell some time later, and waits until it answers again. */
  async interrupt(line: string, milliseconds: number): Promise<void> {
    const pid = Number(await this.#tmux('display-message', '-p', '#{pane_pid}'));
    if (!(pid > 0)) throw new Error(`${this.#shell} ended`); // 0 would be ourselves, and all that we have started
    await this.#keys(line);
    await setTimeout(milliseconds);
    process.kill(pid, 'SIGINT');
    await this.#ready(); // an interrupted shell throws away what was typed before it noticed
  }

  async #ready(): Promise<void> {
    for (let tries = 10; !(await this.#answers(2000)); tries--) {
      if (tries === 0) throw new Error(`${this.#shell} hangs:\n${await this.screen()}`);
    }
  }

  /** What is to be seen, lines of the past included. */
  screen(): Promise<string> {
    return this.#tmux('capture-pane', '-p', '-S', '-');
  }

  /** The environment of a child process. */
  async environment(): Promise<Record<string, string>> {
    const file = `${this.#world.home}/.terminal-environment`;
    await this.type(`env -0 >${file}`);
    const { TMUX, TMUX_PANE, ...environment } = Object.fromEntries(parseEnvironment(readFileSync(file)));
    return environment;
  }

  #keys(...lines: string[]): Promise<string> {
    return this.#tmux(...lines.flatMap((line) => ['send-keys', '-l', line, ';', 'send-keys', 'Enter', ';']));
  }

  // Whether the shell runs one more line before the time is over.
  async #answers(milliseconds: number): Promise<boolean> {
    const signal = `done-${++this.#steps}`;
    await this.#keys(`tmux wait-for -S ${signal}`);
    const child = this.#start(milliseconds, 'wait-for', signal);
    await once(child, 'close');
    return child.signalCode === null;
  }

  async #tmux(...args: string[]): Promise<string> {
    const child = this.#start(PATIENCE_MS, ...args);
    const output: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
    await once(child, 'close');
    return output.join('');
  }

  #start(timeout: number, ...args: string[]): ChildProcessWithoutNullStreams {
    const variables = Object.entries(this.#env).map(([name, value]) => `${name}=${value}`);
    return spawn('/usr/bin/env', ['-i', ...variables, 'tmux', ...args], { cwd: '/', timeout });
  }
}

// The server does not wait for what it ends, nor does a shell for what it was interrupted at.
async function endAllIn({ home }: World): Promise<void> {
  for (;;) {
    const left = processesWithEnvironments().filter((row) => `${row} `.includes(` HOME=${home} `));
    if (left.length === 0) return;
    for (const row of left) spawnSync('kill', ['-KILL', String(Number.parseInt(row, 10))]);
    await setTimeout(10);
  }
}

/** All processes, a row each as `psCensus` takes them. What shows environments is `e` for one ps and -E for the other. */
export function processesWithEnvironments(): string[] {
  return listProcesses(isMac ? ['-A', '-E'] : ['axe'])?.split('\n') ?? [];
}

/** The fields of `env -0`. A value that is split over several names by an `=` is not: the first one counts. */
export function parseEnvironment(bytes: Buffer, encoding: BufferEncoding = 'utf8'): Map<string, string> {
  const entries = bytes.toString('latin1').split('\0').filter(Boolean);
  return new Map(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), Buffer.from(entry.slice(at + 1), 'latin1').toString(encoding)];
    }),
  );
}

function hookLine(shell: ShellName): string {
  return shell === 'fish'
    ? `status is-interactive; and '${launcher}' hook fish | source`
    : `eval "$('${launcher}' hook ${shell})"`;
}

/** The words before a shell's command that write down which processes it starts, for `processesBetweenMarks`. */
export function tracedInto(log: string): string[] {
  return [
    'strace',
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-o',
    log,
    '-e',
    'trace=clone,clone3,fork,vfork,execve',
    '--',
  ];
}

/** How many processes were started between two marks each, which are `true mark`; the mark's own is one of them. */
export function processesBetweenMarks(log: string): number[] {
  const counts: number[] = [];
  let count = 0;
  for (const line of log.split('\n')) {
    if (/execve\(.*true", "mark"/.test(line)) {
      counts.push(count);
      count = 0;
    } else if (/\b(?:clone3?|v?fork)\(/.test(line) && !line.includes('CLONE_THREAD')) count++;
  }
  return counts.slice(1);
}

/** Runs a program with this environment and nothing else: tap adds NODE_OPTIONS to that of every child. */
export function run(command: readonly string[], env: Record<string, string>, cwd: string, input = '') {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { stdout, stderr, status, error } = spawnSync('/usr/bin/env', ['-i', ...variables, ...command], {
    cwd,
    input,
    encoding: 'utf8',
  });
  if (error) throw error;
  return { stdout, stderr, status };
}

const PATIENCE_MS = 30_000;

// How each is started. fish reads all of a pipe before it runs anything, and fires no prompt without a terminal.
const COMMANDS: Record<ShellName, string[]> = {
  bash: ['bash', '--norc', '--noprofile', '--noediting', '+H', '-i'],
  zsh: ['zsh', '-f', '-i', '+o', 'banghist', '+o', 'promptsp', '+o', 'promptcr'],
  fish: [
    'fish',
    '--no-config',
    '-i',
    '-c',
    'while read -z __test_line; eval $__test_line </dev/null; emit fish_prompt; printf "\\n%s\\n" $__test_mark >&2; end',
  ],
};

/** Removes the plans and session states of a world, whose run directory may be outside its home, in /run/user. */
export function removeTraces({ run: directory, home }: Places, base: string): void {
  if (directory.startsWith(home)) return;
  for (const depth of readdirSafely(join(directory, 'plans'))) {
    rmSync(join(directory, 'plans', depth, base), { recursive: true, force: true });
  }
  for (const id of readdirSafely(join(directory, 'sessions'))) {
    const file = join(directory, 'sessions', id);
    if (readFileSync(file, 'latin1').includes(base)) rmSync(file, { force: true });
  }
}

function readdirSafely(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
