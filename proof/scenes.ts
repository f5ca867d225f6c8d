import { type ShellName, shells, skipWithout } from '../test/shells.js';
import { type Options, type Row, skippedRow, Tally } from './part.js';
import { type Scratch, withScratch } from './scratch.js';

/** What is done in one shell, in a scratch of its own; counts trials in the tally, and fails by throwing. */
export type Body = (scratch: Scratch, name: ShellName, tally: Tally, options: Options) => Promise<void>;

export interface Scene {
  what: string;
  body: Body;
  /** Why it cannot be tried here. */
  skip?: string | false;
  /** The shells in which it means something, and why not the others. */
  only?: { shells: readonly ShellName[]; because: string };
}

/** Plays scenes in every shell. */
export async function playScenes(
  part: string,
  scenes: readonly Scene[],
  options: Options,
  report: (row: Row) => void,
): Promise<void> {
  for (const { what, body, skip, only } of scenes) {
    for (const name of shells) {
      const elsewhere = only !== undefined && !only.shells.includes(name) && only.because;
      const reason = elsewhere || skip || skipWithout(name);
      if (reason) {
        report(skippedRow(part, what, name, reason));
        continue;
      }
      const tally = new Tally(part, what, name);
      await withScratch((scratch) => tally.holds(what, () => body(scratch, name, tally, options)));
      report(tally.row());
    }
  }
}
