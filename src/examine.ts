import { join } from 'node:path';
import { type Compilation, compile, type EnvFile, firstError } from './compile.js';
import { envFileNames, isTrusted, tryRealpath } from './find.js';
import type { Plan, PlanFlag } from './plan.js';
import { openDirectoryOnTheWay, ownerOf } from './reach.js';
import { type Reading, readEnvFile } from './read.js';
import type { Places } from './settings.js';
import { type Place, placeOf } from './shape.js';
import { escapeText, showFiles, showNames, showPath } from './show.js';
import { trace } from './trace.js';
import {
  type Approval,
  changesBetween,
  digestEntries,
  digestKey,
  formatChanges,
  isAllowed,
  readApproval,
} from './trust.js';

/** Everything that is known about one env directory after one look at it. */
export interface Examination {
  /** As the user sees it, and without symbolic links. */
  directory: string;
  realDirectory: string;
  place: Place;
  /** Whose the directory is; undefined where that cannot be told. */
  owner: number | undefined;
  /** Seconds since 1970. */
  at: number;
  record: string;
  head: string;
  approval: Approval | undefined;
  /** The one whose files were read. */
  profile: string | undefined;
  readings: { name: string; reading: Reading }[];
  /** The files that were read, in order. */
  files: EnvFile[];
  compilation: Compilation;
  verdict: Verdict;
}

export interface ExamineOptions {
  /** Another profile than the one chosen for the directory. */
  profile?: string;
  /** Compile the names, too, that a shell cannot hold. */
  forExec?: boolean;
}

/** What comes of a directory: only `allowed` loads. `text` is a line for a person, without a value. */
export type Verdict =
  | { kind: 'allowed' }
  | { kind: 'outside' | 'denied' }
  | { kind: 'not-allowed' | 'changed' | 'expired' | 'consent' | 'refused' | 'broken'; text: string };

/**
 * Looks at one env directory: finds its files, reads each once, asks whether just these bytes are allowed, and
 * compiles them. The same buffers serve for all of it.
 *
 * @param directory absolute, as the user sees it.
 * @param now seconds since 1970.
 */
export function examine(
  places: Places,
  directory: string,
  now: number,
  options: ExamineOptions = {},
): Examination {
  const realDirectory = tryRealpath(directory) ?? directory;
  const owner = ownerOf(directory);
  const place = placeOf(directory);
  const { record, head, approval } = readApproval(places, realDirectory);
  const profile = options.profile ?? approval?.profile;
  const readings = envFileNames(profile).map((name) => ({
    name,
    reading: readEnvFile(join(directory, name)),
  }));
  const files = readings.flatMap(({ name, reading }) =>
    reading.state === 'read' ? [{ name, bytes: reading.bytes }] : [],
  );
  const compilation = compile(files, directory, options);
  const facts = {
    directory,
    realDirectory,
    place,
    owner,
    at: now,
    record,
    head,
    approval,
    profile,
    readings,
    files,
    compilation,
  };
  const verdict = judge(places, facts, now);
  traceReadings(facts, verdict, places.home);
  return { ...facts, verdict };
}

/** The plan that tells a shell what came of the examination, for as long as nothing of it changes. */
export function planOf(examination: Examination, home: string): Plan {
  const { verdict, compilation, approval } = examination;
  const refusal = verdict.kind === 'allowed' ? replaceableText(examination, home) : undefined;
  if (refusal !== undefined)
    return planOf({ ...examination, verdict: { kind: 'refused', text: refusal } }, home);
  const allowed = verdict.kind === 'allowed';
  return {
    kind: allowed ? 'load' : 'block',
    directory: examination.directory,
    realDirectory: examination.realDirectory,
    record: examination.record,
    head: examination.head,
    flags: flagsOf(examination),
    ...endOf(examination),
    label: `${labelOf(examination, home)}${approval?.always ? ' (always)' : ''}`,
    shownDirectory: showPath(examination.directory, home).replace(/\/$/, ''),
    message: 'text' in verdict ? verdict.text : elsewhereText(examination, home),
    inputs: inputsOf(examination),
    entries: allowed ? compilation.entries : [],
  };
}

/**
 * Why no shell loads what is root's here, although it is allowed: somebody else could put his own in its place, which a
 * shell cannot see. Whoever asks the system whose it is, as every command does, need not care.
 */
export function replaceableText(examination: Facts, home: string): string | undefined {
  if (!isPartlyRoots(examination)) return undefined;
  for (const { name, reading } of examination.readings) {
    const open =
      reading.state === 'read' ? openDirectoryOnTheWay(join(examination.directory, name)) : undefined;
    if (open === undefined) continue;
    return `${labelOf(examination, home)} is root's, and others could replace it: they can write to ${showPath(open, home)}; keep it where only root and you can write`;
  }
  return undefined;
}

/** What is said where an approval that is for one shell does not count; nothing for any other approval. */
export function elsewhereText(examination: Examination, home: string): string {
  if (examination.approval?.session === undefined) return '';
  return `${labelOf(examination, home)} is allowed in another shell only; ${WHAT_TO_TYPE}`;
}

/** The directory's files that are there, for a person. */
export function labelOf(examination: Pick<Examination, 'directory' | 'readings'>, home: string): string {
  const names = examination.readings.filter(
    ({ reading }) => reading.state !== 'absent' && reading.state !== 'directory',
  );
  return showFiles(examination.directory, names.length > 0 ? names.map(({ name }) => name) : ['.env'], home);
}

/** Why nothing is loaded from a directory, also from one that was denied, of which the shells say no more. */
export function refusalText(examination: Examination, home: string): string | undefined {
  const { verdict } = examination;
  if ('text' in verdict) return verdict.text;
  return verdict.kind === 'denied'
    ? `${labelOf(examination, home)} is denied; take it back with: envhook allow`
    : undefined;
}

