import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { isAlive, ps, startTicksOf } from './processes.js';

/*
 * Who may still need a session state: the process that made it, and whoever has its name in its environment, as a terminal
 * multiplexer may that outlives the shell which started it, or an editor.
 */

/** A session state, by its name: `PID-SECONDS-COUNT`. */
export interface SessionState {
  name: string;
  /** Of the process with which it ends. */
  pid: number;
  /** When it was written, in seconds since 1970. */
  time: number;
}

/** What the system tells about that. */
export interface Census {
  /** Whether its maker seems to be there, as far as can be said at once. */
  seemsThere(state: SessionState): boolean;
  /** Whether its maker is gone and nobody else has it. */
  isOver(state: SessionState): boolean;
}

/** The session state of that name, or undefined. */
export function sessionState(name: string): SessionState | undefined {
  const [, pid, time] = /^(\d+)-(\d+)-\d+$/.exec(name) ?? [];
  return time === undefined ? undefined : { name, pid: Number(pid), time: Number(time) };
}

/**
 * What this system tells: by /proc where there is one, otherwise by `ps`.
 *
 * @param atOnce without `ps`, which takes as long as a start of Node: for where a shell waits.
 */
export function takeCensus(atOnce = false): Census {
  if (existsSync('/proc/self/environ')) return procCensus();
  return psCensus(atOnce ? () => undefined : () => listProcesses(['-A', '-E']));
}

/** A clock may be set, and all times are rounded. */
const SLACK_SECONDS = 10;
/** A tick of what /proc says of processes, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

// --- Linux ---

function procCensus(): Census {
  const makers = new Map<string, boolean>();
  let inUse: Set<string> | undefined;
  // The first state of a shell that is asked about says it for all of them, unless they are of two.
  const seemsThere = ({ pid, time }: SessionState) => {
    const key = `${pid}-${time}`;
    const isThere = makers.get(key) ?? isMakerThere(pid, time);
    makers.set(key, isThere);
    return isThere;
  };
  return {
    seemsThere,
    isOver(state) {
      if (seemsThere(state)) return false;
      inUse ??= sessionsInUse();
      return !inUse.has(state.name);
    },
  };
}

// A process that started after the state was written is another one of the same number.
function isMakerThere(pid: number, time: number): boolean {
  const ticks = startTicksOf(pid);
  if (ticks === undefined) return isAlive(pid);
  const up = Number(readOr('/proc/uptime').split(' ')[0]);
  const start = Date.now() / 1000 - up + ticks / TICKS_PER_SECOND;
  return start <= time + SLACK_SECONDS;
}

function sessionsInUse(): Set<string> {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Set(processes.flatMap((pid) => namesIn(`\0${readOr(`/proc/${pid}/environ`)}`)));
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

// --- macOS ---

/** A process as `ps` lists it. */
interface Listed {
  pid: number;
  parent: number;
  uid: number;
  /** Seconds since 1970. */
  start: number;
  /** What it was called by, its arguments, and its environment as it was then, if the system shows that. */
  line: string;
}

/**
 * The same by `ps`. The system does not show the environment of its own programs (SIP), nor says that it hides it. One
 * that runs on when its shell is gone has no parent then: such an orphan may have the name of any state that is older
 * than it.
 *
 * @param list what `ps` says, asked once, if at all; undefined: nothing, so that a state ends with the system.
 */
export function psCensus(list: () => string | undefined): Census {
  let listed: { processes: Listed[]; inUse: Set<string> } | undefined;
  const boot = Date.now() / 1000 - uptime();
  return {
    seemsThere: ({ pid }) => isAlive(pid),
    isOver({ name, pid, time }) {
      listed ??= parseList(list() ?? '');
      const { processes, inUse } = listed;
      const maker = processes.find((it) => it.pid === pid);
      if (processes.length === 0 ? isAlive(pid) : maker !== undefined && maker.start <= time + SLACK_SECONDS)
        return false;
      if (time < boot - SLACK_SECONDS) return true;
      if (processes.length === 0 || inUse.has(name)) return false;
      return !processes.some((it) => isOrphan(it) && it.start > time - SLACK_SECONDS);
    },
  };
}

/** The processes as `psCensus` wants them. @param options that select all of them, with their environments. */
export function listProcesses(options: readonly string[]): string | undefined {
  return ps([...options, '-ww'], 'pid', 'ppid', 'uid', 'lstart', 'command');
}

function parseList(text: string): { processes: Listed[]; inUse: Set<string> } {
  return { processes: text.split('\n').flatMap(parseListed), inUse: new Set(namesIn(text)) };
}

function parseListed(row: string): Listed[] {
  const [, pid, parent, uid, start, line] =
    /^ *(\d+) +(\d+) +(-?\d+) +(\w+ +\w+ +\d+ +[\d:]+ +\d+) +(.*)$/.exec(row) ?? [];
  if (line === undefined) return [];
  const seconds = Date.parse(`${start} UTC`) / 1000;
  return [{ pid: Number(pid), parent: Number(parent), uid: Number(uid), start: seconds, line }];
}

// What the system itself has started, services and applications, it has started by the full path.
function isOrphan({ parent, uid, line }: Listed): boolean {
  if (parent > 1 || uid !== process.geteuid?.()) return false;
  return !/ (PATH|HOME|USER|TMPDIR)=/.test(line) && !/^\/(?!bin\/|usr\/bin\/)/.test(line);
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/[\0 ]ENVHOOK_SESSION=([\d-]+)/g)].map(([, name = '']) => name);
}
