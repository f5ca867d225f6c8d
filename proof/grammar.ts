// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what env files hold
import type { Random } from './random.js';

/*
 * Env files by a grammar of the dialect: names, ways to quote, pieces of values, odd lines, line ends. What they
 * mean is not known here: other programs say it.
 */

/** A generated file. */
export interface GeneratedFile {
  bytes: Buffer;
  /** Whether there is a `$` in it, which dotenv leaves as it is. */
  dollar: boolean;
  /** Whether something is in it for which a whole directory must be refused. */
  broken: boolean;
}

/** A directory's files by name. */
export type GeneratedSet = Record<string, GeneratedFile>;

/** @param dollar whether there may be a `$` in the files. */
export function generateSet(random: Random, dollar: boolean): GeneratedSet {
  const names = random.weighted([
    [6, ['.env']],
    [3, ['.env', '.env.local']],
    [1, ['.env.local']],
  ]);
  return Object.fromEntries(names.map((name) => [name, generateFile(random, dollar)]));
}

function generateFile(random: Random, dollar: boolean): GeneratedFile {
  const broken = random.chance(0.015);
  const lines = random.times(1 + random.below(10), () => generateLine(random, dollar));
  if (broken) lines.splice(random.below(lines.length + 1), 0, random.pick(BROKEN));
  const end = random.weighted([
    [8, '\n'],
    [2, '\r\n'],
    [1, '\r'],
  ]); // prettier-ignore
  const mark = random.chance(0.05) ? '\ufeff' : '';
  const text = `${mark}${lines.join('\n')}${random.chance(0.8) ? '\n' : ''}`.replaceAll('\n', end);
  const bytes = Buffer.from(text);
  if (broken && random.chance(0.2)) return { bytes: Buffer.concat([bytes, Buffer.of(0xff)]), dollar, broken };
  return { bytes, dollar: text.includes('$'), broken };
}

// Each of these is an error wherever it stands, and the quote closes nothing that was open before.
const BROKEN = ['NUL=a\0b', 'U=\u2028', '# \u2029', 'B\u200bC=1', `${'N'.repeat(256)}=1`];

function generateLine(random: Random, dollar: boolean): string {
  return random.weighted([
    [14, () => generateAssignment(random, dollar)],
    [1, () => `${blanks(random)}# ${words(random, TEXT_PIECES)}`],
    [1, () => blanks(random)],
    [
      1,
      () =>
        random.pick([
          '[section]',
          'source x',
          'if true',
          '=x',
          'just words',
          '!',
          'A B=1',
          '\u00c9=1',
          'a[0]=1',
        ]),
    ],
  ])();
}

function generateAssignment(random: Random, dollar: boolean): string {
  const head = random.weighted([
    [10, ''],
    [2, 'export '],
    [1, 'export  '],
    [1, '  '],
  ]); // prettier-ignore
  const equals = random.weighted([
    [12, '='],
    [1, ' ='],
    [1, '= '],
    [1, ' = '],
    [1, ': '],
  ]); // prettier-ignore
  const comment = random.weighted([
    [10, ''],
    [1, ' # comment'],
    [1, '  #'],
    [1, '   '],
  ]); // prettier-ignore
  return `${head}${generateName(random)}${equals}${generateValue(random, dollar)}${comment}`;
}

function generateName(random: Random): string {
  return random.weighted([
    [12, () => random.pick(NAMES)],
    [2, () => `N${random.below(1000)}`],
    [
      1,
      () =>
        random.pick([
          '__proto__',
          'constructor',
          'toString',
          '_',
          '__',
          'a.b',
          'A-B',
          'UID',
          'IFS',
          'status',
          'path',
          'PS1',
          'ENVHOOK_LOG',
          'HOME',
        ]),
    ],
  ])();
}

const NAMES = [...'ABCDEFGHabcdefg'].concat(
  'DATABASE_URL',
  'API_KEY',
  'MY_PATH',
  'LIST',
  'a_1',
  '_x',
  'CamelCase',
);

