import { createHash } from 'node:crypto';
import { existsSync, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { follow } from '../accept.js';
import { firstError } from '../compile.js';
import { EnvhookError, systemCode } from '../errors.js';
import { type Examination, examine } from '../examine.js';
import { isEnvDirectory, tryRealpath } from '../find.js';
import { isCurrentPlan, planFiles, removeStalePlansOf } from '../leftovers.js';
import { planPath } from '../plan.js';
import { writePlan } from '../plans.js';
import type { Places } from '../settings.js';
import { ensurePrivateDirectory, readPrivate, removeFile, writerOf } from '../store.js';
import {
  type Approval,
  digestEntries,
  digestKey,
  parseApproval,
  readApproval,
  recordPath,
} from '../trust.js';
import { type Fingerprint, fingerprintOf, linkTargets } from './fingerprint.js';
import { type Happening, happenings, namesOf, type Seen } from './happenings.js';
import { Watcher } from './watcher.js';

/**
 * Keeps the plans of all directories that have an approval record, as `examine` and `plan` make them: at its start,
 * when the system tells of a change, and, since such news gets lost, by looking again from time to time.
 */
export class Keeper {
  readonly #places: Places;
  readonly #tell: (happening: Happening) => void;
  readonly #isInCharge: () => boolean;
  readonly #watcher: Watcher;
  readonly #known = new Map<string, Known>();
  /** Record file name to directory. */
  readonly #records = new Map<string, string>();
  readonly #touched = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #realHome: string | undefined;
  #recordWatch: FSWatcher | undefined;
  #recordsStamp = '';
  #warm = false;
  #queue: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #lastProblem: string | null = null;
  #watching = true;
  #isClosed = false;

  /**
   * @param tell is called for whatever happens after the start.
   * @param isInCharge whether the plans are still this daemon's to keep: no more where its storage is gone or being removed.
   */
  constructor(places: Places, tell: (happening: Happening) => void, isInCharge: () => boolean) {
    this.#places = places;
    this.#tell = tell;
    this.#isInCharge = isInCharge;
    this.#watcher = new Watcher(
      (directory) => this.#touch(directory),
      (code) => this.#blind(code),
    );
    this.#realHome = tryRealpath(places.home);
  }

  /** Makes the plans of all directories, and starts to watch. @throws EnvhookError 7 */
  async start(): Promise<void> {
    ensurePrivateDirectory(this.#approvals);
    this.#watchRecords();
    await this.lookAtAll();
    this.#warm = true;
    this.#queue = this.#queue.then(() => this.#removeStalePlans());
    this.#later(LOOK_MS, () => void this.#lookRegularly());
  }

  /** Looks at every directory; what happened before the call is seen. */
  lookAtAll(): Promise<void> {
    this.#next ??= this.#queue.then(() => {
      this.#next = undefined;
      this.#queue = this.#lookOnce();
      return this.#queue;
    });
    return this.#next;
  }

  get status(): { directories: number; watched: number; watching: boolean; lastProblem: string | null } {
    return {
      directories: this.#known.size,
      watched: this.#watcher.size,
      watching: this.#watching,
      lastProblem: this.#lastProblem,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#recordWatch?.close();
    await this.#watcher.close();
  }

  get #approvals(): string {
    return join(this.#places.data, 'approvals');
  }

  // --- when to look ---

  #watchRecords(): void {
    try {
      this.#recordWatch = watch(this.#approvals, (_event, name) => this.#recordChanged(name));
      this.#recordWatch.on('error', () => {}); // the directory is gone, which ends the daemon
    } catch (error) {
      this.#blind(systemCode(error) ?? 'unknown');
    }
  }

  #recordChanged(name: string | null): void {
    if (name === null) void this.lookAtAll();
    else if (RECORD.test(name)) {
      const directory = this.#records.get(name) ?? this.#learn(name);
      if (directory !== undefined) this.#touch(directory);
    }
  }

  // News comes in bursts; and a file that is written in steps should not be read in the middle.
  #touch(directory: string): void {
    if (this.#touched.has(directory)) return;
    this.#touched.add(directory);
    this.#later(SETTLE_MS, () => {
      this.#touched.delete(directory);
      this.#look(directory);
      this.#later(AGAIN_MS, () => this.#look(directory));
    });
  }

  // So rarely that it takes a thousandth of the time.
  async #lookRegularly(): Promise<void> {
    const start = performance.now();
    await this.lookAtAll();
    const pause = Math.max(LOOK_MS, 1000 * (performance.now() - start));
    this.#later(pause, () => void this.#lookRegularly());
  }

  async #lookOnce(): Promise<void> {
    this.#learnAll();
    let count = 0;
    for (const directory of [...this.#known.keys(), ...this.#unseen()]) {
      if (this.#isClosed) return;
      this.#look(directory);
      if (++count % SLICE === 0) await new Promise(setImmediate); // clients and news come first
    }
  }

  // Plans that nobody will ask for again hold values, too.
  async #removeStalePlans(): Promise<void> {
    let count = 0;
    for (const path of planFiles(this.#places)) {
      if (this.#isClosed) return;
      if (writerOf(path) === undefined && !isCurrentPlan(this.#places, path, seconds())) removeFile(path);
      if (++count % SLICE === 0) await new Promise(setImmediate);
    }
  }

  #later(milliseconds: number, action: () => void): void {
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }

  // --- records ---

  #learnAll(): void {
    const stamp = String(statSync(this.#approvals, { bigint: true, throwIfNoEntry: false })?.mtimeNs);
    if (stamp === this.#recordsStamp) return;
    this.#recordsStamp = stamp;
    for (const name of namesIn(this.#approvals)) {
      if (RECORD.test(name) && !this.#records.has(name)) this.#learn(name);
    }
  }

  // The directory that a record file is about; undefined for a damaged one.
  #learn(name: string): string | undefined {
    const path = parseApproval(readPrivate(join(this.#approvals, name))?.toString() ?? '')?.path;
    if (path === undefined || recordPath(this.#places, path) !== join(this.#approvals, name))
      return undefined;
    this.#records.set(name, path);
    return path;
  }

  #unseen(): string[] {
    return [...this.#records.values()].filter((directory) => !this.#known.has(directory));
  }

  // --- looking ---

  #look(directory: string): void {
    if (!this.#isInCharge()) return;
    try {
      this.#lookAt(directory);
    } catch (error) {
      const code = systemCode(error);
      if (error instanceof EnvhookError) this.#problem(`${error.message}; ${error.hint}`);
      else if (code !== undefined) this.#problem(`${directory} cannot be looked at: ${code}`);
      else throw error;
    }
  }

  #lookAt(directory: string): void {
    const record = recordPath(this.#places, directory);
    const before = this.#known.get(directory);
    const hasChanged = before?.fingerprint.all !== fingerprintOf(directory, before?.profile, record).all;
    if (!hasChanged && (before?.isLeftToShells || this.#hasPlan(directory))) return;
    const former = readApproval(this.#places, directory).approval;
    if (before === undefined && former === undefined) return; // forgotten already
    const fingerprint = fingerprintOf(directory, former?.profile, record);
    const examination = follow(this.#places, directory, seconds());
    const known = {
      ...seenIn(examination),
      fingerprint,
      ...this.#watched(directory, before, fingerprint, former),
    };
    const isLeftToShells = !this.#writePlans(examination);
    const isWithdrawn = examination.approval?.state !== 'allowed' && before?.state === 'allowed';
    if (isWithdrawn) removeStalePlansOf(this.#places, directory);
    if (examination.approval === undefined) this.#forget(directory, record);
    else this.#known.set(directory, { ...known, isLeftToShells });
    if (!this.#warm) return;
    const changes = this.#changes(examination);
    for (const happening of happenings(before, known, former, { ...examination, changes }))
      this.#tell(happening);
  }

  // A directory without files needs none.
  #hasPlan(directory: string): boolean {
    return existsSync(planPath(this.#places.run, directory)) || !isEnvDirectory(directory);
  }

  // What the files set now, compared with what was approved.
  #changes({ approval, compilation }: Examination): string[] {
    if (approval === undefined || firstError(compilation.problems) !== undefined) return [];
    return namesOf(approval.variables, digestEntries(digestKey(this.#places), compilation.entries));
  }

  // Under the real path, and under the one that a linked home directory gives it. False: only a shell can.
  #writePlans(examination: Examination): boolean {
    const { directory } = examination;
    const places = this.#places;
    if (!isEnvDirectory(directory)) return true;
    const isWritten = writePlan({ places }, examination);
    const { home } = places;
    if (this.#realHome === undefined || this.#realHome === home) return isWritten;
    if (!directory.startsWith(`${this.#realHome}/`)) return isWritten;
    const alias = home + directory.slice(this.#realHome.length);
    writePlan({ places }, examine(places, alias, seconds()));
    return isWritten;
  }

  #forget(directory: string, record: string): void {
    this.#known.delete(directory);
    this.#records.delete(record.slice(this.#approvals.length + 1));
    this.#recordsStamp = '';
  }

  // Brings the watches up to date. What is new is looked at once more when the system surely watches.
  #watched(
    directory: string,
    before: Known | undefined,
    { identity }: Fingerprint,
    approval: Approval | undefined,
  ): Pick<Known, 'profile' | 'paths'> {
    const isWanted = approval?.state === 'allowed' && identity !== '';
    const targets = isWanted ? linkTargets(directory, approval.profile) : [];
    const paths = isWanted ? [...new Set([directory, ...targets])] : [];
    const old = before?.paths ?? [];
    for (const path of old.filter((it) => !paths.includes(it))) void this.#watcher.remove(path, directory);
    for (const path of paths.filter((it) => !old.includes(it))) this.#watcher.add(path, directory);
    const isOther = old.length > 0 && paths.length > 0 && before?.fingerprint.identity !== identity;
    if (isOther) {
      void this.#watcher.renew(directory);
      this.#later(ARMED_MS, () => void this.#arm(directory));
    } else if (paths.length > old.length) {
      this.#later(ARMED_MS, () => this.#look(directory));
    }
    if (identity === '') for (const pause of RETURN_MS) this.#later(pause, () => this.#look(directory));
    return { profile: approval?.profile, paths };
  }

  // chokidar hears late that a directory is gone, and may then give up the one that has taken its place.
  async #arm(directory: string): Promise<void> {
    if (!(await this.#watcher.isArmed(directory))) {
      await this.#watcher.renew(directory);
      this.#later(ARMED_MS, () => void this.#arm(directory));
    }
    this.#look(directory);
  }

  // --- problems ---

  #blind(code: string): void {
    this.#watching = false;
    const why = WATCH_PROBLEMS[code] ?? `the system cannot watch a directory (${code})`;
    this.#problem(`${why}; it looks from time to time instead`);
  }

  // The same is said once.
  #problem(text: string): void {
    if (text === this.#lastProblem) return;
    this.#lastProblem = text;
    this.#tell({ event: 'problem', directory: '', names: [], text });
  }
}

interface Known extends Seen {
  fingerprint: Fingerprint;
  profile: string | undefined;
  /** Its plan needs a user's environment. */
  isLeftToShells: boolean;
  /** What is watched for it. */
  paths: string[];
}

const RECORD = /^[0-9a-f]{64}\.json$/;
const SETTLE_MS = 10;
/** The second of two writes within a few milliseconds may not be told. */
const AGAIN_MS = 60;
const ARMED_MS = 500;
/** A directory that is gone often is on its way back. */
const RETURN_MS = [50, 250, 1000];
const LOOK_MS = 5000;
const SLICE = 8;

const WATCH_PROBLEMS: Partial<Record<string, string>> = {
  ENOSPC: 'there are more directories than the system lets a user watch (fs.inotify.max_user_watches)',
  EMFILE: 'too many programs watch something (fs.inotify.max_user_instances)',
};

function seenIn({ head, approval, verdict, readings }: Examination): Seen {
  const content = createHash('sha256');
  for (const { name, reading } of readings) {
    content.update(`${name}\0${reading.state}\0`);
    if (reading.state === 'read') content.update(reading.bytes);
  }
  return {
    head,
    state: approval?.state,
    verdict: verdict.kind,
    text: 'text' in verdict ? verdict.text : '',
    content: content.digest('base64').slice(0, 24),
  };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
