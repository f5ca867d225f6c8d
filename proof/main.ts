import { parseArgs } from 'node:util';
import { attacks } from './attacks.js';
import { badInput } from './bad-input.js';
import { costs } from './costs.js';
import { coverage } from './coverage.js';
import { faults } from './faults.js';
import { generated } from './generated.js';
import { mutation } from './mutation.js';
import { old } from './old.js';
import type { Options, Part, Row } from './part.js';
import { table, writeResults } from './results.js';
import { endAll, removeLeftovers } from './scratch.js';
import { together } from './together.js';
import { walks } from './walks.js';

const PARTS: Part[] = [badInput, generated, walks, faults, attacks, together, old, costs, coverage, mutation];

/** The command line of run.mjs. */
export async function main(args: readonly string[]): Promise<void> {
  const given = readOptions(args);
  const seed = Number(given?.seed ?? Date.now() % 1_000_000);
  const parts = PARTS.filter(({ name }) => given?.part === undefined || name === given.part);
  if (given === undefined || parts.length === 0 || Number.isNaN(seed)) {
    console.error(
      `proof: --part ${PARTS.map(({ name }) => name).join('|')}, --in SHELL-VERSION, --seed NUMBER, --short, --share FRACTION, --write`,
    );
    process.exit(64);
  }
  const options: Options = { seed, short: given.short, share: Number(given.share), only: given.in };
  process.once('SIGINT', () => void endAll().finally(() => process.exit(130)));
  removeLeftovers();
  process.umask(0o022);
  const rows: Row[] = [];
  for (const part of parts) rows.push(...(await runPart(part, options)));
  if (given.write) writeResults(rows, options);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  console.log(`\n${table(rows)}\n`);
  console.log(`${rows.reduce((sum, row) => sum + row.tried, 0)} tried, ${failed} failed, seed ${seed}`);
  process.exit(failed > 0 ? 1 : 0);
}

// Undefined for an option that there is not: all parts take half an hour.
function readOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        part: { type: 'string' },
        in: { type: 'string' },
        seed: { type: 'string' },
        short: { type: 'boolean', default: false },
        share: { type: 'string', default: '1' },
        write: { type: 'boolean', default: false },
      },
    }).values;
  } catch {
    return undefined;
  }
}

async function runPart(part: Part, options: Options): Promise<Row[]> {
  const rows: Row[] = [];
  const report = (row: Row) => {
    rows.push(row);
    console.log(lineOf(row, options.seed));
    for (const failure of row.failures) console.log(`    ${failure}`);
  };
  try {
    await part.run(options, report);
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    report({
      part: part.name,
      what: 'ran to its end',
      shell: '-',
      tried: 1,
      failed: 1,
      seconds: 0,
      failures: [failure],
    });
  }
  await endAll();
  return rows;
}

function lineOf(row: Row, seed: number): string {
  const { part, what, shell, tried, failed, seconds, skipped, remark } = row;
  const counts =
    skipped === undefined
      ? `${tried} tried, ${failed} failed, ${seconds} s, seed ${seed}${remark === undefined ? '' : ` (${remark})`}`
      : `not here: ${skipped}`;
  return `${part}: ${what}${shell === '-' ? '' : ` [${shell}]`}: ${counts}`;
}
