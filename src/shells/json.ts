import type { Shell } from './index.js';

/** One object, a variable that is to be unset as null: what editors read. */
export const json: Shell = {
  name: 'json',
  quote: JSON.stringify,
  set: (name, value) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  unset: (name) => `${JSON.stringify(name)}: null`,
  join: (statements) => `{\n${statements.map((statement) => `  ${statement}`).join(',\n')}\n}\n`,
};
