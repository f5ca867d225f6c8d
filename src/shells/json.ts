import { jsonText } from '../show.js';
import type { Shell } from './index.js';

/** One object, a variable that is to be unset as null: what editors read. */
export const json: Shell = {
  name: 'json',
  forEditors: true,
  quote: (text) => jsonText(text),
  set: (name, value) => `${json.quote(name)}: ${json.quote(value)}`,
  unset: (name) => `${json.quote(name)}: null`,
  join: (statements) => `{\n${statements.map((statement) => `  ${statement}`).join(',\n')}\n}\n`,
};
