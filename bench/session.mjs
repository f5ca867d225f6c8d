// A real interactive shell that is sent lines, each followed by a prompt, and that times loops.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { shells } from './shells.mjs';

const PATIENCE_MS = 120_000;

/** A running interactive shell. Its messages go nowhere; descriptor 3 is the way back. */
export class Session {
  #dialect;
  #child;
  #waiting;
  #lines = [];

  /**
   * @param {string} shell its name.
   * @param {Record<string, string>} env its whole environment.
   * @param {string} cwd where it starts.
   * @param {string[]} under words before its command, such as a tracer and its options.
   */
  constructor(shell, env, cwd, under = []) {
    this.#dialect = shells[shell];
    const [program, ...words] = [...under, ...this.#dialect.command];
    const options = { env: { ...env, PWD: cwd }, cwd, stdio: ['pipe', 'ignore', 'ignore', 'pipe'] };
    this.#child = spawn(program, words, options);
    this.#child.stdin.on('error', () => {}); // it ended: run() says so
    this.#child.on('close', () => this.#waiting?.fail(new Error(`${shell} ended`)));
    createInterface({ input: this.#child.stdio[3] }).on('line', (line) => this.#take(line));
    this.#child.stdin.write(this.#dialect.start + this.#dialect.end);
  }

  /** Types a line, waits for the prompt after it, and gives what it wrote to descriptor 3. */
  async run(line) {
    if (this.#child.exitCode !== null) throw new Error('the shell has ended');
    const { end } = this.#dialect;
    const late = setTimeout(() => this.#waiting?.fail(new Error(`no answer to: ${line}`)), PATIENCE_MS);
    try {
      return await new Promise((resolve, fail) => {
        this.#lines = [];
        this.#waiting = { resolve, fail };
        this.#child.stdin.write(`${line}${end}echo done >&3${end}`);
      });
    } finally {
      clearTimeout(late);
      this.#waiting = undefined;
    }
  }

  /** Microseconds per run of a body that is run that often in a row. */
  async time(body, count) {
    const lines = await this.run(this.#dialect.loop(count, body));
    if (this.#dialect.clock) {
      const [, from, to] = lines.find(({ text }) => text.startsWith('clock '))?.text.split(' ') ?? [];
      return ((Number(to) - Number(from)) * 1e6) / count;
    }
    const at = (text) => lines.find((line) => line.text === text)?.at;
    return ((at('end') - at('begin')) * 1e3) / count;
  }

  /** The value of a variable, or nothing when it is unset. */
  async value(name) {
    const lines = await this.run(`printf 'value %s\\n' "$${name}" >&3`);
    return lines[0]?.text.slice('value '.length);
  }

  /** Ends the shell. */
  stop() {
    this.#child.stdin.end();
    this.#child.kill('SIGHUP');
  }

  /** Ends the shell and waits until it and what traces it are gone. */
  async close() {
    const ended = new Promise((resolve) => this.#child.on('close', resolve));
    this.#waiting = undefined;
    this.#child.stdin.end();
    await ended;
  }

  #take(text) {
    if (text === 'done') this.#waiting?.resolve(this.#lines);
    else this.#lines.push({ text, at: performance.now() });
  }
}
