import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isClaimed, type OtherShell, otherShells, shells } from '../test/shells.js';
import { countOf, inParallel, type Options, type Part, type Row, skippedRow, Tally } from './part.js';
import { Random } from './random.js';
import { describe, generateWalk, walkOnce } from './walks.js';

/*
 * Real shells of other versions than the system's: random walks, and the tests of the hook.
 */

export const old: Part = {
  name: 'old',
  async run(options, report) {
    const found = otherShells().filter(isClaimed);
    for (const name of shells) {
      const missing = !found.some((it) => it.name === name);
      if (missing)
        report(
          skippedRow('old', 'the shells themselves', name, 'none in the directory that ENVHOOK_SHELLS names'),
        );
    }
    for (const shell of found) {
      if (options.only !== undefined && options.only !== labelOf(shell)) continue;
      report(await walkIn(shell, options));
      if (!options.short) report(await testHookIn(shell));
    }
  },
};

function labelOf({ name, version }: OtherShell): string {
  return `${name}-${version}`;
}

async function walkIn(shell: OtherShell, options: Options): Promise<Row> {
  const { name, path } = shell;
  const tally = new Tally('old', 'random walks in older shells', labelOf(shell));
  const numbers = Array.from({ length: countOf(options, 100, 4) }, (_, index) => index);
  await inParallel(numbers, 2, async (index) => {
    const walk = generateWalk(new Random(options.seed + index * 104_729), shells);
    const { failure } = await walkOnce(name, walk, path);
    tally.add(failure && `walk ${index}: ${await describe(name, walk, failure, path)}`);
  });
  return tally.row();
}

// The tests of the hook, with this shell in the place of the system's.
async function testHookIn(shell: OtherShell): Promise<Row> {
  const tally = new Tally('old', 'the tests of the hook in older shells', labelOf(shell));
  const directory = mkdtempSync(join(tmpdir(), 'envhook-'));
  const results = join(directory, 'results.tap');
  try {
    const tap = [
      `${root}node_modules/.bin/tap`,
      'run',
      '--reporter=min',
      `--output-file=${results}`,
      'test/hook.test.ts',
    ];
    const child = spawn(process.execPath, tap, {
      cwd: root,
      stdio: 'ignore',
      env: { ...process.env, ENVHOOK_TEST_SHELL: shell.path },
    });
    const [code] = await once(child, 'close');
    tally.ok(code === 0, () => `ended with ${code}, perhaps early`);
    for (const [, not, title] of readFileSync(results, 'utf8').matchAll(
      /^ {4}(not )?ok \d+ - (?!.* # SKIP)(.*?)(?: # time=\S+)?(?: \{)?$/gm,
    ))
      tally.add(not && title);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return tally.row();
}

const root = fileURLToPath(new URL('..', import.meta.url));
