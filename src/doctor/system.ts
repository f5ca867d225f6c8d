import { readFileSync } from 'node:fs';
import type { Context } from '../context.js';
import { ask } from '../daemon/client.js';
import { isStatus } from '../daemon/protocol.js';
import { daemonSettings } from '../settings.js';
import { escapeText } from '../show.js';
import { type Finding, finding } from './finding.js';
import { approvalsIn } from './storage.js';

/** The Node that runs this. */
export function checkNode(): Finding {
  return finding('node', 'ok', `${process.versions.node} at ${escapeText(process.execPath)}`);
}

/** The daemon, if it may run. */
export async function checkDaemon({ places, env }: Context): Promise<Finding> {
  const answer = await ask(places, 'status', PATIENCE_MS);
  if (answer.state === 'silent')
    return finding('daemon', 'warning', 'does not answer', 'envhook daemon stop');
  if (answer.state === 'none') {
    const text = daemonSettings(env).onDemand ? 'not running; started when needed' : 'off, by ENVHOOK_DAEMON';
    return finding('daemon', 'ok', text);
  }
  if (!isStatus(answer.value))
    return finding('daemon', 'warning', 'is of another version', 'envhook daemon stop');
  const { pid, directories, watching, lastProblem } = answer.value;
  if (lastProblem !== null)
    return finding('daemon', 'warning', escapeText(lastProblem), 'envhook daemon status');
  const how = watching ? 'watches' : 'looks from time to time at';
  return finding('daemon', 'ok', `process ${pid} ${how} ${directories} directories`);
}

/** Whether the system lets the daemon watch every allowed directory (inotify(7)). */
export function checkWatches({ places }: Context): Finding[] {
  const limit = readNumber('/proc/sys/fs/inotify/max_user_watches');
  const instances = readNumber('/proc/sys/fs/inotify/max_user_instances');
  if (limit === undefined || instances === undefined) return [];
  const needed = approvalsIn(places).length * WATCHES_EACH + SPARE_WATCHES;
  if (limit >= needed && instances >= FEWEST_INSTANCES) {
    return [finding('watches', 'ok', `${limit} watches, ${instances} instances`)];
  }
  const name = limit < needed ? 'max_user_watches' : 'max_user_instances';
  const wanted = limit < needed ? needed : FEWEST_INSTANCES;
  return [
    finding('watches', 'warning', `fs.inotify.${name} is low`, `sudo sysctl fs.inotify.${name}=${wanted}`),
  ];
}

const PATIENCE_MS = 1000;
// A directory, and the targets of its links. Editors and build tools want watches, too.
const WATCHES_EACH = 2;
const SPARE_WATCHES = 4096;
const FEWEST_INSTANCES = 16;

function readNumber(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
