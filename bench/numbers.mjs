// The numbers to hold: each compares two figures of one run, so a slow or busy machine changes neither side alone.

import { ratio } from './stats.mjs';

// At least this many times faster than the peers, in bash and zsh, and in fish, whose own commands cost more.
const FASTER = [
  {
    row: 'prompt',
    what: 'prompt, nothing changed',
    direnv: { fish: 30, other: 100 },
    mise: { fish: 15, other: 50 },
  },
  {
    row: 'enter-10',
    what: 'cd in and out, 10 variables',
    direnv: { fish: 50, other: 100 },
    mise: { fish: 15, other: 30 },
  },
];

/**
 * Judges what was measured.
 *
 * @returns one entry per number: what, shell, the figure, its bound, and whether it is held (undefined: not measured).
 */
export function judge(results, shellNames, daemon) {
  const find = (id, shell) =>
    results.find((row) => row.id === id && (shell === undefined || row.shell === shell));
  return [
    ...shellNames.flatMap((shell) =>
      FASTER.flatMap((number) => faster(number, find(number.row, shell), shell)),
    ),
    ...shellNames.map((shell) =>
      atMost(
        'cd in and out, 10 variables, against export lines sourced by hand',
        shell,
        5,
        pair(find('enter-10', shell), 'envhook', 'by hand'),
      ),
    ),
    atMost(
      'first entry, no plan: the Node process against `node -e 0`',
      undefined,
      1.15,
      pair(find('compile'), 'envhook', 'node -e 0'),
    ),
    ...shellNames.map((shell) =>
      atMost(
        '`envhook hook` against `direnv hook`',
        shell,
        1,
        pair(find('hook', shell), 'envhook', 'direnv'),
      ),
    ),
    ...shellNames.map((shell) =>
      atMost(
        'prompt with 10,000 directories allowed against few',
        shell,
        1.15,
        across(find('prompt-crowd', shell), find('prompt-few', shell)),
      ),
    ),
    ...shellNames.map((shell) => linear(shell, ...[1, 16, 64].map((size) => find(`prompt-${size}k`, shell)))),
    ...daemon,
  ];
}

function faster({ row, what, ...bounds }, result, shell) {
  const processes = result?.tools.envhook?.processes;
  const none = {
    what: `${what}: processes`,
    shell,
    value: processes,
    bound: 0,
    direction: 'at most',
    held: processes === undefined ? undefined : processes === 0,
  };
  const ratios = Object.entries(bounds).map(([peer, bound]) => {
    const figures = pair(result, peer, 'envhook');
    const least = bound[shell] ?? bound.other;
    return number(`${what}, faster than ${peer}`, shell, 'at least', least, figures && ratio(...figures));
  });
  return [none, ...ratios];
}

// Three sizes lie on a line through their first when the last two have the same slope; a page fault may cost a third.
function linear(shell, ...results) {
  const [small, middle, large] = results.map((result) => result?.tools.envhook?.samples);
  const what = 'prompt, 64 KiB against 16 KiB, per byte more than 1 KiB';
  if (small === undefined) return number(what, shell, 'at most', 1.33, undefined);
  const slope = (samples, kib) => samples.map((value, round) => (value - small[round]) / (kib - 1));
  return number(what, shell, 'at most', 1.33, ratio(slope(large, 64), slope(middle, 16)));
}

function atMost(what, shell, bound, figures) {
  return number(what, shell, 'at most', bound, figures && ratio(...figures));
}

function number(what, shell, direction, bound, value) {
  if (value === undefined) return { what, shell, direction, bound, held: undefined };
  const held = direction === 'at least' ? value.median >= bound : value.median <= bound;
  return { what, shell, direction, bound, value: value.median, low: value.low, high: value.high, held };
}

function pair(result, a, b) {
  const samples = [a, b].map((name) => result?.tools[name]?.samples);
  return samples.includes(undefined) ? undefined : samples;
}

function across(a, b) {
  const samples = [a, b].map((result) => result?.tools.envhook?.samples);
  return samples.includes(undefined) ? undefined : samples;
}
