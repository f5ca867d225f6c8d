// What is measured inside the shells. A row says where, what runs in the loop, and against which limit.

import { depths } from './scratch.mjs';

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {string} group
 * @property {string} label
 * @property {string} at where the shell stands, below the home.
 * @property {(shell: import('./shells.mjs').Dialect, scratch: object, tool: object) => string} body what is timed.
 * @property {boolean} [quick] part of the short version.
 * @property {boolean} [alone] the short version measures no peer there.
 * @property {boolean} [crowd] in the home with ten thousand approvals.
 * @property {number} [limit] count of variables: the same is done by hand, by sourcing export lines.
 * @property {'plan' | 'edit'} [prepare] before each run: the plan goes, or the file changes. One run a round.
 * @property {(shell: import('./shells.mjs').Dialect) => boolean} [skip] where it makes no sense.
 * @property {(shell: import('./shells.mjs').Dialect, scratch: object) => string} [after] what is not timed after it.
 */

/** The group of rows that change nothing. */
export const PROMPT = 'prompt, nothing changed';
const prompt = (shell) => shell.prompt;

/** @type {Row[]} */
export const rows = [
  { id: 'prompt-none', group: PROMPT, label: 'no env file', at: 'plain', body: prompt },
  { id: 'prompt', group: PROMPT, label: 'one env file, 10 variables', at: 'one', body: prompt, quick: true },
  { id: 'prompt-three', group: PROMPT, label: 'three layers', at: 'three/a/b', body: prompt },
  ...[2, 10, 30].map((depth) => ({
    id: `prompt-deep-${depth}`,
    group: PROMPT,
    label: `${depth} directories below the env file`,
    at: `one/${depths(depth)}`,
    body: prompt,
  })),
  {
    id: 'prompt-few',
    group: PROMPT,
    label: 'one env file, a few directories allowed',
    at: 'one',
    body: prompt,
    alone: true,
    quick: true,
  },
  {
    id: 'prompt-crowd',
    group: PROMPT,
    label: 'one env file, 10,000 directories allowed',
    at: 'one',
    body: prompt,
    crowd: true,
    alone: true,
    quick: true,
  },
  ...[1, 16, 64].map((size) => ({
    id: `prompt-${size}k`,
    group: PROMPT,
    label: `one env file of ${size} KiB`,
    at: `k${size}`,
    body: prompt,
    alone: true,
    quick: true,
  })),
  {
    id: 'line',
    group: PROMPT,
    label: 'one env file, and a command line before it',
    at: 'one',
    body: (shell) => `${shell.line}; ${shell.prompt}`,
    skip: (shell) => shell.line === '',
  },
  ...[1, 10, 100, 1000].map((count) => ({
    id: `enter-${count}`,
    group: 'cd in, prompt, cd out, prompt',
    label: count === 1 ? '1 variable' : `${count.toLocaleString('en')} variables`,
    at: '',
    body: (shell, { at }) => `cd ${at(`v${count}`)}; ${shell.prompt}; cd ${at('')}; ${shell.prompt}`,
    limit: count,
    quick: count === 10,
  })),
  {
    id: 'siblings',
    group: 'cd between two projects and back',
    label: '10 variables each',
    at: 'left',
    body: (shell, { at }) => `cd ${at('right')}; ${shell.prompt}; cd ${at('left')}; ${shell.prompt}`,
  },
  {
    id: 'edit',
    group: 'edit, allow, prompt',
    label: '10 variables',
    at: 'edit',
    body: (shell, _scratch, tool) => `${tool.approve} ${shell.prompt}`,
    prepare: 'edit',
  },
  {
    id: 'first',
    group: 'first entry, no plan',
    label: '10 variables',
    at: '',
    body: (shell, { at }) => `cd ${at('first')}; ${shell.prompt}`,
    after: (shell, { at }) => `cd ${at('')}; ${shell.prompt}`,
    prepare: 'plan',
  },
];

