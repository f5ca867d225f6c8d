import { chmodSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../context.js';
import { isEnvDirectory } from '../find.js';
import { isAlive } from '../processes.js';
import { heardPath } from '../session.js';
import type { Places } from '../settings.js';
import { showPath, typedPath } from '../show.js';
import { isClaim, isOldClaim, readPrivate, removeFile, writerOf } from '../store.js';
import { type Approval, headOf, parseApproval } from '../trust.js';
import { type Finding, finding } from './finding.js';

/**
 * Whether everything that envhook keeps is the user's and closed to others: what is not counts as not there, so an
 * approval is lost without a word. Temporary files of writers that were killed; approvals of directories that are gone.
 */
export function checkStorage({ places }: Context): Finding[] {
  const entries = [...new Set([places.data, places.run])]
    .flatMap((top) => walk(top))
    .filter(({ path }) => dirname(path) !== heardPath(places.run)); // they hold nothing
  if (entries.length === 0) return [finding('storage', 'ok', 'nothing is kept yet')];
  const findings = entries.flatMap((entry) => [
    ...checkOwner(entry, places),
    ...checkLeftover(entry, places),
  ]);
  const good =
    findings.length === 0
      ? [finding('storage', 'ok', `${showPath(places.data, places.home)} is private`)]
      : [];
  return [...good, ...shorten(findings), ...checkPlace(places), ...checkApprovals(places)];
}

/** The records of approvals that can be read. */
export function approvalsIn(places: Places): Approval[] {
  return walk(join(places.data, 'approvals')).flatMap(({ path }) => {
    const approval = path.endsWith('.json') ? parseApproval(readPrivate(path)?.toString() ?? '') : undefined;
    return approval === undefined ? [] : [approval];
  });
}

interface Entry {
  path: string;
  stats: Stats;
}

const SHOWN = 10;

function walk(path: string): Entry[] {
  const stats = tryStat(path);
  if (stats === undefined) return [];
  const below = stats.isDirectory() ? namesIn(path).flatMap((name) => walk(join(path, name))) : [];
  return [{ path, stats }, ...below];
}

function tryStat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function checkOwner({ path, stats }: Entry, { home }: Places): Finding[] {
  const shown = showPath(path, home);
  if (isClaim(path)) return [];
  if (stats.isSymbolicLink()) return [finding('storage', 'problem', `${shown} is a link`, 'remove it')];
  if (stats.uid !== process.geteuid?.()) {
    return [
      finding(
        'storage',
        'problem',
        `${shown} belongs to uid ${stats.uid}`,
        `sudo chown $(id -u) ${typedPath(path, home)}`,
      ),
    ];
  }
  if ((stats.mode & 0o077) === 0 || stats.isSocket()) return [];
  const mode = stats.isDirectory() ? 0o700 : 0o600;
  const hint = `chmod ${mode.toString(8)} ${typedPath(path, home)}, or: envhook doctor --fix`;
  return [
    {
      ...finding('storage', 'problem', `${shown} is open to others`, hint),
      fix: () => close(path, stats),
    },
  ];
}

// What others could have written counts no more.
function close(path: string, stats: Stats): void {
  if (stats.isFile() && (stats.mode & 0o022) !== 0) removeFile(path);
  else chmodSync(path, stats.isDirectory() ? 0o700 : 0o600);
}

function checkLeftover({ path, stats }: Entry, { home }: Places): Finding[] {
  if (isOldClaim(path, headOf)) return [leftover(path, home)];
  const writer = writerOf(path);
  if (writer === undefined || !stats.isFile() || isAlive(writer)) return [];
  return [leftover(path, home)];
}

function leftover(path: string, home: string): Finding {
  const text = `${showPath(path, home)} was left by a writer that is gone`;
  return { ...finding('storage', 'note', text, 'envhook prune'), fix: () => void removeFile(path) };
}

function checkPlace({ data, run }: Places): Finding[] {
  if (!run.startsWith(`${data}/`)) return [];
  return [finding('storage', 'note', 'plans are on a disk: this system has no private /run/user of yours')];
}

function checkApprovals(places: Places): Finding[] {
  const approvals = approvalsIn(places);
  const stale = approvals.filter(({ path }) => !isEnvDirectory(path));
  const all = finding('approvals', 'ok', `${approvals.length} directories`);
  if (stale.length === 0) return [all];
  const names = stale.slice(0, SHOWN).map(({ path }) => showPath(path, places.home));
  const rest = stale.length > SHOWN ? ` and ${stale.length - SHOWN} more` : '';
  return [
    all,
    finding('approvals', 'note', `gone or without an env file: ${names.join(', ')}${rest}`, 'envhook prune'),
  ];
}

// Nobody reads a thousand lines; all of them are fixed all the same.
function shorten(findings: Finding[]): Finding[] {
  const [first, ...rest] = findings.slice(SHOWN);
  if (first === undefined) return findings;
  const text = `and ${rest.length + 1} more like these`;
  const fix = () => {
    for (const each of [first, ...rest]) each.fix?.();
  };
  return [
    ...findings.slice(0, SHOWN),
    { ...finding('storage', first.state, text, 'envhook doctor --fix'), fix },
  ];
}
