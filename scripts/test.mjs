// Runs the tests and ends with what was skipped and why, what failed, innermost first, and with the counts on a line of
// their own: `12 passed, 0 failed, 1 skipped`. They come from the TAP that the run wrote. Arguments go to tap:
// `npm test -- test/core.test.ts`.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = `${root}.tap/results.tap`;

mkdirSync(`${root}.tap`, { recursive: true });
rmSync(results, { force: true });
const reporter = process.stdout.isTTY ? [] : ['--reporter=min'];
const { status } = spawnSync(
  `${root}node_modules/.bin/tap`,
  ['run', ...reporter, `--output-file=${results}`, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);

const counts = readCounts();
if (counts === undefined) console.error('test: tap wrote no results');
else
  console.log(
    `${[...counts.skips, ...counts.failures].join('\n')}\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
  );
process.exitCode = counts === undefined || counts.failed > 0 ? 1 : (status ?? 1);

/** What tap counted, from the summary that ends its output: `# { total: 3, pass: 2, skip: 1 }`. */
function readCounts() {
  let text = '';
  try {
    text = readFileSync(results, 'utf8');
  } catch {}
  const summary = text.match(/^# \{ total: .*\}$/gm)?.at(-1);
  if (summary === undefined) return undefined;
  const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
  const failures = [...text.matchAll(/^ *(not ok \d+ - .*?)(?: # time=\S+)?$/gm)].map(([, line]) => line);
  // What --grep leaves out has a reason of its own.
  const skips = [...text.matchAll(/^ *ok \d+ - (.*?) # (?:SKIP|TODO)\b(?! filter\b) ?(.*)$/gm)].map(
    ([, title, reason]) => `skipped: ${title}: ${reason || 'no reason given'}`,
  );
  return {
    failures,
    skips,
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skip') + count('todo'),
  };
}
