import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launcher, type ShellName, shells, skipWithout } from '../test/shells.js';
import { countOf, inParallel, type Options, type Part, type Row, skippedRow, Tally } from './part.js';
import { Random } from './random.js';
import { withScratch } from './scratch.js';
import { describe, generateWalk, walkOnce } from './walks.js';

/*
 * Shells that are older than what can be had here. Each hook ends with a section for them, and asks the shell
 * whether it needs it: here the answer is changed, in a copy of the hook, and the builtins that an old shell lacks are
 * taken away as far as a shell lets them be. What a new shell reads differently from an old one is not found that way.
 */

export interface Old {
  shell: ShellName;
  versions: string;
  /** What the hook asks, and the answer of an old shell. */
  answers: [question: string | RegExp, answer: string][];
  /** What an old shell does not know, and what takes its place: something that no shell knows. */
  lacks: [syntax: RegExp, other: string][];
  /** Lines before the hook. */
  before: string[];
}

/** The old shells that are simulated. */
export const OLD: Old[] = [
  {
    shell: 'bash',
    versions: '3.2 to 4.3',
    answers: [
      [/\(\(BASH_VERSINFO\[0\] \* 100 \+ BASH_VERSINFO\[1\] >= \d+\)\)/g, '((0))'],
      [/\(\(BASH_VERSINFO\[0\] \* 100 \+ BASH_VERSINFO\[1\] < 404\)\)/g, '((1))'],
    ],
    lacks: [
      [/\bmapfile\b/g, '__envhook_lacks'],
      [/\b(local|declare) -(g?)n/g, '$1 -Q$2'],
      [/\bdeclare -g/g, 'declare -Q'],
      [/\blocal -(?= |;|$)/gm, 'local -Q'],
      [/(\[|\|\|) -R /g, '$1 -Q '],
      [/@a\}/g, '@!}'],
      [/%\(%s\)T/g, '%(%s)!'],
      [/[@?+!]\([^()$]*\|/g, ')'], // unless the user has set extglob
    ],
    before: ['enable -n mapfile readarray'],
  },
  {
    shell: 'zsh',
    versions: '5.0 to 5.2 (zsh/system without sysopen)',
    answers: [['! builtin zmodload -F zsh/system b:sysopen 2>/dev/null', 'true']],
    lacks: [],
    before: [],
  },
  {
    shell: 'fish',
    versions: '3.1 to 3.3 (no -ef, no named groups)',
    answers: [
      ['if not builtin test / -ef / 2>/dev/null', 'if true'],
      ["if not string match -qr '(?<__envhook_parts>x)' -- x; or not set -q __envhook_parts", 'if true'],
    ],
    lacks: [],
    before: [],
  },
];

const NOT_HERE: Record<ShellName, string> = {
  bash: '3.2, 4.x, 5.0, 5.1, 5.3: the package sources here have one version of each shell, and there is no other source',
  zsh: '5.0 to 5.8: the same',
  fish: '3.1 to 3.5, 3.7, 4.x: the same',
};

export const old: Part = {
  name: 'old',
  async run(options, report) {
    for (const it of OLD) report(await tryOld(it, options));
    for (const name of shells) report(skippedRow('old', 'the shells themselves', name, NOT_HERE[name]));
  },
};

async function tryOld(it: Old, options: Options): Promise<Row> {
  const { shell: name, versions } = it;
  const what = `random walks as in ${versions}, simulated`;
  const reason = skipWithout(name);
  if (reason) return skippedRow('old', what, name, reason);
  const tally = new Tally('old', what, name);
  await withScratch(async (scratch) => {
    const copy = copyOf(scratch.testdir({ bin: {} }), it);
    const numbers = Array.from({ length: countOf(options, 60, 4) }, (_, index) => index);
    await inParallel(numbers, 2, async (index) => {
      const walk = generateWalk(new Random(options.seed + index * 104_729), [name]);
      const hook = { before: it.before, launcher: copy };
      const { failure } = await walkOnce(name, walk, hook);
      tally.add(failure && `walk ${index}: ${await describe(name, walk, failure, hook)}`);
    });
  });
  return tally.row();
}

/**
 * Makes a copy of the checkout in which the hook takes the shell for an old one.
 *
 * @param root the directory for it.
 * @returns the path of its launcher.
 */
export function copyOf(root: string, { shell, answers, lacks }: Old): string {
  const from = dirname(dirname(launcher));
  cpSync(launcher, join(root, 'bin/envhook'));
  for (const name of ['dist', 'node_modules', 'package.json'])
    symlinkSync(join(from, name), join(root, name));
  mkdirSync(join(root, 'shell'));
  let text = readFileSync(join(from, `shell/envhook.${shell}`), 'utf8');
  for (const [question, answer] of answers) {
    const changed = text.replaceAll(question, answer);
    if (changed === text) throw new Error(`envhook.${shell} does not ask ${question}`);
    text = changed;
  }
  for (const [syntax, other] of lacks) text = text.replaceAll(syntax, other);
  writeFileSync(join(root, `shell/envhook.${shell}`), text);
  return join(root, 'bin/envhook');
}
