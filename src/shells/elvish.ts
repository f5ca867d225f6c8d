import type { Shell } from './index.js';
import { json } from './json.js';

/** Elvish: the object of `json` in one line, a variable that is to be unset as null; its hook for direnv reads that. */
export const elvish: Shell = {
  ...json,
  name: 'elvish',
  forEditors: false,
  join: (statements) => `{${statements.join(',')}}\n`,
};
