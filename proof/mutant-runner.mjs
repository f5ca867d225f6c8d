// Runs tests with one fault awake, in this process, as often as it is told to by its parent. The first answer says how
// long each test takes without a fault and which faults it comes by.

import { t as root } from 'tap';

// A test that never ends, since the root does as soon as there is nothing to do.
const host = await new Promise(
  (resolve) => void root.test('m', { timeout: 0 }, (t) => new Promise(() => resolve(t))),
);
const bundles = process.argv.slice(2);
// What was wrong with an earlier fault must not end this process in the middle of the next.
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, () => {
    process.exit(9);
  });

let loads = 0;
let runs = 0;
let awake = -1;
const reached = new Set();
globalThis.__mutant = (id) => {
  reached.add(id);
  return id === awake;
};

/** The tests of a bundle, of a fresh copy of all its modules. */
async function load(bundle) {
  const tests = [];
  const test = (name, options, body) => {
    const skip = typeof options === 'object' && options.skip;
    if (!skip) tests.push({ name, body: body ?? options });
    return Promise.resolve();
  };
  globalThis.__envhookTests = Object.assign(test, { test, skip: () => Promise.resolve() });
  await import(`${bundle}?${++loads}`);
  return tests;
}

async function passes({ name, body }) {
  const result = await host.test(`${++runs}`, body);
  if (awake < 0 && result?.ok !== true)
    console.error(name, JSON.stringify(result?.failures ?? result).slice(0, 1500));
  return result?.ok === true;
}

async function first() {
  const found = [];
  for (const bundle of bundles) {
    reached.clear();
    const tests = await load(bundle);
    const atLoad = [...reached];
    for (const [index, test] of tests.entries()) {
      reached.clear();
      const start = performance.now();
      const ok = await passes(test);
      found.push({
        bundle,
        index,
        name: test.name,
        ok,
        ms: performance.now() - start,
        reached: [...reached, ...atLoad],
      });
    }
  }
  return found;
}

/** The name of the first of the tests that fails with the fault, undefined if none does. */
async function noticedBy(id, tests) {
  awake = id;
  try {
    const loaded = new Map();
    for (const { bundle, index, ms } of tests) {
      process.send({ begins: ms });
      if (!loaded.has(bundle)) loaded.set(bundle, await load(bundle));
      const test = loaded.get(bundle)[index];
      if (test === undefined || !(await passes(test))) return test?.name ?? 'the modules cannot be loaded';
    }
    return undefined;
  } catch {
    return 'the modules cannot be loaded';
  } finally {
    awake = -1;
  }
}

process.on('message', async ({ id, tests }) => {
  process.send({ answer: id === undefined ? await first() : ((await noticedBy(id, tests)) ?? 'lives') });
});
process.on('disconnect', () => process.exit());
