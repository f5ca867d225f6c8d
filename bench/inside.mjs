// Times the rows inside interactive shells: the tools take turns, round by round, in shells that stay open.

import { rmSync, writeFileSync } from 'node:fs';
import { byHand, limits, PROMPT, rows } from './rows.mjs';
import { environment, envText, makeCrowd, planOf, variables } from './scratch.mjs';
import { Session } from './session.mjs';
import { shells } from './shells.mjs';
import { summary } from './stats.mjs';
import { hookLine } from './tools.mjs';
import { countProcesses } from './trace.mjs';

/**
 * Measures every row in every shell.
 *
 * @param show takes one result per shell and row: samples in microseconds and processes started, by tool.
 */
export async function measureInside(scratch, present, shellNames, options, show) {
  const wanted = rows.filter((row) => !options.quick || row.quick);
  const crowd = wanted.some((row) => row.crowd) ? await makeCrowd(scratch, present) : {};
  for (const name of shellNames) {
    const open = await openAll(scratch, present, name, crowd);
    try {
      for (const batch of batches(wanted.filter((row) => !row.skip?.(shells[name])))) {
        options.say(`${name}: ${batch[0].group}`);
        for (const row of await measureBatch(scratch, open, name, batch, options)) show(row);
      }
      for (const limit of limits(scratch)) {
        if (options.quick && !limit.quick) continue;
        show(await measureLimit(open, name, limit, options));
      }
    } finally {
      for (const { session, crowded } of open) {
        session.stop();
        crowded?.stop();
      }
    }
  }
}

// The rows without a change together, and those that are compared with each other; every other row alone.
function batches(wanted) {
  const growth = wanted.filter((row) => row.alone);
  const quiet = wanted.filter((row) => row.group === PROMPT && !row.alone);
  return [quiet, growth, ...wanted.filter((row) => row.group !== PROMPT).map((row) => [row])];
}

// A shell per tool with its hook, and one without any.
async function openAll(scratch, present, name, crowd) {
  const open = [];
  for (const tool of present) {
    const env = environment(scratch, tool);
    const session = await hooked(new Session(name, env, scratch.home), tool, name);
    await checkLoads(session, scratch, tool, name);
    const crowded =
      crowd.XDG_DATA_HOME &&
      (await hooked(new Session(name, { ...env, ...crowd }, scratch.home), tool, name));
    open.push({ tool, session, crowded });
  }
  const session = new Session(name, environment(scratch), scratch.home);
  if (name === 'zsh') await session.run('zmodload zsh/system');
  open.push({ tool: { name: 'by hand' }, session });
  return open;
}

async function hooked(session, tool, name) {
  await session.run(hookLine(tool, name));
  return session;
}

// A tool that does not do the work must not be timed at it.
async function checkLoads(session, scratch, tool, name) {
  const { prompt } = shells[name];
  await session.run(`cd ${scratch.at('v10')}; ${prompt}`);
  const inside = await session.value('BENCH_10');
  await session.run(`cd ${scratch.home}; ${prompt}`);
  const outside = await session.value('BENCH_10');
  if (!inside || outside)
    throw new Error(`${tool.name} does not load and unload in ${name}: ${inside}, ${outside}`);
}

// Rows of one batch take turns as the tools do, so that their figures can be compared with each other, too.
async function measureBatch(scratch, open, name, batch, options) {
  const players = [];
  for (const row of batch) {
    for (const { tool, session, crowded } of open) {
      const body = bodyOf(scratch, row, name, tool);
      if (body === undefined || (options.quick && row.alone && tool.name !== 'envhook')) continue;
      const player = { row, tool, session: row.crowd ? crowded : session, body, samples: [] };
      await goTo(scratch, name, player);
      players.push({ ...player, count: await warmUp(scratch, name, player, options) });
    }
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const player of players) {
      await goTo(scratch, name, player);
      player.samples.push(await sample(scratch, name, player, round));
    }
  }
  const results = [];
  for (const row of batch) results.push(await rowResult(scratch, name, row, players, options));
  return results;
}

async function rowResult(scratch, name, row, players, options) {
  const own = players.filter((player) => player.row === row);
  const { id, group, label } = row;
  return { id, group, label, shell: name, tools: await toolResults(scratch, name, own, options) };
}

// Entering is no part of what is timed.
async function goTo(scratch, name, { row, session }) {
  if (session.place === row.at) return;
  await session.run(`cd ${scratch.at(row.at)}; ${shells[name].prompt}`);
  session.place = row.at;
}

function bodyOf(scratch, row, name, tool) {
  if (tool.hook !== undefined) return row.body(shells[name], scratch, tool);
  return row.limit === undefined ? undefined : byHand(row, name, scratch);
}

// Runs until it has been warm for a while, and chooses how many runs make one sample of about the wanted length.
async function warmUp(scratch, name, player, { sampleMs }) {
  if (player.row.prepare !== undefined) {
    await sample(scratch, name, { ...player, count: 1 }, -1);
    return 1;
  }
  await player.session.time(player.body, 3);
  const each = await player.session.time(player.body, 5);
  return Math.max(1, Math.min(1000, Math.round((sampleMs * 1000) / each)));
}

async function sample(scratch, name, { row, tool, session, body, count }, round) {
  if (row.prepare === 'plan') rmSync(planOf(scratch, scratch.at('first')), { force: true });
  if (row.prepare === 'edit') {
    writeFileSync(
      scratch.at('edit/.env'),
      envText([...variables(10), ['BENCH_ROUND', `${tool.name}-${round}`]]),
    );
  }
  // The other tools have had the processor and its caches since the last sample.
  if (row.prepare === undefined) await session.time(body, Math.ceil(count / 10));
  const time = await session.time(body, count);
  if (row.after !== undefined) await session.run(row.after(shells[name], scratch));
  return time;
}

async function toolResults(scratch, name, players, { trace }) {
  const results = {};
  for (const { row, tool, body, count, samples } of players) {
    const counted = tool.hook !== undefined && row.prepare === undefined && trace(tool, row);
    const processes = counted ? await countProcesses(scratch, tool, name, row, body) : undefined;
    results[tool.name] = {
      ...summary(samples),
      samples,
      batch: count,
      ...(processes === undefined ? {} : { processes }),
    };
  }
  return results;
}

async function measureLimit(open, name, limit, { rounds, sampleMs }) {
  const { session } = open.at(-1);
  const body = limit.body[name];
  if (limit.before !== undefined) await session.run(limit.before[name]);
  const each = await session.time(body, 50);
  const count = Math.max(1, Math.min(5000, Math.round((sampleMs * 500) / each)));
  const samples = [];
  for (let round = 0; round < rounds; round++) samples.push(await session.time(body, count));
  return {
    id: `limit-${limit.id}`,
    group: 'what the shell needs',
    label: limit.label,
    shell: name,
    tools: { 'by hand': { ...summary(samples), samples, batch: count } },
  };
}
