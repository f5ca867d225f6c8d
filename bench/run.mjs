// The benchmark: envhook, direnv and mise at the same work in the same run, and the limits beside them.
//
//   npm run bench                  everything; writes docs/bench.json and docs/bench.svg
//   npm run bench -- --quick       the numbers to hold, in under a minute; writes nothing without --write
//   npm run bench -- --install     gets the peers that are not there, then everything
//   npm run bench -- --shell zsh   only this shell; writes nothing
//
// Ends with one line per number to hold. Exit status 1: one is missed.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { drawChart } from './chart.mjs';
import { measureInside } from './inside.mjs';
import { judge } from './numbers.mjs';
import { measureOutside } from './outside.mjs';
import { formatNumbers, formatRow, formatTime } from './report.mjs';
import { makeScratch, removeScratch } from './scratch.mjs';
import { shells } from './shells.mjs';
import { timeRealPrompts } from './terminal.mjs';
import { findProgram, installMissing, root, tools } from './tools.mjs';
import { canTrace } from './trace.mjs';

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const only = words.includes('--shell') ? words[words.indexOf('--shell') + 1] : undefined;

await main();

async function main() {
  if (words.includes('--install')) installMissing();
  const present = tools.filter(({ name }) => findProgram(name) !== undefined);
  const shellNames = Object.keys(shells).filter((name) => findProgram(name) && (only ?? name) === name);
  const gaps = gapsOf(present, shellNames);
  const options = optionsOf(canTrace());
  const about = {
    machine: machine(),
    versions: versions(present, shellNames),
    method: method(options),
    gaps,
  };
  console.log(formatAbout(about));

  const scratch = await makeScratch(present, quick);
  try {
    const results = [];
    const show = (row) => {
      console.log(formatRow(row, results.at(-1)));
      results.push(row);
    };
    await measureInside(scratch, present, shellNames, options, show);
    measureOutside(scratch, present, shellNames, options, show);
    const real = quick ? [] : await checkPrompts(scratch, present, shellNames);
    for (const line of real) console.log(line);
    const numbers = judge(results, shellNames, await daemonNumbers());
    console.log(`\nNumbers to hold\n${formatNumbers(numbers).join('\n')}`);
    if ((!quick || words.includes('--write')) && only === undefined)
      writeFiles({ ...about, rows: results, real, numbers });
    process.exitCode = numbers.some(({ held }) => held === false) ? 1 : 0;
  } finally {
    removeScratch(scratch);
  }
}

function optionsOf(traces) {
  const judged = ['prompt', 'enter-10'];
  const say = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);
  if (quick) {
    const trace = (tool, row) => traces && tool.name === 'envhook' && judged.includes(row.id);
    return { quick, rounds: 5, outsideRounds: 5, sampleMs: 12, trace, say };
  }
  return { quick, rounds: 5, outsideRounds: 11, sampleMs: 20, trace: () => traces, say };
}

function method({ rounds, outsideRounds, sampleMs }) {
  return [
    'Inside interactive shells that stay open, one per tool, each with the hook that the tool prints for it, in one scratch home with the same env files. A prompt is what the shell itself runs at one: every element of PROMPT_COMMAND in bash, every function of precmd_functions in zsh, the event fish_prompt in fish. cd runs what the hook hangs on it.',
    `Each sample is a loop of about ${sampleMs} ms (at least one run) after a warm-up of eight runs, and of a tenth of the loop each time; the tools take turns, one sample each, for ${rounds} rounds. Ratios are taken within a round. Shown: median (quartiles).`,
    'bash and zsh read their own clock; fish has none, so the reader of its marks times the loop.',
    `Whole processes are timed from outside, in turns, ${outsideRounds} rounds after one run that does not count.`,
    'Processes are counted by strace: calls that made a process, not a thread, per run.',
    'By hand: the shell without a hook does cd, sources plain export lines, cd back, unset.',
    'ENVHOOK_DAEMON=off; direnv has load_dotenv, mise MISE_ENV_FILE=.env; their messages and ours go to /dev/null.',
  ];
}

function machine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model,
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    load: loadavg().map((value) => Number(value.toFixed(1))),
    date: new Date().toISOString(),
  };
}

function versions(present, shellNames) {
  const firstLine = (program, args) =>
    spawnSync(findProgram(program), args, { encoding: 'utf8' }).stdout.split('\n')[0];
  return Object.fromEntries([
    ...present.map(({ name, version }) => [name, firstLine(name, version)]),
    ...shellNames.map((name) => [name, firstLine(name, ['--version'])]),
    ['node', process.version],
  ]);
}

function gapsOf(present, shellNames) {
  const tool = (name) => `${name} is not installed; npm run bench -- --install gets it`;
  const shell = (name) => `${name} is not installed`;
  return [
    ...tools.filter((each) => !present.includes(each)).map(({ name }) => tool(name)),
    ...Object.keys(shells)
      .filter((name) => !shellNames.includes(name) && only === undefined)
      .map(shell),
    ...(canTrace() ? [] : ['processes cannot be traced here: none are counted']),
  ];
}

function formatAbout({
  machine: { cpu, cores, memory, system, load, date },
  versions: found,
  method: lines,
  gaps,
}) {
  const list = Object.entries(found).map(([name, version]) => `${name}: ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memory}, ${system}, load ${load.join(' ')}, ${date}`,
    list.join('; '),
    ...lines,
    ...gaps.map((gap) => `Gap: ${gap}`),
  ].join('\n');
}

// The same prompt in a loop and in a terminal.
async function checkPrompts(scratch, present, shellNames) {
  const lines = [
    '',
    'the same hook at real prompts in a pseudo-terminal, one env file: 40 ms apart, so nothing is in the caches',
  ];
  for (const shell of shellNames) {
    const parts = [];
    for (const tool of present) {
      const time = await timeRealPrompts(scratch, tool, shell);
      parts.push(`${tool.name} ${time === undefined ? 'not measured' : formatTime(time, 'µs')}`);
    }
    lines.push(`  ${shell.padEnd(46)} ${parts.join(' | ')}`);
  }
  return lines;
}

// The daemon's own benchmark, as entries like those of judge().
async function daemonNumbers() {
  const file = new URL('daemon.mjs', import.meta.url);
  if (!existsSync(file)) return [];
  const { measureDaemon } = await import(file.href);
  return measureDaemon === undefined ? [] : measureDaemon({ quick });
}

function writeFiles(content) {
  const docs = join(root, 'docs');
  mkdirSync(docs, { recursive: true });
  const { cpu, cores } = content.machine;
  const note = `Medians of one run, logarithmic scale, lower is better. ${cores} cores of ${cpu}.`;
  writeFileSync(join(docs, 'bench.svg'), drawChart(content.rows, note));
  writeFileSync(join(docs, 'bench.json'), `${JSON.stringify(content, roundSamples, 1)}\n`);
  spawnSync(join(root, 'node_modules/.bin/biome'), ['check', '--write', join(docs, 'bench.json')]); // as lint wants it
  console.log('\nWritten: docs/bench.json, docs/bench.svg');
}

// Four digits tell all that a sample can.
function roundSamples(key, value) {
  if (key === 'samples') return undefined;
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
