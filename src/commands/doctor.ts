import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import type { Finding } from '../doctor/finding.js';
import { checkOpenings } from '../doctor/openings.js';
import { checkLoaders, checkReaders } from '../doctor/readers.js';
import { type Caller, callingProcess, checkRunningShell } from '../doctor/running.js';
import { checkShells } from '../doctor/shells.js';
import { checkStorage } from '../doctor/storage.js';
import { checkDaemon, checkNode, checkWatches } from '../doctor/system.js';
import { EXIT } from '../errors.js';
import { jsonText } from '../show.js';

export const doctor: CommandFile = (program, run) => {
  program
    .command('doctor')
    .summary('look whether envhook can work here, and say what to do')
    .option('--fix', 'mend what can be mended without a loss')
    .option('--json', 'for a program')
    .addHelpText('after', '\nExample:\n  envhook doctor')
    .action((options: DoctorOptions) => run((context) => examineAll(context, options)));
};

export interface DoctorOptions {
  fix?: boolean;
  json?: boolean;
}

/**
 * Looks at everything that envhook depends on. With `fix`: closes its files to others and removes temporary files;
 * never an approval. The exit code is 7 if a problem is left.
 *
 * @param caller the shell that asks.
 */
export async function examineAll(
  context: Context,
  options: DoctorOptions,
  caller: Caller = callingProcess(),
): Promise<Outcome> {
  const look = <T>(what: string, check: (context: Context) => T): T => {
    context.progress?.(`looking at ${what}`);
    return check(context);
  };
  const stored = look('storage', checkStorage);
  const storage = options.fix ? mend(stored) : stored;
  const isSafe = !storage.some(({ state }) => state === 'problem');
  const findings = [
    checkNode(),
    ...look('shells', checkShells),
    ...look('this shell', (it) => [checkRunningShell(it, caller)]),
    ...storage,
    ...look('what others may write', checkOpenings),
    // Nothing is asked through a directory that others can write.
    ...(isSafe ? [await look('the daemon', checkDaemon)] : []),
    ...look('watches', checkWatches),
    ...look('other readers', checkReaders),
    ...look('other loaders', checkLoaders),
  ];
  const exitCode = findings.some(({ state }) => state === 'problem') ? EXIT.storage : EXIT.fine;
  if (options.json) return { output: `${jsonText(findings.map(toJson))}\n`, exitCode };
  return { output: findings.map(toText).join(''), exitCode };
}

function mend(findings: Finding[]): Finding[] {
  return findings.map((finding) => {
    if (finding.fix === undefined) return finding;
    try {
      finding.fix();
    } catch {
      return finding;
    }
    const { about, text } = finding;
    return { about, state: 'fixed', text };
  });
}

function toText({ about, state, text, hint }: Finding): string {
  return `${state.padEnd(7)} ${about}: ${text}${hint === undefined ? '' : `; ${hint}`}\n`;
}

function toJson({ about, state, text, hint }: Finding): object {
  return { about, state, text, hint: hint ?? null };
}
