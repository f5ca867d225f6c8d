import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { follow } from './accept.js';
import type { Context } from './context.js';
import { type Layered, layer } from './environment.js';
import { EXIT } from './errors.js';
import type { Lookup } from './evaluate.js';
import { type Examination, type ExamineOptions, elsewhereText, type Verdict } from './examine.js';
import { envDirectoriesAbove } from './find.js';
import { isBelow } from './processes.js';
import { decodeSession, encodeSession, heardPath, type SessionLayer, undoSession } from './session.js';
import { checkPrivateDirectory, ensureStorage, readPrivate, writeAtomically } from './store.js';

/** Who looks, from where and when. */
export type Place = Pick<Context, 'env' | 'places' | 'now'>;

/**
 * The env directories that count at a place, outer to inner, examined: those above the innermost allowed one that
 * says `# envhook: root` do not.
 *
 * @param directory absolute, as the user sees it.
 * @param optionsFor options for the examination of one directory.
 */
export function stackAt(
  { places, now }: Place,
  directory: string,
  optionsFor: (directory: string) => ExamineOptions = () => ({}),
): Examination[] {
  const inner = envDirectoriesAbove(directory, places.home);
  const outer = inner.map((it) => heeded(follow(places, it, now, optionsFor(it)), places.home)).reverse();
  return outer.slice(Math.max(0, outer.findLastIndex(isRoot)));
}

/** The caller's environment as it is, and as it was before envhook loaded anything, as far as that is proved. */
export function callerEnvironment(context: Place): { env: Map<string, string>; base: Map<string, string> } {
  const env = new Map<string, string>();
  for (const [name, value] of Object.entries(context.env)) if (value !== undefined) env.set(name, value);
  const base = undoSession(env, readSession(context));
  base.delete(SESSION);
  return { env, base };
}

/**
 * What the references in a directory's files are answered from: the caller's environment before envhook loaded anything,
 * and the directories above. Worked out when the first is asked for.
 */
export function outsideOf(
  place: Place,
  { directory, compilation }: Pick<Examination, 'directory' | 'compilation'>,
): Lookup {
  const isTop = directory === place.places.home || directory === '/' || compilation.directives.has('root');
  let env: Map<string, string> | undefined;
  return (name) => {
    if (env === undefined) {
      const { base } = callerEnvironment(place);
      env = isTop ? base : environmentAt(place, base, stackAt(place, dirname(directory))).env;
    }
    return env.get(name);
  };
}

/** The environment at a stack, from a base. */
export function environmentAt(
  context: Pick<Context, 'places'>,
  base: ReadonlyMap<string, string>,
  stack: readonly Examination[],
): Layered {
  return layer(base, stack, context.places);
}

/** What a shell or an earlier `export` above this process has loaded; nothing where that is not proved. */
export function readSession({ env, places }: Pick<Context, 'env' | 'places'>): SessionLayer[] {
  const id = env[SESSION];
  if (id === undefined || !/^[0-9-]+$/.test(id) || !checkPrivateDirectory(places.run)) return [];
  const bytes = readPrivate(join(places.run, 'sessions', id));
  return (bytes && decodeSession(bytes)) ?? [];
}

/**
 * Remembers how to undo layers, so that a shell that starts from there, or a later `export`, can.
 *
 * @param maker the process with which it ends, unless another one has its name by then.
 * @returns what ENVHOOK_SESSION is to be; undefined for no layers.
 * @throws EnvhookError 7
 */
export function writeSession(
  { places, now }: Place,
  layers: readonly SessionLayer[],
  maker: number,
): string | undefined {
  if (layers.length === 0) return undefined;
  const id = `${maker}-${now}-${process.hrtime()[1]}`;
  ensureStorage(places);
  writeAtomically(join(places.run, 'sessions', id), encodeSession(layers));
  beHeard(join(heardPath(places.run), id));
  return id;
}

// As the hooks do it.
function beHeard(path: string): void {
  try {
    if (checkPrivateDirectory(dirname(path))) writeFileSync(path, '', { mode: 0o600 });
  } catch {
    // nobody listens any more
  }
}

/** The exit code that goes with a verdict. */
export function exitCodeOf(verdict: Verdict): number {
  return CODES[verdict.kind];
}

/** The name of the variable that tells a child where its undo data is. */
export const SESSION = 'ENVHOOK_SESSION';

const CODES: Record<Verdict['kind'], number> = {
  allowed: EXIT.fine,
  outside: EXIT.fine,
  denied: EXIT.notAllowed,
  'not-allowed': EXIT.notAllowed,
  changed: EXIT.notAllowed,
  expired: EXIT.notAllowed,
  consent: EXIT.name,
  refused: EXIT.unsafeFile,
  broken: EXIT.syntax,
};

// An approval for one shell counts only below that shell.
function heeded(examination: Examination, home: string): Examination {
  const session = examination.approval?.session;
  if (examination.verdict.kind !== 'allowed' || session === undefined || isBelow(session)) return examination;
  return { ...examination, verdict: { kind: 'not-allowed', text: elsewhereText(examination, home) } };
}

function isRoot({ verdict, compilation }: Examination): boolean {
  return verdict.kind === 'allowed' && compilation.directives.has('root');
}