function generateValue(random: Random, dollar: boolean): string {
  const pieces = dollar ? [...TEXT_PIECES, ...DOLLAR_PIECES, ...DOLLAR_PIECES] : TEXT_PIECES;
  return random.weighted([
    [1, () => ''],
    [6, () => bareValue(random, pieces)],
    [4, () => `"${quoted(random, pieces, '"')}"`],
    [4, () => `'${quoted(random, pieces, "'")}'`],
    [2, () => `\`${quoted(random, pieces, '`')}\``],
  ])();
}

function bareValue(random: Random, pieces: readonly string[]): string {
  const value = words(random, pieces).replaceAll('\n', ' ');
  return /^\s*['"`]/.test(value) ? `x${value}` : value;
}

// Any piece but the quote itself; an escaped one may be.
function quoted(random: Random, pieces: readonly string[], quote: string): string {
  const text = words(random, pieces).replaceAll(quote, random.chance(0.3) ? `\\${quote}` : '');
  return text.replace(/\\+$/, '');
}

function words(random: Random, pieces: readonly string[]): string {
  return random.times(random.below(7), () => random.pick(pieces)).join('');
}

function blanks(random: Random): string {
  return random.pick(['', ' ', '\t', '   ']);
}

const TEXT_PIECES = [
  ...['a', 'Z', '0', 'word', 'two words', ' ', '  ', '\t', '\n', '\n\n', '\\n', '\\r', '\\t', '\\\\', '\\'],
  ...[
    '!',
    '!!',
    '~',
    '~/x',
    '*',
    '?',
    '[a]',
    '{a,b}',
    '(',
    ')',
    '<',
    '>',
    '|',
    '&',
    ';',
    ':',
    ',',
    '.',
    '/',
    '@',
  ],
  ...['%s', '%', '^', '+', '-', '_', '=', '==', '#', ' #', '"', "'", '`', "'\\''", '\\"', "\\'"],
  ...[
    '\u00e9',
    '\u65e5\u672c',
    '\u{1f600}',
    '\u0301',
    '\ufe0f',
    '\x01',
    '\x1b[31m',
    '\x7f',
    '\x85',
    '\x9b',
    '\ue000',
    '\uf6e9',
    '\ufffd',
  ],
  ...[
    'A=1',
    '\nB=2\n',
    'export',
    'a:b:c',
    ':',
    '::',
    'https://u:p@h:1/x?y=z&w#f',
    '{"a": [1]}',
    'x'.repeat(300),
  ],
];

const DOLLAR_PIECES = [
  ...[
    '$',
    '$$',
    '\\$',
    '\\$A',
    '$1',
    '$(touch pwned)',
    '`touch pwned`',
    '${',
    '${}',
    '${A',
    '$ A',
    '${!A}',
    '${#A}',
  ],
  ...[
    '$A',
    '$B',
    '$C',
    '${A}',
    '${B}',
    '${C}',
    '$HOME',
    '${HOME}',
    '$PWD',
    '$OUTER',
    '${OUTER}',
    '$EMPTY',
    '${EMPTY}',
  ],
  ...[
    '$NOWHERE',
    '${NOWHERE}',
    '${NOWHERE:-word}',
    '${NOWHERE-word}',
    '${EMPTY:-$A}',
    '${EMPTY-word}',
    '${A:-}',
  ],
  ...['${OUTER:+yes $OUTER}', '${NOWHERE:+no}', '${NOWHERE+no}', '${EMPTY+set}', '${EMPTY:+no}'],
  ...['${OUTER:-${A:-${B}}}', '${NOWHERE:-${NOWHERE2:-deep}}', '${OUTER:?needed}', '${HOME?needed}'],
  ...[
    '$LIST',
    '$MY_PATH',
    '$D$E',
    '${a.b}',
    '${a.b:-x}',
    '$__proto__',
    '${constructor}',
    '$aé',
    '${A:-"q"}',
    "${A:-'q'}",
  ],
];
