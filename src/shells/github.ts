import { randomBytes } from 'node:crypto';
import { refuseValue } from './docker.js';
import type { Change, Shell } from './index.js';

/**
 * GitHub Actions: what is appended to the file $GITHUB_ENV (workflow commands, "multiline strings"). The delimiter is
 * random, so that no value can end early and set another variable. A CR before a line end would be lost there.
 */
export const github: Shell = {
  name: 'github',
  whole: true,
  quote: (text) => {
    const delimiter = `ghadelimiter_${randomBytes(16).toString('hex')}`;
    return `<<${delimiter}\n${text}\n${delimiter}`;
  },
  set: (name, value) => {
    if (/\r(\n|$)/.test(value)) throw refuseValue(name, 'a CR at the end of a line', 'GITHUB_ENV');
    return `${name}${github.quote(value)}`;
  },
  unset: () => '',
  marks: maskLines,
};

/**
 * Commands that make the runner hide the values in its log; it reads them from a step's output and standard error, and
 * does not show them. Very short values are left out: every `1` of the log would be hidden.
 */
function maskLines(changes: readonly Change[], env: NodeJS.ProcessEnv): string {
  if (env['GITHUB_ACTIONS'] !== 'true') return '';
  const values = changes.flatMap(({ value }) =>
    value !== undefined && value.length >= SHORTEST_MASK ? [value] : [],
  );
  return values.map((value) => `::add-mask::${escapeData(value)}\n`).join('');
}

const SHORTEST_MASK = 4;

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
