// How each shell is started, what runs at its prompt, and how a loop in it is timed.

/**
 * @typedef {object} Dialect
 * @property {string[]} command starts it interactively, without the user's configuration.
 * @property {string} end ends a line that is typed.
 * @property {string} start the first line typed.
 * @property {string} prompt what the shell runs at a prompt, as a loop can call it.
 * @property {string} line what it runs between Enter and the next prompt, where it runs something.
 * @property {(count: number, body: string) => string} loop runs the body that often and writes when it began and
 *   ended to descriptor 3: microseconds where the shell has a clock, otherwise two lines for the reader to time.
 * @property {boolean} clock whether it has a clock that costs no process.
 */

const posixLoop = (count, body) =>
  `__bench_t=$EPOCHREALTIME; for ((__bench_i = 0; __bench_i < ${count}; __bench_i++)); do ${body}; done; ` +
  `__bench_u=$EPOCHREALTIME; printf 'clock %s %s\\n' "$__bench_t" "$__bench_u" >&3`;

/** @type {Record<string, Dialect>} */
export const shells = {
  bash: {
    command: ['bash', '--norc', '--noprofile', '--noediting', '+H', '-i'],
    end: '\n',
    start: 'PS1= PS2=; unset HISTFILE',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's, not JavaScript's
    prompt: 'for __bench_c in "${PROMPT_COMMAND[@]}"; do eval "$__bench_c"; done',
    line: '',
    loop: posixLoop,
    clock: true,
  },
  zsh: {
    command: ['zsh', '-f', '-i', '+o', 'banghist', '+o', 'promptsp', '+o', 'promptcr'],
    end: '\n',
    start: 'PS1= PS2=; zmodload zsh/datetime',
    prompt: 'for __bench_c in $precmd_functions; do $__bench_c; done',
    line: 'for __bench_c in $preexec_functions; do $__bench_c "" "" ""; done',
    loop: posixLoop,
    clock: true,
  },
  fish: {
    // fish reads all of a pipe before it runs anything, so a loop of its own takes the lines.
    command: [
      'fish',
      '--no-config',
      '-i',
      '-c',
      'while read -z __bench_line; eval $__bench_line </dev/null; emit fish_prompt; end',
    ],
    end: '\0',
    start: 'set -e fish_greeting',
    prompt: 'emit fish_prompt',
    line: 'emit fish_preexec ""',
    loop: (count, body) =>
      `set __bench_n (seq ${count}); echo begin >&3; for __bench_i in $__bench_n; ${body}; end; echo end >&3`,
    clock: false,
  },
};
