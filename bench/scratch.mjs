// The tree that every tool works in: a home directory of its own with the same env files for all.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { searchPath, tools } from './tools.mjs';

/** How many directories are allowed in the home that has many. */
export const CROWD = 10_000;

/**
 * Makes the home, its env files and their approvals, and gives the paths and the environment.
 *
 * @param quick allows only what the short version needs.
 */
export async function makeScratch(present, quick) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'envhook-bench-')));
  const home = join(base, 'home');
  const scratch = { base, home, at: (path) => join(home, path), exports: exportFiles(base) };
  for (const [path, text] of Object.entries(envFiles())) write(join(home, path), text);
  for (const path of ['plain', 'one']) mkdirSync(join(home, path, depths(30)), { recursive: true });
  for (const tool of tools)
    for (const [path, text] of Object.entries(tool.files)) write(join(home, path), text);
  await allowAll(scratch, present, quick);
  scratch.run = existsSync(join(data(scratch), 'run')) ? join(data(scratch), 'run') : userRun();
  return scratch;
}

/** The environment of a tool, and nothing else. */
export function environment(scratch, tool) {
  return {
    HOME: scratch.home,
    PATH: searchPath,
    LANG: 'C.UTF-8',
    TERM: 'xterm',
    USER: 'bench',
    SHELL: '/bin/sh',
    ...tool?.env,
  };
}

/** Where envhook's records are. */
export function data(scratch) {
  return join(scratch.home, '.local/share/envhook');
}

/** Where the plan of a directory is. */
export function planOf(scratch, directory) {
  return `${scratch.run}/plans${directory}/.envhook-plan`;
}

/** `d1/d2/...`, that deep. */
export function depths(count) {
  return Array.from({ length: count }, (_, i) => `d${i + 1}`).join('/');
}

/** The lines of an env file: that many variables, of about that many bytes in all. */
export function variables(count, bytes = count * 40, prefix = 'BENCH') {
  const length = Math.max(1, Math.floor(bytes / count) - `${prefix}_${count}=\n`.length);
  return Array.from({ length: count }, (_, i) => [
    `${prefix}_${i + 1}`,
    `${i}${'v'.repeat(length)}`.slice(0, length),
  ]);
}

/** An env file's text. */
export function envText(pairs) {
  return pairs.map(([name, value]) => `${name}=${value}\n`).join('');
}

/** A second data directory, in which ten thousand other directories are allowed, too. */
export async function makeCrowd(scratch, present) {
  const env = { XDG_DATA_HOME: join(scratch.base, 'crowd') };
  const directory = scratch.at('one');
  for (const tool of present) {
    const command = tool.allow(directory);
    if (command !== undefined) await run(command, { ...environment(scratch, tool), ...env });
  }
  const approvals = join(env.XDG_DATA_HOME, 'envhook/approvals');
  const record = readFileSync(join(approvals, list(approvals)[0]));
  const inside = scratch.run.startsWith(scratch.base);
  const plans = inside ? join(env.XDG_DATA_HOME, 'envhook/run') : scratch.run;
  const plan = readFileSync(planOf({ run: plans }, directory));
  for (let i = 0; i < CROWD; i++) {
    const other = scratch.at(`crowd/${i % 100}/${i}`);
    write(join(approvals, `${sha256(other)}.json`), record);
    write(planOf({ run: plans }, other), plan);
    write(join(env.XDG_DATA_HOME, 'direnv/allow', sha256(`${other}\n`)), `${other}/.env`);
  }
  return env;
}

/** Removes the tree, and what was written beside it: the run directory may be outside the home. */
export function removeScratch({ base, run }) {
  if (run !== undefined && !run.startsWith(base)) {
    for (const depth of list(join(run, 'plans')))
      rmSync(join(run, 'plans', depth, base), { recursive: true, force: true });
    for (const id of list(join(run, 'sessions'))) {
      const file = join(run, 'sessions', id);
      if (readFileSync(file, 'latin1').includes(base)) rmSync(file, { force: true });
    }
  }
  rmSync(base, { recursive: true, force: true });
}

function envFiles() {
  const files = {
    'one/.env': envText(variables(10)),
    'three/.env': envText(variables(10, 400, 'OUTER')),
    'three/a/.env': envText(variables(10, 400, 'MIDDLE')),
    'three/a/b/.env': envText(variables(10)),
    'left/.env': envText(variables(10)),
    'right/.env': envText(variables(10, 500)),
    'edit/.env': envText(variables(10)),
    'first/.env': envText(variables(10)),
  };
  for (const count of [1, 10, 100, 1000]) files[`v${count}/.env`] = envText(variables(count));
  for (const size of [1, 16, 64]) files[`k${size}/.env`] = envText(variables(10, size * 1024));
  return files;
}

// Plain export lines, what a person would source by hand, and the line that takes them back.
function exportFiles(base) {
  const files = {};
  for (const count of [1, 10, 100, 1000]) {
    const pairs = variables(count);
    const sh = join(base, `${count}.sh`);
    const fish = join(base, `${count}.fish`);
    write(sh, pairs.map(([name, value]) => `export ${name}='${value}'\n`).join(''));
    write(fish, pairs.map(([name, value]) => `set -gx ${name} '${value}'\n`).join(''));
    const names = pairs.map(([name]) => name).join(' ');
    files[count] = {
      bash: [sh, `unset ${names}`],
      zsh: [sh, `unset ${names}`],
      fish: [fish, `set -e ${names}`],
    };
  }
  return files;
}

async function allowAll(scratch, present, quick) {
  const directories = Object.keys(envFiles())
    .map((path) => dirname(path))
    .filter((path) => !quick || /^(one|first|v10|k\d+)$/.test(path))
    .map((path) => scratch.at(path));
  const jobs = present.flatMap((tool) => directories.map((directory) => [tool, tool.allow(directory)]));
  const worker = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const [tool, command] = job;
      if (command !== undefined) await run(command, environment(scratch, tool));
    }
  };
  await Promise.all([worker(), worker()]);
}

function run([program, ...args], env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${args.join(' ')}: exit status ${code}`)),
    );
  });
}

function userRun() {
  return `/run/user/${process.geteuid()}/envhook`;
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, content, { mode: 0o600 });
}

function list(directory) {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
