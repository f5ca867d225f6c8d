import { join } from 'node:path';
import { decode } from './decode.js';
import type { Examination } from './examine.js';
import { parse } from './parse.js';
import { CONTRACT_FILES } from './profiles.js';
import { readEnvFile } from './read.js';
import { escapeText, showNames } from './show.js';

/** What a project's example file asks for and nothing gives. Names, sorted. */
export interface Contract {
  file: string;
  /** Set by nothing: neither by the directory's files nor in the environment. */
  missing: string[];
  /** Set to nothing by the directory's files. */
  empty: string[];
}

/**
 * Compares what a directory sets with its `.env.example`, if it has one and none of its files says
 * `# envhook: no-contract`.
 *
 * @param env names that are set anyway.
 */
export function contractOf(
  { directory, compilation }: Examination,
  env: NodeJS.ProcessEnv,
): Contract | undefined {
  if (compilation.directives.has('no-contract')) return undefined;
  const file = CONTRACT_FILES.find((name) => readEnvFile(join(directory, name)).state === 'read');
  const names = file === undefined ? undefined : namesIn(join(directory, file));
  if (file === undefined || names === undefined) return undefined;
  const entries = new Map(compilation.entries.map((entry) => [entry.name, entry]));
  const isEmpty = (name: string) => {
    const entry = entries.get(name);
    return entry?.mode === 'text' && entry.text === '';
  };
  return {
    file,
    missing: names.filter((name) => !entries.has(name) && env[name] === undefined),
    empty: names.filter(isEmpty),
  };
}

/** The one line about it, or none when everything is there. */
export function contractLine({ file, missing, empty }: Contract): string | undefined {
  const parts = [
    ...(missing.length > 0 ? [`not set: ${showNames(missing)}`] : []),
    ...(empty.length > 0 ? [`empty: ${showNames(empty)}`] : []),
  ];
  return parts.length > 0 ? `of what ${file} lists, ${escapeText(parts.join('; '))}` : undefined;
}

function namesIn(path: string): string[] | undefined {
  const reading = readEnvFile(path);
  if (reading.state !== 'read') return undefined;
  const decoded = decode(reading.bytes);
  if ('problem' in decoded) return undefined;
  return [...new Set(parse(decoded.text).assignments.map(({ name }) => name))].sort();
}
