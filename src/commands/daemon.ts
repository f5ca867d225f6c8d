import { join } from 'node:path';
import type { Command } from 'commander';
import type { CommandFile, Run } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { ask } from '../daemon/client.js';
import { logPath } from '../daemon/log.js';
import { isStatus } from '../daemon/protocol.js';
import { startDetached } from '../daemon/start.js';
import { units } from '../daemon/unit.js';
import { EnvhookError, EXIT } from '../errors.js';
import { daemonSettings } from '../settings.js';
import { escapeText, jsonText, typedPath } from '../show.js';
import { ensureStorage } from '../store.js';

export const daemon: CommandFile = (program, run) => {
  const group = program
    .command('daemon')
    .summary('keep the variables of all allowed directories ready, and follow edits')
    .addHelpText(
      'after',
      '\nIt is started when needed, unless ENVHOOK_DAEMON=off. Example:\n  envhook daemon status',
    );
  addControls(group, run);
  group
    .command('unit')
    .summary('print what a supervisor needs to run it')
    .argument('<supervisor>', `one of: ${[...units.keys()].join(', ')}`)
    .addHelpText('after', '\nExample:\n  envhook daemon unit systemd >~/.config/systemd/user/envhook.service')
    .action((supervisor: string) => run((context) => printUnit(context, supervisor)));
};

function addControls(group: Command, run: Run): void {
  group
    .command('run')
    .summary('be the daemon, in the foreground')
    .addHelpText('after', '\nExample:\n  ENVHOOK_DAEMON_IDLE=0 envhook daemon run')
    .action(() => run(runDaemon));
  group
    .command('start')
    .summary('start it in the background, and wait until all plans are ready')
    .addHelpText('after', '\nExample:\n  envhook daemon start')
    .action(() => run(startDaemon));
  group
    .command('stop')
    .summary('end it')
    .addHelpText('after', '\nExample:\n  envhook daemon stop')
    .action(() => run(stopDaemon));
  group
    .command('status')
    .summary('what it does, and its last problem')
    .option('--json', 'for a program')
    .addHelpText('after', '\nExample:\n  envhook daemon status --json')
    .action((options: { json?: boolean }) => run((context) => daemonStatus(context, options)));
}

/** Is the daemon until it ends. @throws EnvhookError 7, 64 if there is one already. */
export async function runDaemon({ places, env }: Context): Promise<Outcome> {
  // Most of it is needed by no other command.
  const [{ serve }, { errorLog }] = await Promise.all([
    import('../daemon/serve.js'),
    import('../daemon/log.js'),
  ]);
  if (await serve(places, daemonSettings(env), errorLog)) return {};
  throw new EnvhookError('the daemon runs already', 'look: envhook daemon status', EXIT.usage);
}

/** Starts the daemon, if there is none, and waits until all plans are there. @throws EnvhookError 7 */
export async function startDaemon({ places, env, progress }: Context): Promise<Outcome> {
  ensureStorage(places);
  const before = await ask(places, 'ready', READY_MS);
  if (before.state === 'silent') throw silent();
  if (before.state === 'answered') return { notes: ['the daemon runs already'] };
  if (!startDetached(places, env)) {
    throw new EnvhookError('the program of the daemon is missing', 'install envhook again', EXIT.internal);
  }
  progress?.('making the plans of all allowed directories');
  for (let left = START_MS; left > 0; left -= POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const answer = await ask(places, 'ready', READY_MS);
    if (answer.state === 'answered') return { notes: ['the daemon runs'] };
    if (answer.state === 'silent') throw silent();
  }
  const log = typedPath(logPath(places), places.home);
  throw new EnvhookError('the daemon did not start', `see why: tail ${log}`, EXIT.storage);
}

/** Ends the daemon, and waits until it has. @throws EnvhookError 7 */
export async function stopDaemon({ places }: Context): Promise<Outcome> {
  const answer = await ask(places, 'stop', ANSWER_MS);
  if (answer.state === 'none') return { notes: ['the daemon does not run'] };
  for (let left = ANSWER_MS; left > 0; left -= POLL_MS) {
    if ((await ask(places, 'status', ANSWER_MS)).state === 'none') return { notes: ['the daemon has ended'] };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw silent();
}

/** What the daemon does. @throws EnvhookError 7 */
export async function daemonStatus({ places }: Context, options: { json?: boolean }): Promise<Outcome> {
  const answer = await ask(places, 'status', ANSWER_MS);
  if (answer.state === 'silent') throw silent();
  const status = answer.state === 'answered' && isStatus(answer.value) ? answer.value : undefined;
  if (options.json) return { output: `${jsonText({ running: status !== undefined, ...status })}\n` };
  if (status === undefined) return { output: 'the daemon does not run; start it: envhook daemon start\n' };
  const lines = [
    `pid ${status.pid}, up ${duration(status.uptime)}, ${Math.round(status.memory / 1e6)} MB`,
    `${status.directories} directories, ${status.watched} paths watched, ${status.events} events`,
    ...(status.lastProblem === null ? [] : [`last problem: ${escapeText(status.lastProblem)}`]),
  ];
  return { output: `${lines.join('\n')}\n` };
}

/** The file with which a supervisor runs the daemon. @throws EnvhookError 64 */
export function printUnit({ self }: Context, supervisor: string): Outcome {
  const unit = units.get(supervisor);
  if (unit === undefined) {
    throw new EnvhookError(
      `no unit for ${escapeText(supervisor)}`,
      `one of: ${[...units.keys()].join(' ')}`,
      EXIT.usage,
    );
  }
  const output = unit({ node: process.execPath, program: join(self ?? '', '../../dist/cli.cjs') });
  return { output, isData: true };
}

const POLL_MS = 20;
const START_MS = 10_000;
const ANSWER_MS = 5_000;
/** Ten thousand plans on a slow disk. */
const READY_MS = 300_000;

function silent(): EnvhookError {
  return new EnvhookError(
    'the daemon does not answer',
    'end it: pkill -KILL -f dist/daemon.cjs',
    EXIT.internal,
  );
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 360) / 10} h`;
}
