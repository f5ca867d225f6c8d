import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Options, type Part, type Row, skippedRow, Tally } from './part.js';

const root = fileURLToPath(new URL('..', import.meta.url));

// What runs the sources in the tests' own process. The others start the bundles of dist/, which are not counted.
const TESTS = ['core', 'dialect', 'everyday', 'commands'];
const LEAST = 85;

/** How much of src/ the tests run. */
export const coverage: Part = {
  name: 'coverage',
  async run({ short }: Options, report: (row: Row) => void) {
    const what = 'lines and branches of src/ that the tests run';
    if (short) return report(skippedRow('coverage', what, '-', 'takes two minutes'));
    const directory = `${root}.tap/proof-coverage`;
    const tally = new Tally('coverage', what);
    const args = ['run', '--no-disable-coverage', '--coverage-report=json-summary', '--reporter=min'];
    const child = spawn(
      `${root}node_modules/.bin/tap`,
      [...args, ...TESTS.map((name) => `test/${name}.test.ts`)],
      {
        cwd: root,
        stdio: 'ignore',
      },
    );
    await once(child, 'close');
    const file = [`${root}.tap/report/coverage-summary.json`, `${directory}/coverage-summary.json`].find(
      existsSync,
    );
    if (file === undefined) throw new Error('tap has written no coverage');
    const summary: Record<string, Record<string, { pct: number }>> = JSON.parse(readFileSync(file, 'utf8'));
    rmSync(directory, { recursive: true, force: true });
    for (const [path, { lines }] of Object.entries(summary)) {
      if (!path.includes('/src/')) continue;
      const name = path.slice(path.indexOf('/src/') + 1);
      tally.ok((lines?.pct ?? 0) >= LEAST, () => `${name}: ${lines?.pct} % of the lines`);
    }
    const { total } = summary;
    const figures = ['lines', 'branches', 'functions'].map((it) => `${total?.[it]?.pct} % of the ${it}`);
    report(tally.row(`${figures.join(', ')}; failed: files below ${LEAST} %`));
  },
};
