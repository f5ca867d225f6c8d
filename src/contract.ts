import { join } from 'node:path';
import { decode } from './decode.js';
import type { Examination } from './examine.js';
import { parse } from './parse.js';
import { CONTRACT_FILES } from './profiles.js';
import { type Reading, readProjectFile } from './read.js';
import { escapeText, showNames, showPath } from './show.js';

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
export function contractOf(examination: Examination, env: NodeJS.ProcessEnv): Contract | undefined {
  const { file, reading } = readContract(examination) ?? {};
  const names = reading?.state === 'read' ? namesIn(reading.bytes) : undefined;
  if (file === undefined || names === undefined) return undefined;
  const entries = new Map(examination.compilation.entries.map((entry) => [entry.name, entry]));
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

/** What `allow` says of a directory's example file, if there is anything to say. */
export function contractRemarks(examination: Examination, env: NodeJS.ProcessEnv, home: string): string[] {
  const { file = '', reading } = readContract(examination) ?? {};
  if (reading?.state === 'refused') {
    return [`${showPath(join(examination.directory, file), home)} ${reading.reason}, so it was not compared`];
  }
  const contract = contractOf(examination, env);
  return [contract && contractLine(contract)].filter((line) => line !== undefined);
}

// The first that is there counts. A directory is none.
function readContract({
  directory,
  compilation,
}: Examination): { file: string; reading: Reading } | undefined {
  if (compilation.directives.has('no-contract')) return undefined;
  for (const file of CONTRACT_FILES) {
    const reading = readProjectFile(join(directory, file));
    if (reading.state === 'read' || reading.state === 'refused') return { file, reading };
  }
  return undefined;
}

function namesIn(bytes: Uint8Array): string[] | undefined {
  const decoded = decode(bytes);
  if ('problem' in decoded) return undefined;
  return [...new Set(parse(decoded.text).assignments.map(({ name }) => name))].sort();
}
