/**
 * How far something is, for whoever waits for it: one line that is rewritten in place and goes away at the end. It
 * appears after half a second, so that what is quick says nothing.
 */
export class Progress {
  readonly #terminal: ProgressTerminal;
  #text = '';
  #shown = '';
  #next: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminal: ProgressTerminal) {
    this.#terminal = terminal;
    this.#next = terminal.now() + PATIENCE_MS;
  }

  /** Says what is being done, as often as one likes. Text of a path must be escaped. */
  tell(text: string): void {
    this.#text = text;
    const now = this.#terminal.now();
    if (now >= this.#next) this.#show(now);
    else if (this.#timer === undefined) this.#wait(now);
  }

  /** Takes the line away: before anything else is printed, and at the end. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#shown !== '') this.#terminal.write(ERASE);
    this.#shown = '';
  }

  #show(now: number): void {
    this.#next = now + INTERVAL_MS;
    if (this.#text === this.#shown) return;
    this.#shown = this.#text;
    // One that fills the last column would begin another line.
    const line = `envhook: ${this.#text}`.slice(0, this.#terminal.columns() - 1);
    this.#terminal.write(ERASE + line);
  }

  // For whatever awaits something after it told: what computes without a pause is shown by the next `tell`.
  #wait(now: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#show(this.#terminal.now());
    }, this.#next - now).unref();
  }
}

/** Where the line is shown, and the clock. */
export interface ProgressTerminal {
  write(text: string): void;
  columns(): number;
  /** Milliseconds since any moment. */
  now(): number;
}

const PATIENCE_MS = 500;
const INTERVAL_MS = 100;
const ERASE = '\r\x1b[K';
