import { deflateSync } from 'node:zlib';
import type { Shell } from './index.js';
import { json } from './json.js';

/** What direnv's `dump` prints, and its `direnv_load` reads: the object of `json`, packed. */
export const gzenv: Shell = {
  ...json,
  name: 'gzenv',
  forEditors: false,
  join: (statements) => `${pack(`{${statements.join(',')}}`)}\n`,
};

/** Text as direnv packs it into one word: deflated, in the base64 for URLs, with its padding. */
export function pack(text: string): string {
  return deflateSync(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
