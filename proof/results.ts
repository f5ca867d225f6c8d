import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemShells } from '../test/shells.js';
import type { Options, Row } from './part.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The rows as a Markdown table: a line for each thing that was tried, the shells beside each other. */
export function table(rows: readonly Row[]): string {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.part}\0${row.what}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const lines = [...groups.values()].map(groupLine);
  return [
    '| part | what was tried | in | tried | failed | seconds |',
    '| --- | --- | --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n');
}

/** Puts the rows into docs/proof.json, in place of the same parts' earlier ones, and the table beside it. */
export function writeResults(rows: readonly Row[], { seed, short }: Options): void {
  const path = `${root}docs/proof.json`;
  const before: Stored[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).rows : [];
  const parts = new Set(rows.map(({ part }) => part));
  const kept = before.filter(({ part }) => !parts.has(part));
  const date = new Date().toISOString().slice(0, 10);
  const all = [...kept, ...rows.map((row) => ({ ...row, seed, short, date }))];
  mkdirSync(`${root}docs`, { recursive: true });
  writeFileSync(path, `${JSON.stringify({ machine: machine(), rows: all }, null, 2)}\n`);
  writeFileSync(`${root}docs/proof.md`, `${page(all)}\n`);
  let readme = readFileSync(`${root}README.md`, 'utf8');
  for (const [name, text] of Object.entries({ proof: summary(all), costs: costsTable(all) })) {
    const markers = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`);
    readme = readme.replace(markers, (_all, start, end) => `${start}\n${text}\n${end}`);
  }
  writeFileSync(`${root}README.md`, readme);
}

// In the order in which the parts run.
const WHAT: Record<string, string> = {
  'bad-input': 'every kind of bad input, through the command line and the hooks',
  generated: 'generated files through the hooks, against what `dotenv` gives',
  walks: 'random walks through everything a person does, against a model',
  faults: 'killed at every system call, disk full, no Node, no home, Ctrl-C',
  attacks: 'swapped files, forged plans, hidden commands, hostile names',
  together: '64 shells and 64 commands at once for a minute',
  old: 'real shells of other versions: random walks, and the tests of the hook',
  costs: 'processes that each version of a shell starts',
  coverage: 'lines and branches of `src/` that tests run',
  mutation: 'small faults put into the sources, noticed by a test',
};

/** A line for each part. */
function summary(rows: readonly Stored[]): string {
  const lines = Object.entries(WHAT).flatMap(([part, what]) => {
    const own = rows.filter((row) => row.part === part && row.tried > 0);
    if (own.length === 0) return [];
    const sum = (field: 'tried' | 'failed') => own.reduce((total, row) => total + row[field], 0);
    const tried =
      part === 'coverage' ? (own[0]?.remark?.split(';')[0] ?? '') : sum('tried').toLocaleString('en');
    return [
      `| ${what}${own.some(({ short }) => short) ? ' (a short run)' : ''} | ${tried} | ${sum('failed')} |`,
    ];
  });
  return ['', '| what | tried | failed |', '| --- | ---: | ---: |', ...lines, ''].join('\n');
}

/** A line for each version of a shell: what it costs there. */
function costsTable(rows: readonly Stored[]): string {
  const lines = rows.flatMap(({ shell, costs }) => {
    if (costs === undefined) return [];
    const { processes, prompt, cycle, byHand } = costs;
    const times = `${prompt} µs | ${cycle} µs, ${(cycle / byHand).toFixed(1)} times`;
    return [`| ${shell} | ${processes.prompt} | ${processes.load} | ${processes.unload} | ${times} |`];
  });
  const head = [
    '| | processes: prompt | load | unload | a prompt takes longer by | cd in and out, against export lines sourced by hand |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
  ];
  return ['', ...head, ...lines, ''].join('\n');
}

type Stored = Row & { seed: number; short: boolean; date: string };

function page(rows: readonly Stored[]): string {
  const remarks = rows
    .filter(({ skipped, remark, failures }) => skipped ?? remark ?? failures[0])
    .map(({ part, what, shell, skipped, remark, failures }) => {
      const said = [skipped && `not here: ${skipped}`, remark, ...failures].filter(Boolean).join('; ');
      return `- ${part}, ${what}${shell === '-' ? '' : ` (${shell})`}: ${said.replaceAll('\n', ' ')}`;
    });
  return [
    '# What was tried',
    '',
    `\`npm run proof\` on ${machine()}. A part again with the same numbers: \`npm run proof -- --part NAME --seed N\`.`,
    '',
    table(rows),
    '',
    ...remarks,
  ].join('\n');
}

function groupLine(rows: readonly Row[]): string {
  const [first] = rows;
  const sum = (field: 'tried' | 'failed' | 'seconds') => rows.reduce((total, row) => total + row[field], 0);
  const shellsTried = rows.filter(({ skipped }) => skipped === undefined).map(({ shell }) => shell);
  const where = shellsTried.length === 0 ? 'nowhere' : shellsTried.join(', ');
  const seconds = Math.round(sum('seconds'));
  return `| ${first?.part} | ${first?.what.replaceAll('|', '\\|')} | ${where} | ${sum('tried').toLocaleString('en')} | ${sum('failed')} | ${seconds} |`;
}

function machine(): string {
  const versions = systemShells().map(({ name, version }) => `${name} ${version}`);
  return `${process.platform}, ${cpus().length} cores, Node ${process.versions.node}, ${versions.join(', ')}`;
}
