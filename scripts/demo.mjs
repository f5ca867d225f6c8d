// Shows envhook at work: a project with secrets, entered, allowed, edited and left, in every shell that is
// installed. Each shell is a real interactive one in a home directory of its own, which is gone afterwards.
// What is printed is what a person would see; what is not as expected is said, and the exit code is 1.
// Run it with `npm run demo`, or `npm run demo -- bash` for one shell. It uses Node's own modules only.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, shells, withShell } from './terminal.mjs';

const PRIVATE_KEY = ['-----BEGIN PRIVATE KEY-----', 'MC4CAQAwBQYDK2VwBCIEIE7d', '-----END PRIVATE KEY-----'];
const DATABASE_URL = 'postgres://shop:kx7Qz9@localhost:5432/shop';
const API_KEY = `it's the "test" key, 42`;
const env = `# What the shop needs on a developer's machine.
DATABASE_URL=${DATABASE_URL}
API_KEY=\`${API_KEY}\`
PRIVATE_KEY="${PRIVATE_KEY.join('\n')}"
PORT=8080
`;

const notSet = (name) => [`printenv ${name} || echo not set`, 'not set'];
const loaded = (signs) => `envhook: loaded ~/shop/.env (${signs})`;

/**
 * What is typed, and what must come of it: the lines themselves, or the first and the last one and no value among
 * them.
 * @type {[line: string, expected: string | string[] | { first: string, last: string }][]}
 */
const story = [
  ['cd shop', 'envhook: ~/shop/.env is not allowed; look: envhook diff, accept: envhook allow'],
  notSet('DATABASE_URL'),
  [
    'envhook allow',
    {
      first: 'envhook: allowed ~/shop/.env (API_KEY DATABASE_URL PORT PRIVATE_KEY)',
      last: loaded('+API_KEY +DATABASE_URL ~PORT +PRIVATE_KEY'),
    },
  ],
  ['printenv DATABASE_URL', DATABASE_URL],
  ['printenv API_KEY', API_KEY],
  ['printenv PRIVATE_KEY', PRIVATE_KEY],
  ['printenv PORT', '8080'],
  ['cd src', []],
  ['printenv DATABASE_URL', DATABASE_URL],
  ['cd ..', []],
  [
    'echo NEW_FLAG=on >> .env',
    'envhook: ~/shop/.env changed since you allowed it (+NEW_FLAG); look: envhook diff, accept: envhook allow',
  ],
  notSet('DATABASE_URL'),
  ['printenv PORT', '3000'],
  [
    'envhook allow',
    {
      first: 'envhook: allowed ~/shop/.env (API_KEY DATABASE_URL NEW_FLAG PORT PRIVATE_KEY)',
      last: loaded('+API_KEY +DATABASE_URL +NEW_FLAG ~PORT +PRIVATE_KEY'),
    },
  ],
  ['printenv NEW_FLAG', 'on'],
  ['cd ..', 'envhook: unloaded ~/shop/.env'],
  notSet('API_KEY'),
  ['printenv PORT', '3000'],
];

async function main() {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(shells);
  const unknown = wanted.find((name) => !Object.hasOwn(shells, name));
  if (unknown !== undefined) throw new Error(`unknown shell ${unknown}: ${Object.keys(shells).join(', ')}`);
  const installed = wanted.filter((name) => findProgram(name) !== undefined);
  let steps = 0;
  let wrong = 0;
  for (const name of installed) {
    try {
      const counts = await play(name);
      steps += counts.steps;
      wrong += counts.wrong;
    } catch (error) {
      wrong++;
      console.log(`!! ${error.message}`);
    }
  }
  for (const name of wanted) {
    if (!installed.includes(name)) console.log(`skipped: ${name} is not installed`);
  }
  if (installed.length === 0 || wrong > 0) process.exitCode = 1;
  const result = wrong === 0 ? `${steps} steps as said` : `${wrong} of ${steps} steps not as said`;
  console.log(`${installed.join(', ') || 'no shell'}: ${result}`);
}

/** Plays the story in one shell and prints it. */
async function play(name) {
  console.log(`${name}\n${'-'.repeat(name.length)}`);
  const lines = [[shells[name].set, []], [shells[name].hook, []], ...story];
  let wrong = 0;
  await withShell(name, makeProject, async (type) => {
    for (const [line, expected] of lines) {
      const output = await type(line);
      console.log(`$ ${line}${output.map((it) => `\n${it}`).join('')}`);
      if (isAsSaid(output, expected)) continue;
      wrong++;
      console.log(`!! expected: ${JSON.stringify(expected)}`);
    }
  });
  console.log('');
  return { steps: lines.length, wrong };
}

function makeProject(home) {
  mkdirSync(join(home, 'shop/src'), { recursive: true });
  writeFileSync(join(home, 'shop/.env'), env);
}

function isAsSaid(output, expected) {
  if (typeof expected === 'string' || Array.isArray(expected)) {
    return JSON.stringify(output) === JSON.stringify([expected].flat());
  }
  const shown = output.join('\n');
  const values = [DATABASE_URL, API_KEY, ...PRIVATE_KEY];
  return (
    output[0] === expected.first &&
    output.at(-1) === expected.last &&
    !values.some((value) => shown.includes(value))
  );
}

await main();
