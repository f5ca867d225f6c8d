import { writePlans } from '../approve.js';
import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { EnvhookError, EXIT } from '../errors.js';
import { type Examination, examine } from '../examine.js';
import { isProfileName, profilesIn } from '../profiles.js';
import { escapeText, showPath } from '../show.js';
import { SESSION } from '../stack.js';
import { ensureStorage } from '../store.js';
import { type Approval, changeApproval, digestEntries, digestKey, type NewApproval } from '../trust.js';
import { targetDirectory } from './target.js';

export const use: CommandFile = (program, run) => {
  program
    .command('use')
    .summary('choose the profile of the present directory, or list its profiles')
    .argument('[profile]', 'loads .env.<profile> and .env.<profile>.local over .env and .env.local')
    .option('--none', 'no profile')
    .addHelpText('after', '\nExamples:\n  envhook use staging\n  envhook use --none')
    .action((profile: string | undefined, options: { none?: boolean }) =>
      run((context) => useProfile(context, profile, options)),
    );
};

/**
 * Chooses a profile, which open shells follow at their next prompt; without one, lists what there is, the present
 * one marked.
 *
 * @throws EnvhookError 64 an unknown profile, 2 a directory that is not allowed, 7 storage
 */
export function useProfile(
  context: Context,
  profile: string | undefined,
  options: { none?: boolean },
): Outcome {
  const directory = targetDirectory(context, undefined);
  const examination = examine(context.places, directory, context.now);
  const profiles = profilesIn(directory);
  if (profile === undefined && !options.none)
    return { output: listOf(profiles, examination.approval?.profile) };
  if (profile !== undefined && options.none) {
    throw new EnvhookError('a profile and --none exclude each other', 'envhook use --none', EXIT.usage);
  }
  if (profile !== undefined) checkProfile(context, directory, profile, profiles);
  return choose(context, examination, profile);
}

function listOf(profiles: string[], present: string | undefined): string {
  if (profiles.length === 0) return 'no profiles here: a profile is a file such as .env.staging\n';
  return profiles.map((name) => `${name === present ? '*' : ' '} ${name}\n`).join('');
}

function checkProfile({ places }: Context, directory: string, profile: string, profiles: string[]): void {
  if (isProfileName(profile) && profiles.includes(profile)) return;
  throw new EnvhookError(
    `${showPath(directory, places.home)} has no profile ${escapeText(profile)}`,
    profiles.length > 0 ? `one of: ${profiles.join(' ')}` : 'a profile is a file such as .env.staging',
    EXIT.usage,
  );
}

function choose(context: Context, examination: Examination, profile: string | undefined): Outcome {
  const { places, now } = context;
  const { directory, realDirectory } = examination;
  const said = profile === undefined ? 'no profile' : `profile ${profile}`;
  const at = new Date(now * 1000).toISOString();
  ensureStorage(places);
  const chosen = changeApproval(places, realDirectory, ({ approval }) => {
    if (approval?.state !== 'allowed') throw notAllowed(context, directory);
    return approval.profile === profile ? undefined : { ...withProfile(approval, profile), at };
  });
  if (chosen === undefined) return { notes: [`${said}, as before`] };
  rememberVariables(context, directory, chosen);
  const after = examine(places, directory, now);
  writePlans(context, after);
  return {
    notes: [
      `${said} in ${showPath(directory, places.home)}`,
      // A shell that has something loaded says it at its prompt.
      ...('text' in after.verdict && context.env[SESSION] === undefined ? [after.verdict.text] : []),
    ],
  };
}

function notAllowed({ places }: Context, directory: string): EnvhookError {
  return new EnvhookError(
    `${showPath(directory, places.home)} is not allowed`,
    'envhook allow',
    EXIT.notAllowed,
  );
}

// With a new id, so that open shells notice.
function withProfile(approval: Approval, profile: string | undefined): NewApproval {
  const { profile: _, id: __, ...rest } = approval;
  return profile === undefined ? rest : { ...rest, profile };
}

// Where the profile's files are allowed already, later changes are told against what they say now.
function rememberVariables({ places, now }: Context, directory: string, chosen: Approval): void {
  const { verdict, realDirectory, compilation } = examine(places, directory, now);
  if (verdict.kind !== 'allowed') return;
  const { id: _, ...rest } = chosen;
  const variables = digestEntries(digestKey(places), compilation.entries);
  changeApproval(places, realDirectory, ({ approval }) =>
    approval?.id === chosen.id ? { ...rest, variables } : undefined,
  );
}
