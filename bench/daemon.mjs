// What the daemon takes and gives: memory, time from a save to the fresh plan, processor time at rest, and whether
// every directory loads without Node after its start.
//
//   node bench/daemon.mjs            everything, a few minutes: 10,000 directories, and a minute at rest
//   node bench/daemon.mjs --quick    without these two, and with fewer saves and pauses
//   node bench/daemon.mjs --json     for a program
//
// Needs the bundles (npm run build). Exit status 1: a number is missed.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatNumbers } from './report.mjs';
import { removeScratch } from './scratch.mjs';
import { summary } from './stats.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const launcher = join(root, 'bin/envhook');
const VARIABLES = 10;

/**
 * Measures, in a home of its own.
 *
 * @param quick without 10,000 directories and the minute at rest, and with fewer saves and shorter pauses.
 * @returns entries like those of numbers.mjs: what, value, bound, unit, and whether it is held.
 */
export async function measureDaemon({ quick = false } = {}) {
  const numbers = [];
  for (const count of quick ? [1, 1000] : [1, 1000, 10_000]) {
    const world = makeWorld(count);
    try {
      numbers.push(...(await measureWorld(world, count, quick)));
    } finally {
      envhook(world, 'daemon', 'stop');
      removeScratch(world);
    }
  }
  return numbers;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

async function main() {
  const numbers = await measureDaemon({ quick: process.argv.includes('--quick') });
  const json = process.argv.includes('--json');
  console.log(json ? JSON.stringify(numbers, null, 1) : formatNumbers(numbers).join('\n'));
  process.exitCode = numbers.some(({ held }) => held === false) ? 1 : 0;
}

async function measureWorld(world, count, quick) {
  const directories = `${count.toLocaleString('en')} ${count === 1 ? 'directory' : 'directories'}`;
  rmSync(join(world.run, 'plans'), { recursive: true, force: true });
  const began = performance.now();
  envhook(world, 'daemon', 'start');
  const start = (performance.now() - began) / 1000;
  const numbers = [atMost(`daemon start, ${directories} and no plan`, start, 's', Math.max(10, count / 25))];
  if (count === 1000) numbers.push(...withoutNode(world, directories));
  if (count > 1) await settled(quick);
  const limit = { 1: 60, 1000: 90, 10000: 170 }[count];
  numbers.push(atMost(`daemon, resident with ${directories}`, status(world).memory / 1e6, 'MB', limit));
  if (count === 1000) numbers.push(...(await saves(world, quick ? 40 : 200)));
  if (count === 1000 && !quick) numbers.push(await atRest(world, directories));
  return numbers;
}

// What a shell would do is what counts: a plan for each, that the shell takes, with no program to be had as Node.
function withoutNode(world, directories) {
  const missing = world.places.filter((place) => !existsSync(planOf(world, place))).length;
  const numbers = [atMost(`daemon, directories without a plan of ${directories}`, missing, '', 0)];
  const bash = spawnSync('bash', ['--version']).status === 0;
  if (!bash) return numbers;
  const lines = world.places.map(
    (place) => `cd '${place}'; [ "$VAR_0" = '${basenameOf(place)}' ] || echo missed`,
  );
  const hook = spawnSync(launcher, ['hook', 'bash'], { env: world.env, encoding: 'utf8' }).stdout;
  const pinned = hook.replace(`__envhook_install '${process.execPath}'`, "__envhook_install '/nowhere/node'");
  const input = [pinned, ...lines, 'exit'].join('\n');
  const shell = spawnSync('bash', ['--norc', '--noprofile', '--noediting', '-i'], {
    env: { ...world.env, ENVHOOK_LOG: 'error', PS1: '' },
    cwd: '/',
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const missed = shell.stdout.split('missed').length - 1;
  return [...numbers, atMost(`daemon, of them not loaded by a bash that has no Node`, missed, '', 0)];
}

// From the end of a save, as an editor does it, to the plan that has the new bytes.
async function saves(world, count) {
  const place = world.places[0];
  envhook(world, 'allow', '--always', place);
  const plan = planOf(world, place);
  const samples = [];
  for (let i = 0; i < count; i++) {
    const text = `VAR_0=saved-${i}\n`;
    writeFileSync(join(place, '.new'), text);
    const fresh = appears(plan, text);
    const began = performance.now();
    renameSync(join(place, '.new'), join(place, '.env'));
    await fresh;
    samples.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 20 + ((i * 37) % 100))); // not in step with the daemon's clock
  }
  const { median, low, high } = summary(samples);
  return [
    { ...atMost(`daemon, from save to fresh plan, median of ${count}`, median, 'ms', 100), low, high },
    atMost(`daemon, from save to fresh plan, worst of ${count}`, Math.max(...samples), 'ms', 1000),
  ];
}

async function appears(path, text) {
  const watcher = watch(dirname(path));
  try {
    while (!readFileSync(path, 'utf8').includes(text)) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

async function atRest(world, directories) {
  await settled(false);
  const { pid } = status(world);
  const before = processorMs(pid);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  const used = processorMs(pid) - before;
  return atMost(`daemon, processor time in 60 s at rest, ${directories}`, used, 'ms', 120);
}

// User and system time, in milliseconds: proc(5) counts in hundredths of a second.
function processorMs(pid) {
  const stat = spawnSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
  if (!existsSync('/proc/self/stat')) {
    return (
      1000 *
      stat
        .trim()
        .split(':')
        .reduce((sum, part) => 60 * sum + Number(part), 0)
    );
  }
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

// The first looks, and what they leave to be collected, are not rest.
function settled(quick) {
  return new Promise((resolve) => setTimeout(resolve, quick ? 3000 : 15_000));
}

function makeWorld(count) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'envhook-daemon-')));
  const home = join(base, 'home');
  const places = Array.from({ length: count }, (_, i) => join(home, `group${i % 100}`, `p${i}`));
  for (const place of places) {
    mkdirSync(place, { recursive: true });
    const lines = Array.from(
      { length: VARIABLES },
      (_, i) => `VAR_${i}=${i === 0 ? basenameOf(place) : `value-${i}`}\n`,
    );
    writeFileSync(join(place, '.env'), lines.join(''));
  }
  const env = {
    HOME: home,
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    ENVHOOK_DAEMON: 'off',
  };
  const world = { base, home, env, places };
  envhook(world, 'allow', '--recursive', '--yes', home);
  const storage = join(home, '.local/share/envhook');
  const own = join(storage, 'run');
  return { ...world, run: existsSync(own) ? own : `/run/user/${process.geteuid()}/envhook` };
}

function envhook({ home, env }, ...words) {
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync(launcher, words, { cwd: home, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (code !== 0) throw new Error(`envhook ${words.join(' ')}: ${stderr}`);
  return stdout;
}

function status(world) {
  return JSON.parse(envhook(world, 'daemon', 'status', '--json'));
}

function planOf({ run }, place) {
  return `${run}/plans${place}/.envhook-plan`;
}

function basenameOf(place) {
  return place.slice(place.lastIndexOf('/') + 1);
}

function atMost(what, value, unit, bound) {
  const held = bound === undefined ? true : value <= bound;
  return {
    what,
    value,
    unit: unit === '' ? '' : ` ${unit}`,
    bound: bound ?? 'any',
    direction: 'at most',
    held,
  };
}
