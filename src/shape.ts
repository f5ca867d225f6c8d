import { statSync } from 'node:fs';
import type { Compilation } from './compile.js';
import type { Reading } from './read.js';
import { showNames } from './show.js';

/**
 * What a person approves beside the values: `allow --always` accepts new values as long as all of this is as it was.
 */
export interface Shape {
  place: Place;
  /** The files of the set that were there, and where their bytes really were: empty for a plain file of the directory. */
  files: Record<string, string>;
  /** Every name that they assign, also those that no shell gets. */
  names: string[];
  directives: string[];
}

/** Which directory stands at a path. */
export interface Place {
  /** Device and inode. */
  inode: string;
  /** When it was made, where the file system tells: an inode's number is soon given to another directory. */
  birth?: string;
}

/** What a shape is made of; see `Examination`. */
export interface Shaped {
  place: Place;
  readings: { name: string; reading: Reading }[];
  compilation: Compilation;
}

/** The directory at a path, which is another one once it has been removed and made again; undefined if there is none. */
export function placeOf(directory: string): Place {
  try {
    const { dev, ino, birthtimeNs, ctimeNs } = statSync(directory, { bigint: true });
    // Where there is no time of birth, it is 0 or that of the last change.
    const isKnown = birthtimeNs > 0n && birthtimeNs !== ctimeNs;
    return { inode: `${dev}:${ino}`, ...(isKnown ? { birth: String(birthtimeNs) } : {}) };
  } catch {
    return { inode: '' };
  }
}

/** The shape of what was examined. */
export function shapeOf({ place, readings, compilation }: Shaped): Shape {
  const files = readings.flatMap(({ name, reading }) =>
    reading.state === 'read' ? [[name, reading.source]] : [],
  );
  return {
    place,
    files: Object.fromEntries(files),
    names: [...new Set(compilation.assigned.map(({ name }) => name))].sort(),
    directives: [...compilation.directives].sort(),
  };
}

/** Whether it is the directory that it was. */
export function isSamePlace(before: Place, now: Place): boolean {
  return before.inode === now.inode && (before.birth === undefined || before.birth === now.birth);
}

/**
 * What is new beside the values, in words; empty if nothing is.
 *
 * @param isFree whether a name that is new needs no approval.
 */
export function newIn(before: Shape, now: Shape, isFree: (name: string) => boolean): string[] {
  const names = now.names.filter((name) => !before.names.includes(name) && !isFree(name));
  const directives = now.directives.filter((word) => !before.directives.includes(word));
  return [
    ...(isSamePlace(before.place, now.place) ? [] : ['it is another directory now']),
    ...Object.entries(now.files).flatMap(([name, source]) => newFile(name, source, before.files)),
    ...counted('name', names),
    ...counted('directive', directives),
  ];
}

function newFile(name: string, source: string, before: Record<string, string>): string[] {
  const was = Object.hasOwn(before, name) ? before[name] : undefined;
  if (was === undefined) return [`${name} is a new file`];
  // A link that has become a plain file leads nowhere else.
  if (source === '' || source === was) return [];
  return [was === '' ? `${name} is a link now` : `${name} leads elsewhere now`];
}

function counted(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`new ${what}${names.length === 1 ? '' : 's'} ${showNames(names)}`];
}
