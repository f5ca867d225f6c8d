// Has Node run TypeScript, for the tests: each file by esbuild, with its source map, so that stacks and coverage have the
// lines of the source. Used as `node --import ./scripts/typescript.mjs FILE`.

import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transform } from 'esbuild';

// What is registered runs in a thread of its own, where this file is loaded a second time.
if (isMainThread) register(import.meta.url);

/** Node's hook: a TypeScript file names another by the .js that it would become. */
export function resolve(specifier, context, next) {
  const isOurs = /^\.\.?\//.test(specifier) && context.parentURL?.endsWith('.ts');
  return next(isOurs ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

/** Node's hook: the JavaScript of a TypeScript file. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const sourcefile = fileURLToPath(url);
  const options = { loader: 'ts', format: 'esm', target: 'node20', sourcemap: 'inline', sourcefile };
  const { code } = await transform(await readFile(sourcefile, 'utf8'), options);
  return { format: 'module', source: code, shortCircuit: true };
}
