import { fish } from '../shells/fish.js';
import { type CompletedCommand, type CompletedOption, type Kind, valuedFlags } from './model.js';

/** Completions for fish, as text for `source` or a file in its directory of completions. */
export function fishCompletions(commands: readonly CompletedCommand[]): string {
  return `# completions of envhook for fish: envhook completions fish | source
function __envhook_at -d 'whether the command line is inside this command, and how many arguments it has'
    set -l words (commandline -opc)[2..]
    set -l path (string split ' ' -- $argv[1])
    set -l count 0
    set -l before ''
    for word in $words
        set -l previous $before
        set before $word
        string match -q -- '-*' $word; and continue
        contains -- $previous ${valuedFlags(commands).join(' ')}; and continue
        if set -q path[1]; and test -n "$path[1]"
            test "$path[1]" = $word; or return 1
            set -e path[1]
        else
            set count (math $count + 1)
        end
    end
    set -q path[1]; and test -n "$path[1]"; and return 1
    test -z "$argv[2]"; or test $count -ge $argv[2]; or return 1
    test -z "$argv[3]"; or test $count -le $argv[3]
end

function __envhook_command -d 'a directory, --, both or none, and then a command with its own arguments'
    set -l words (commandline -opc)[3..]
    set -l before ''
    while set -q words[1]; and string match -qr -- '^-.' $words[1]; and test "$words[1]" != --
        set before $words[1]
        set -e words[1]
        contains -- $before ${valuedFlags(commands).join(' ')}; and set -e words[1]
    end
    set -l directory (string replace -r -- '^~(?=/|$)' $HOME $words[1])
    test -n "$directory"; and test -d "$directory"; and set -e words[1]; or set directory
    if test "$words[1]" = --
        set -e words[1]
    else if test -z "$directory"
        __fish_complete_directories (commandline -ct)
        return
    end
    set -l line (string join ' ' -- (string escape -- $words) (commandline -ct))
    complete "-C$line"
end

complete -c envhook -f
${commands.flatMap(commandLines).join('\n')}
`;
}

function commandLines({ path, subcommands, options, kinds, isVariadic }: CompletedCommand): string[] {
  return [
    ...subcommands.map(
      ({ name, summary }) => `${rule(path, '0 0')} -a ${fish.quote(name)} -d ${fish.quote(summary)}`,
    ),
    ...kinds.flatMap((kind, index) => {
      const isLast = index === kinds.length - 1;
      return argumentLine(rule(path, isLast && isVariadic ? `${index}` : `${index} ${index}`), kind);
    }),
    ...options.map((option) => optionLine(path, option)),
  ];
}

function rule(path: string, counts: string): string {
  return `complete -c envhook -n ${fish.quote(`__envhook_at ${fish.quote(path)} ${counts}`.trim())}`;
}

function argumentLine(start: string, kind: Kind | undefined): string[] {
  if (kind === undefined) return [];
  return [`${start} ${values(kind, '')}`.trim()];
}

function optionLine(path: string, { flags, description, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const taken = value === undefined ? '' : value.kind === undefined ? ' -x' : ` ${values(value.kind, '-x')}`;
  return `${rule(path, path === '' ? '0 0' : '')} ${names.join(' ')}${taken} -d ${fish.quote(description)}`;
}

// `flag`: what says that nothing but these may follow.
function values(kind: Kind, flag: string): string {
  if ('words' in kind) return `${flag} -a ${fish.quote(kind.words.join(' '))}`;
  if ('listed' in kind) return `${flag} -a '(command envhook __complete ${kind.listed} 2>/dev/null)'`;
  if ('command' in kind) return `${flag} -a '(__envhook_command)'`;
  return kind.path === 'directory' ? `${flag} -a '(__fish_complete_directories)'` : '-rF';
}
