/*
 * ENVHOOK_LOG=debug: which files were read, and what came of them. Never a value. Nobody listens unless print.ts is
 * told to, and then the same line is said once.
 */

let listener: ((line: string) => void) | undefined;
let said: Set<string> | undefined;

/** Hands every line from now on to a listener. */
export function listen(say: (line: string) => void): void {
  listener = say;
  said = new Set();
}

/** Says a line, which is made only if somebody listens. */
export function trace(makeLine: () => string): void {
  if (listener === undefined) return;
  const line = makeLine();
  if (said?.has(line)) return;
  said?.add(line);
  listener(line);
}