/** What a shell cannot do faster, whoever writes the code: builtins alone, in the same loop. */
export function limits({ at, exports }) {
  const file = at('one/.env');
  const same = (text) => ({ bash: text, zsh: text, fish: text });
  const source = (count) =>
    Object.fromEntries(Object.entries(exports[count]).map(([shell, [path]]) => [shell, `source ${path}`]));
  return [
    { id: 'empty', label: 'a turn of the loop', body: { bash: ':', zsh: ':', fish: 'true' } },
    {
      id: 'stat',
      label: 'one test whether a file is there',
      body: { bash: `[[ -f ${file} ]]`, zsh: `[[ -f ${file} ]]`, fish: `test -f ${file}` },
    },
    {
      id: 'read',
      label: 'one file of 400 bytes read',
      body: {
        bash: `mapfile -d '' -t __bench_m <${file}`,
        zsh: `sysread -s 500 __bench_m <${file}`,
        fish: `read -lz -d / __bench_m <${file}`,
      },
    },
    ...[16, 64].map((size) => ({
      id: `compare-${size}k`,
      label: `${size} KiB read and compared`,
      body: compared(at(`k${size}/.env`)),
    })),
    {
      id: 'look',
      label: 'a function: three tests, two files of 400 bytes read and compared',
      before: lookFunction(at('one')),
      body: same('__bench_look'),
      quick: true,
    },
    {
      id: 'look-enter',
      label: 'cd, the function, 10 plain export lines sourced, cd back, unset, the function',
      before: lookFunction(at('one')),
      body: Object.fromEntries(
        Object.entries(exports[10]).map(([shell, [path, unset]]) => [
          shell,
          `cd ${at('v10')}; __bench_look; source ${path}; cd ${at('')}; ${unset}; __bench_look`,
        ]),
      ),
      quick: true,
    },
    { id: 'cd', label: 'cd and back, no hook', body: same(`builtin cd ${at('one')}; builtin cd ${at('')}`) },
    { id: 'source', label: '10 plain export lines sourced', body: source(10), quick: true },
  ];
}

// Against what was read before, as every prompt has to.
function compared(file) {
  const keep = '[[ $__bench_f == ';
  return {
    bash: `${keep}${file} ]] || { mapfile -d '' -t __bench_k <${file}; __bench_f=${file}; }; mapfile -d '' -t __bench_m <${file}; [ "$__bench_m" = "$__bench_k" ]`,
    zsh: `${keep}${file} ]] || { sysread -s 66000 __bench_k <${file}; __bench_f=${file}; }; sysread -s 66000 __bench_m <${file}; [[ $__bench_m == $__bench_k ]]`,
    fish: `test "$__bench_f" = ${file}; or begin; read -gz -d / __bench_k <${file}; set -g __bench_f ${file}; end; read -lz -d / __bench_m <${file}; test "$__bench_m" = "$__bench_k"`,
  };
}

// The least that a hook can do at a prompt: in a function, look where a file might have come, and whether the approval and
// the env file are there, are files, and are what they were.
function lookFunction(directory) {
  const file = `${directory}/.env`;
  const tests = (each) => [1, 2, 3].map((n) => each(`${directory}/${n}/.env`));
  const twice = (text, and) => [text, text].join(and);
  return {
    bash: `mapfile -d '' -t __bench_k <${file}; __bench_look() { local -a m; [[ ${tests((path) => `! -f ${path}`).join(' && ')} ]] && ${twice(
      `[[ -f ${file} && -r ${file} ]] && mapfile -d '' -t -u 9 m 9<${file} && [ "$m" = "$__bench_k" ]`,
      ' && ',
    )}; }`,
    zsh: `sysread -s 500 __bench_k <${file}; __bench_look() { local m; [[ ${tests((path) => `! -f ${path}`).join(' && ')} ]] && ${twice(
      `[[ -f ${file} && -r ${file} ]] && sysread -i 9 -s 500 m 9<${file} && [[ $m == $__bench_k ]]`,
      ' && ',
    )}; }`,
    fish: `read -gz -d / __bench_k <${file}; function __bench_look; test ${tests((path) => `! -f ${path}`).join(' -a ')} -a -f ${file} -a -r ${file}; and ${twice(
      `begin; read -lz -d / m; test "$m" = "$__bench_k"; end <${file}`,
      '; and ',
    )}; end`,
  };
}

/** The same by hand: cd, source plain export lines, cd back, unset. */
export function byHand(row, name, { at, exports }) {
  const [path, unset] = exports[row.limit][name];
  return `cd ${at(`v${row.limit}`)}; source ${path}; cd ${at('')}; ${unset}`;
}
