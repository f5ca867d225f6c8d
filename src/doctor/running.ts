import type { Context } from '../context.js';
import { labelOf } from '../examine.js';
import { isEnvDirectory } from '../find.js';
import { nameOf } from '../processes.js';
import type { SessionLayer } from '../session.js';
import { showPath, typedPath } from '../show.js';
import { readSession, SESSION, stackAt } from '../stack.js';
import { type Finding, finding } from './finding.js';
import { approvalsIn } from './storage.js';

/** The process that started this one. */
export interface Caller {
  pid: number;
  /** Of its program, if it can be known. */
  name: string | undefined;
}

/** The process that started this one: from a terminal, the shell. */
export function callingProcess(): Caller {
  return { pid: process.ppid, name: nameOf(process.ppid) };
}

/**
 * What can be known of the hook in the shell that asks. It has looked at its prompt just before: so what belongs to the
 * present directory is loaded, and nothing else, or it did not look. Where nothing is to be loaded, nothing tells.
 */
export function checkRunningShell(context: Context, { pid, name }: Caller): Finding {
  if (context.env['ENVHOOK_DISABLE'] === '1') {
    return finding('hook', 'note', 'ENVHOOK_DISABLE=1 is set: shells that have it load nothing', 'unset it');
  }
  if (name !== undefined && !SHELLS.includes(name)) {
    return finding('hook', 'note', `started by ${name}, so this is about no shell`, 'type it at a prompt');
  }
  const shell = `this ${name ?? 'shell'}`;
  const loaded = readSession(context);
  const wanted = wantedAt(context);
  const missing = wanted.find((it) => !loaded.some((layer) => isSame(layer, it)));
  if (missing !== undefined)
    return didNotLook(`${missing.label} is allowed, and ${shell} has not loaded it`, name);
  const stale = loaded.find((layer) => !wanted.some((it) => isSame(layer, it)));
  if (stale !== undefined) {
    const shown = showPath(stale.directory, context.places.home);
    return didNotLook(`${shell} still has what ${shown} loaded, which does not belong here now`, name);
  }
  if (wanted.length === 0) return cannotTell(context, shell);
  const isOwn = context.env[SESSION]?.startsWith(`${pid}-`);
  if (isOwn) return finding('hook', 'ok', `${shell} is hooked: it has loaded what belongs here`);
  const text = `what belongs here is loaded, by a shell that ${shell} was started from`;
  return finding('hook', 'note', text, 'cd somewhere else, then: envhook doctor');
}

const SHELLS = ['bash', 'zsh', 'fish'];

type Wanted = Pick<SessionLayer, 'directory' | 'head' | 'label'>;

function wantedAt(context: Context): Wanted[] {
  const allowed = stackAt(context, context.directory).filter(({ verdict }) => verdict.kind === 'allowed');
  return allowed.map((it) => ({
    directory: it.directory,
    head: it.head,
    label: labelOf(it, context.places.home),
  }));
}

function isSame(a: Wanted, b: Wanted): boolean {
  return a.directory === b.directory && a.head === b.head;
}

function didNotLook(text: string, name: string | undefined): Finding {
  const order = name === 'bash' ? ', and PROMPT_COMMAND not set anew after it' : '';
  const hint = `see that the line of the rc file is there${order}, then open a new shell`;
  return finding('hook', 'warning', `${text}: it is not hooked, or said why at its prompt`, hint);
}

function cannotTell({ places }: Context, shell: string): Finding {
  const text = `nothing is to be loaded here, so nothing tells whether ${shell} is hooked`;
  const known = approvalsIn(places).find(({ path, state }) => state === 'allowed' && isEnvDirectory(path));
  const place = known && typedPath(known.path, places.home);
  return finding('hook', 'note', text, place && `cd ${place}, then: envhook doctor`);
}
