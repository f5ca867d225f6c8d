import { writePlans } from '../approve.js';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { examine, labelOf } from '../examine.js';
import { removeStalePlansOf } from '../leftovers.js';
import { ensureStorage } from '../store.js';
import { changeApproval } from '../trust.js';
import { targetDirectory } from './target.js';

export const deny: CommandFile = (program, run) => {
  program
    .command('deny')
    .aliases(['block', 'revoke', 'disallow'])
    .summary('take back an approval, and say no more about the directory')
    .argument('[dir]', 'the directory, or one of its files; the present one if not given')
    .addHelpText('after', '\nExample:\n  envhook deny ~/work/api')
    .action((dir: string | undefined) => run((context) => denyDirectory(context, dir)));
};

/**
 * Denies a directory: open shells unload it at their next prompt, and no shell mentions it again.
 *
 * @throws EnvhookError 64 no such env directory, 7 storage
 */
export function denyDirectory(context: Context, named: string | undefined): Outcome {
  const { places, now } = context;
  const examination = examine(places, targetDirectory(context, named), now);
  ensureStorage(places);
  changeApproval(places, examination.realDirectory, ({ approval }) => ({
    path: examination.realDirectory,
    state: 'denied',
    ...(approval?.profile === undefined ? {} : { profile: approval.profile }),
    files: {},
    variables: {},
    consents: [],
    at: new Date(now * 1000).toISOString(),
  }));
  writePlans(context, examination);
  removeStalePlansOf(places, examination.realDirectory);
  return { notes: [`denied ${labelOf(examination, places.home)}; take it back with: envhook allow`] };
}
