// Proves the promises by figures: everything that takes minutes, and that `npm test` has a short version of.
//
//   npm run proof                               all parts, in half an hour on two cores
//   npm run proof -- --short                    each part small, in two minutes
//   npm run proof -- --part walks --seed 7      one part, once more with the numbers of an earlier run
//
// Bundles proof/ with the sources it calls, since Node runs no TypeScript by itself.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundle = `${root}.tap/proof.mjs`; // one directory below the root, as proof/ is: paths are relative to it

mkdirSync(`${root}.tap`, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ['proof/main.ts'],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  define: { ENVHOOK_VERSION: '"proof"' },
  sourcemap: 'inline',
  logLevel: 'warning',
});
process.setSourceMapsEnabled?.(true);
const { main } = await import(bundle);
await main(process.argv.slice(2));