// What makes a file unsafe, a shell cannot see, nor that it is over.
function endOf({ verdict, approval, at }: Examination): Pick<Plan, 'expires'> {
  if (verdict.kind === 'refused') return { expires: at + REFUSED_SECONDS };
  return verdict.kind === 'allowed' && approval?.expires !== undefined ? { expires: approval.expires } : {};
}

const REFUSED_SECONDS = 20;

type Facts = Omit<Examination, 'verdict'>;

function judge(places: Places, facts: Facts, now: number): Verdict {
  const { approval } = facts;
  const label = labelOf(facts, places.home);
  if (!isTrusted(facts.owner)) return { kind: 'outside' };
  if (approval?.state === 'denied') return { kind: 'denied' };
  const unsafe = unsafeText(facts, places.home);
  if (unsafe !== undefined) return { kind: 'refused', text: unsafe };
  if (approval === undefined)
    return { kind: 'not-allowed', text: `${label} is not allowed; ${WHAT_TO_TYPE}` };
  const names = facts.readings.map(({ name }) => name);
  if (!isAllowed(approval, names, new Map(facts.files.map(({ name, bytes }) => [name, bytes])))) {
    return { kind: 'changed', text: changedText(places, facts, approval, label) };
  }
  if (approval.expires !== undefined && approval.expires <= now) {
    return { kind: 'expired', text: `the time for which ${label} was allowed is over; ${WHAT_TO_TYPE}` };
  }
  return judgeContent(facts, approval, label, places.home);
}

/**
 * What comes of files that are approved. They can still be refused: by rules that came with a newer envhook, or, when
 * an edit is about to be accepted by itself, by what is new in it.
 *
 * @param approval whose consents count.
 */
export function judgeContent(facts: Facts, approval: Approval, label: string, home: string): Verdict {
  const error = firstError(facts.compilation.problems);
  if (error !== undefined) {
    const place = `${showPath(join(facts.directory, error.file ?? '.env'), home)}:${error.line}:${error.column}`;
    return { kind: 'broken', text: `${place}: ${escapeText(error.message)}; mend it, then: envhook allow` };
  }
  const unasked = facts.compilation.askedFor.filter(({ name }) => !approval.consents.includes(name));
  if (unasked.length > 0) {
    return {
      kind: 'consent',
      text: `${label} sets ${unasked.map(({ name }) => name).join(' ')}, which needs your consent; ${WHAT_TO_TYPE}`,
    };
  }
  return { kind: 'allowed' };
}

function unsafeText(facts: Facts, home: string): string | undefined {
  // Such a path may stand for several directories.
  if ([facts.directory, facts.realDirectory].some((it) => it.includes('\uFFFD'))) {
    return `${showPath(facts.directory, home)} has a name that is not UTF-8; rename the directory`;
  }
  for (const { name, reading } of facts.readings) {
    if (reading.state !== 'refused') continue;
    return `${showPath(join(facts.directory, name), home)} ${reading.reason}; ${reading.hint}`;
  }
  return undefined;
}

/** Why files that are not those approved are not loaded. @param reasons more of them, where an edit could be accepted. */
export function changedText(
  places: Places,
  facts: Facts,
  approval: Approval,
  label: string,
  reasons: readonly string[] = [],
): string {
  const now = digestEntries(digestKey(places), facts.compilation.entries);
  const changes = firstError(facts.compilation.problems)
    ? ''
    : showNames(formatChanges(changesBetween(approval.variables, now)).split(' '));
  const what = `${label} changed since you allowed it${changes === '' ? '' : ` (${changes})`}`;
  return `${what}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}; ${WHAT_TO_TYPE}`;
}

function traceReadings({ directory, readings }: Facts, { kind }: Verdict, home: string): void {
  for (const { name, reading } of readings) {
    const shown = showPath(join(directory, name), home);
    if (reading.state === 'read') trace(() => `read ${shown}, ${reading.bytes.length} bytes: ${kind}`);
    if (reading.state === 'refused') trace(() => `did not read ${shown}: it ${reading.reason}`);
  }
}

function flagsOf(examination: Examination): PlanFlag[] {
  const { verdict, compilation, approval } = examination;
  if (verdict.kind === 'outside') return ['foreign'];
  const flags: PlanFlag[] = [];
  // What nobody allowed ends no climb.
  if (verdict.kind === 'allowed' && compilation.directives.has('root')) flags.push('root');
  if (compilation.directives.has('silent')) flags.push('silent');
  if (approval?.always) flags.push('always');
  if (approval?.session !== undefined) flags.push(`session=${approval.session}`);
  if (isPartlyRoots(examination)) flags.push('roots');
  return flags;
}

// Not the user's alone, so that a shell cannot tell by itself that all is as it was.
function isPartlyRoots({ owner, readings }: Facts): boolean {
  const owners = readings.flatMap(({ reading }) => (reading.state === 'read' ? [reading.owner] : []));
  return process.geteuid?.() !== 0 && [owner, ...owners].includes(0);
}

// A verdict that no file's bytes decide holds until the record changes: a block without inputs.
function inputsOf({ verdict, readings }: Examination): Plan['inputs'] {
  if (!['allowed', 'changed', 'broken', 'consent'].includes(verdict.kind)) return [];
  return readings.map(({ name, reading }) => ({
    name,
    bytes: reading.state === 'read' ? reading.bytes : undefined,
  }));
}

/** What every line about a directory that waits for its user ends with. */
export const WHAT_TO_TYPE = 'look: envhook diff, accept: envhook allow';
