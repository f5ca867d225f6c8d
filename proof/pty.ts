import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { parseEnvironment, type ShellName, type World } from '../test/shells.js';
import type { Scratch } from './scratch.js';

const COMMANDS: Record<ShellName, string> = {
  bash: 'bash --norc --noprofile -i',
  zsh: 'zsh -f -i',
  fish: 'fish --no-config -i',
};

/**
 * A shell on a terminal of its own, which script(1) provides: what is written is typed, ^C included. Faster than tmux
 * by the processes that tmux needs for every key.
 */
export class Pty {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #done: string;
  readonly #seen: string;
  #marks = 0;
  #output = '';

  static async start(
    scratch: Scratch,
    world: World,
    name: ShellName,
    env: Record<string, string> = {},
  ): Promise<Pty> {
    const pty = new Pty(world, name, env);
    scratch.teardown(() => pty.#end());
    await pty.type();
    return pty;
  }

  private constructor(world: World, name: ShellName, env: Record<string, string>) {
    const variables = Object.entries({ ...world.env, TERM: 'xterm', ...env, PWD: world.home });
    const words = ['script', '-qfec', COMMANDS[name], '/dev/null'];
    this.#done = world.path(`.done-${name}`);
    this.#seen = world.path(`.seen-${name}`);
    writeFileSync(this.#done, '');
    this.#child = spawn('/usr/bin/env', ['-i', ...variables.map((it) => it.join('=')), ...words], {
      cwd: world.home,
    });
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-4000);
    });
  }

  /** Types lines and waits until all have run. Typed again if nothing happens: an interrupt throws away keys. */
  async type(...lines: string[]): Promise<void> {
    const mark = `mark-${++this.#marks}`;
    const keys = [...lines, `printf '%s\\n' ${mark} >>${this.#done}`, ''].join('\r');
    for (let tries = 0; tries < 40 && !this.#ended; tries++) {
      this.keys(keys);
      if (await this.#answers(mark, 500)) return;
    }
    throw new Error(
      `the shell ${this.#ended ? `ended with ${this.#child.exitCode}` : 'hangs'}: ${JSON.stringify(this.#output.slice(-300))}`,
    );
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null;
  }

  keys(text: string): void {
    this.#child.stdin.write(text);
  }

  /** The environment of a child, after a prompt. */
  async environment(): Promise<Map<string, string>> {
    await this.type('true', `/usr/bin/env -0 >${this.#seen}`);
    // A line that was typed twice may be on its second run.
    for (let tries = 0; tries < 100; tries++, await setTimeout(10)) {
      const bytes = existsSync(this.#seen) ? readFileSync(this.#seen) : Buffer.of();
      if (bytes.at(-1) === 0) return parseEnvironment(bytes);
    }
    throw new Error('no environment');
  }

  // The shell ends when its terminal does, and may write its history then.
  async #end(): Promise<void> {
    const closed = once(this.#child, 'close');
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await closed;
    await setTimeout(100);
  }

  async #answers(mark: string, milliseconds: number): Promise<boolean> {
    for (const end = Date.now() + milliseconds; Date.now() < end; await setTimeout(1)) {
      if (readFileSync(this.#done, 'utf8').includes(`${mark}\n`)) return true;
    }
    return false;
  }
}
