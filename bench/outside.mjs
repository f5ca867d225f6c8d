// Times whole processes from outside, in turns: what a command, a hook text or a new shell costs.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { data, environment } from './scratch.mjs';
import { shells } from './shells.mjs';
import { summary } from './stats.mjs';
import { hookLine, root } from './tools.mjs';

/**
 * Measures every row.
 *
 * @param show takes one result per row: samples in milliseconds, by player: the tools and the limits beside them.
 */
export function measureOutside(scratch, present, shellNames, options, show) {
  for (const { players, quick, ...row } of outsideRows(scratch, present, shellNames)) {
    if (options.quick && !quick) continue;
    options.say(`${row.group}: ${row.label}`);
    show({ ...row, outside: true, tools: takeTurns(players, options.outsideRounds) });
  }
}

function outsideRows(scratch, present, shellNames) {
  const env = environment(scratch, present[0]);
  const limits = [
    player('/bin/true', ['/bin/true'], env),
    player('node -e 0', [process.execPath, '-e', '0'], env),
  ];
  return [
    {
      id: 'compile',
      group: 'first entry, no plan',
      label: 'the Node process alone',
      quick: true,
      players: [player('envhook', compileCommand(scratch), env), limits[1]],
    },
    ...shellNames.map((shell) => ({
      id: 'hook',
      group: 'hook text',
      label: `for ${shell}`,
      shell,
      quick: true,
      players: [
        ...present.map((tool) =>
          player(tool.name, [tool.name, ...tool.hook(shell)], environment(scratch, tool)),
        ),
        limits[0],
      ],
    })),
    ...shellNames.map((shell) => startRow(scratch, present, shell)),
    ...['allow', 'status', 'export'].map((command) => ({
      id: `command-${command}`,
      group: 'commands',
      label: command,
      players: [
        ...present
          .filter((tool) => tool.commands[command])
          .map((tool) =>
            player(
              tool.name,
              [tool.name, ...tool.commands[command]],
              environment(scratch, tool),
              scratch.at('one'),
            ),
          ),
        ...limits,
      ],
    })),
  ];
}

function startRow(scratch, present, shell) {
  const start = (line) => {
    const [program, ...words] = shells[shell].command
      .filter((word) => word !== '-c')
      .slice(0, shell === 'fish' ? 3 : undefined);
    return [program, ...words, '-c', line];
  };
  return {
    id: 'start',
    group: 'a new shell, with its first prompt',
    label: shell,
    shell,
    players: [
      ...present.map((tool) =>
        player(
          tool.name,
          start(`${hookLine(tool, shell)}; ${shells[shell].prompt}`),
          environment(scratch, tool),
        ),
      ),
      player('no hook', start(':'), environment(scratch)),
    ],
  };
}

function compileCommand(scratch) {
  const main = join(root, 'dist/planner.cjs');
  return [process.execPath, main, 'compile', data(scratch), scratch.run, scratch.home, scratch.at('first')];
}

function player(name, command, env, cwd = undefined) {
  return { name, command, env, cwd };
}

function takeTurns(players, rounds) {
  const samples = Object.fromEntries(players.map(({ name }) => [name, []]));
  for (const each of players) runOnce(each);
  for (let round = 0; round < rounds; round++) {
    for (const each of players) samples[each.name].push(runOnce(each));
  }
  return Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [name, { ...summary(list), samples: list }]),
  );
}

function runOnce({ command: [program, ...args], env, cwd = env.HOME }) {
  const begin = performance.now();
  const { status, error } = spawnSync(program, args, { env: { ...env, PWD: cwd }, cwd, stdio: 'ignore' });
  const time = performance.now() - begin;
  if (error !== undefined || status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${error ?? `exit status ${status}`}`);
  return time;
}
