import { quotePosix } from '../shells/posix.js';
import type { CompletedCommand, CompletedOption, Kind } from './model.js';

/** Completions for zsh, as text for `eval` after compinit, or as a file `_envhook` in $fpath. */
export function zshCompletions(commands: readonly CompletedCommand[]): string {
  return `#compdef envhook
# completions of envhook for zsh: eval "$(envhook completions zsh)", after compinit
${commands.map(commandFunction).join('\n')}
# Before the command stand a directory, --, both or none.
_envhook_command() {
  local -i start=$words[(ie)--]
  if (( start >= CURRENT )); then
    [[ $CURRENT -gt 1 && -d \${\${(Q)words[1]}/#\\~/$HOME} ]] || { _files -/; return; }
    start=1
  fi
  shift $start words
  (( CURRENT -= start ))
  _normal
}

# _arguments puts options for compadd before the word.
_envhook_listed() {
  local -a found
  found=(\${(f)"$(command envhook __complete $argv[-1] 2>/dev/null)"})
  [[ $argv[-1] != assignments ]] || set -- -S '' "$@"
  compadd "\${@[1,-2]}" -a found
}

if [[ \${funcstack[1]-} == _envhook ]]; then _envhook "$@"; else compdef _envhook envhook; fi
`;
}

function commandFunction(command: CompletedCommand): string {
  const { path, subcommands, options, kinds, isVariadic } = command;
  const specs = options.map(optionSpec);
  if (subcommands.length > 0) return groupFunction(path, subcommands, specs);
  const positions = kinds.map((kind, index) => {
    const rest = kind !== undefined && 'command' in kind ? '*::' : '*';
    const isLast = index === kinds.length - 1;
    return quotePosix(`${isLast && isVariadic ? rest : index + 1}:argument:${action(kind)}`);
  });
  return `${functionName(path)}() {\n  _arguments -s ${[...specs, ...positions].join(' ')}\n}`;
}

// No variable may have the name of one that zsh's own completions read, such as commands or parameters.
function groupFunction(path: string, subcommands: CompletedCommand['subcommands'], specs: string[]): string {
  const described = subcommands.map(({ name, summary }) =>
    quotePosix(`${name.replaceAll(':', '\\:')}:${summary}`),
  );
  const cases = subcommands.map(
    ({ name, aliases }) =>
      `        ${[name, ...aliases].join('|')}) ${functionName(`${path} ${name}`.trim())} ;;`,
  );
  return `${functionName(path)}() {
  local curcontext=$curcontext state
  local -a line subcommands
  subcommands=(
${described.map((line) => `    ${line}\n`).join('')}  )
  _arguments -C ${specs.join(' ')} '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command subcommands ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}`;
}

function optionSpec({ flags, description, value }: CompletedOption): string {
  const text = description.replace(/[\\[\]:]/g, '\\$&');
  const rest = value === undefined ? `[${text}]` : `[${text}]:value:${action(value.kind)}`;
  const [first = '', second] = flags;
  if (second === undefined) return quotePosix(first + rest);
  return `${quotePosix(`(${flags.join(' ')})`)}{${first},${second}}${quotePosix(rest)}`;
}

function action(kind: Kind | undefined): string {
  if (kind === undefined) return ' ';
  if ('words' in kind) return `(${kind.words.join(' ')})`;
  if ('path' in kind) return kind.path === 'directory' ? '_files -/' : '_files';
  return 'listed' in kind ? `_envhook_listed ${kind.listed}` : '_envhook_command';
}

function functionName(path: string): string {
  return ['_envhook', ...path.split(' ').filter(Boolean)].join('_');
}
