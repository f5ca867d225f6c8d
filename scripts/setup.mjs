// Brings a checkout to where its tests and its demo can run, and says nothing when it is there already:
// dependencies, bundles, and the programs that the tests drive. It uses Node's own modules only, since it
// runs before anything is installed.
//
//   node scripts/setup.mjs           dependencies and bundles
//   node scripts/setup.mjs --tools   the same, and the programs below where they can be had unasked
//   node scripts/setup.mjs --tests   the same, and with CI=true a missing program is a failure

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const linux = process.platform === 'linux';
// Each is the name of a program. macOS has no strace.
const tools = ['zsh', 'fish', 'tmux', 'shellcheck', ...(linux ? ['strace'] : [])];
// For a few tests more: nothing fails where they cannot be had. The shells from busybox on run the launcher.
const extras = linux ? ['tcsh', 'elvish', 'vim', 'setfacl', 'busybox', 'ksh93', 'mksh', 'yash'] : [];
// The packages that go by another name than their program.
const packages = { setfacl: 'acl', ksh93: 'ksh' };

const wanted = process.argv.slice(2);
const unknown = wanted.find((option) => option !== '--tools' && option !== '--tests');
if (unknown !== undefined) fail(`unknown option ${unknown}`);

installDependencies();
buildBundles();
if (wanted.length > 0) installTools(wanted.includes('--tests') && process.env.CI === 'true');

/** Runs `npm ci` unless the dependencies are those of the lock file; then builds tap with our plugins. */
function installDependencies() {
  const { tap } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const lock = readFileSync(`${root}package-lock.json`);
  const state = digest([lock, JSON.stringify(tap.plugin), process.platform, process.arch]);
  if (keepsStamp('node_modules', state)) return;

  say('installing the dependencies');
  const npm = process.env.npm_execpath;
  const ci = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...ci]);
  else run('npm', ci);
  run(`${root}node_modules/.bin/tap`, ['build']);
  writeStamp('node_modules', state);
}

/** Builds the bundles unless they are those of the sources. */
function buildBundles() {
  const files = ['package.json', 'package-lock.json', 'scripts/build.mjs', ...listFiles('src')];
  const state = digest(files.flatMap((file) => [file, readFileSync(root + file)]));
  if (keepsStamp('dist', state)) return;
  run(process.execPath, [`${root}scripts/build.mjs`]);
  writeStamp('dist', state);
}

/** Installs what is missing of `tools` and `extras` with apt-get if that needs no answer from a person. */
function installTools(required) {
  const missing = (of) => of.filter((tool) => findProgram(tool) === undefined);
  const absent = missing([...tools, ...extras]);
  if (absent.length > 0) aptInstall(absent.map((tool) => packages[tool] ?? tool));
  const left = missing(absent);
  if (left.length === 0) return;
  const names = left.join(', ');
  if (required && missing(tools).length > 0)
    fail(`${names}: not installed and could not be installed, and CI=true asks for all tests`);
  say(`skipped: ${names}: not installed and could not be installed; the tests that need them are skipped`);
}

function aptInstall(names) {
  if (findProgram('apt-get') === undefined) return;
  const sudo = process.getuid() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return;

  say(`installing ${names.join(', ')}`);
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
    return spawnSync(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  };
  apt('update');
  const install = (...wanted) => apt('install', '-y', '--no-install-recommends', ...wanted);
  // One that is not to be had must not keep the others away.
  if (!install(...names)) for (const name of names) install(name);
}

function findProgram(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
      } catch {
        return false;
      }
    });
}

/** All files below a directory of the checkout, sorted, as paths from its root. */
function listFiles(directory) {
  if (!existsSync(root + directory)) return [];
  return readdirSync(root + directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${directory}/${entry.name}`;
      return entry.isDirectory() ? listFiles(path) : [path];
    });
}

function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}

/** Whether a directory was last made from this state. */
function keepsStamp(directory, state) {
  const stamp = `${root}${directory}/.envhook-stamp`;
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === state;
}

function writeStamp(directory, state) {
  writeFileSync(`${root}${directory}/.envhook-stamp`, state);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${error?.message ?? `exit status ${status}`}`);
}

function say(message) {
  console.error(`setup: ${message}`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
