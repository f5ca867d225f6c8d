import { parse } from 'dotenv';
import { tokensFor } from '../edit.js';
import { EnvhookError, EXIT } from '../errors.js';
import type { Shell } from './index.js';

/** An env file for npm's dotenv, which expands nothing: what it gives for each line is proved here. */
export const dotenv: Shell = {
  name: 'dotenv',
  whole: true,
  quote: (text) => tokensFor(text, undefined, false).find((token) => isReadAs(token, text)) ?? unwritable(),
  set: (name, value) => `${name}=${dotenv.quote(value)}`,
  unset: () => '',
};

// Also with other lines after it: one whose quote it left open would become part of it.
function isReadAs(token: string, text: string): boolean {
  const { V, ...rest } = parse(`V=${token}\nS='s'\nD="d"\nB=\`b\`\nE=''\n`, { fast: true });
  return V === text && Object.entries(rest).join() === 'S,s,D,d,B,b,E,';
}

function unwritable(): never {
  throw new EnvhookError(
    'a value holds every kind of quote, which dotenv has no way to write',
    'envhook export --all json',
    EXIT.syntax,
  );
}
