import { quotePosix } from '../shells/posix.js';
import { type CompletedCommand, type CompletedOption, type Kind, valuedFlags } from './model.js';

/** Completions for bash 3.2 and later, as text for `eval`. */
export function bashCompletions(commands: readonly CompletedCommand[]): string {
  return `# completions of envhook for bash: eval "$(envhook completions bash)"
_envhook() {
${findPlace(commands)}
  case $path in
${commands.map(commandCase).join('\n')}
    *) return ;;
  esac
  if [[ $current == -* && -z $value ]]; then
    words=$options kind='words'
  fi
  _envhook_reply "$kind" "$words" "$current"
}

${REPLY}

complete -F _envhook envhook
`;
}

function findPlace(commands: readonly CompletedCommand[]): string {
  const groups = commands.filter(({ path, subcommands }) => path !== '' && subcommands.length > 0);
  const inner = groups.map(
    ({ path }) => `          ${quotePosix(path)}) path="$path \${COMP_WORDS[i]}" ;;\n`,
  );
  const runners = commands.filter(({ kinds }) =>
    kinds.some((kind) => kind !== undefined && 'command' in kind),
  );
  return FIND_PLACE.replace('@groups', () => inner.join('').trim())
    .replaceAll('@commands', runners.map(({ path }) => path).join(' '))
    .replace('@valued', valuedFlags(commands).join(' '));
}

// Which command the line is in, and how many arguments it has already.
const FIND_PLACE = `  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local i at=0 path='' options='' kind='' words='' value='' start=''
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      --) [[ " @commands " != *" $path "* ]] || start=$((i + 1)) ;;
      -*) ;;
      *)
        [[ " @valued " != *" \${COMP_WORDS[i - 1]} "* ]] || continue
        case $path in
          '') path=\${COMP_WORDS[i]} ;;
          @groups
          *)
            at=$((at + 1))
            # After a directory, -- can be left out.
            if [[ " @commands " == *" $path "* && $at == 1 && \${COMP_WORDS[i + 1]} != -* ]]; then
              [[ ! -d \${COMP_WORDS[i]/#\\~/$HOME} ]] || start=$((i + 1))
            fi
            ;;
        esac
        ;;
    esac
    [[ -z $start ]] || { _envhook_command "$start"; return; }
  done`;

const REPLY = `_envhook_reply() {
  local IFS=$'\\n' words=$2
  case $1 in
    names | profiles | assignments) words=$(command envhook __complete "$1" 2>/dev/null) ;;
    directory | file)
      compopt -o filenames 2>/dev/null
      _envhook_add < <(compgen -A "$1" -- "$3")
      return
      ;;
    command)
      _envhook_add < <(compgen -d -- "$3"; compgen -W '--' -- "$3")
      return
      ;;
    words) ;;
    *) return ;;
  esac
  [[ $1 != assignments ]] || compopt -o nospace 2>/dev/null
  _envhook_add < <(compgen -W "$words" -- "$3")
}

# The command that begins with word $1: as bash-completion knows it, where that is loaded.
_envhook_command() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    _envhook_add < <(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}")
  else
    _envhook_reply file '' "\${COMP_WORDS[COMP_CWORD]}"
  fi
}

_envhook_add() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}`;

// What can come next in one command.
function commandCase({ path, subcommands, options, kinds, isVariadic }: CompletedCommand): string {
  const flags = options.flatMap((option) => option.flags);
  const lines = [`options=${quoteWords(flags)}`];
  if (subcommands.length > 0)
    lines.push(`kind='words' words=${quoteWords(subcommands.map(({ name }) => name))}`);
  else if (kinds.length > 0) lines.push(...argumentCase(kinds, isVariadic));
  const valued = options.filter(({ value }) => value !== undefined);
  if (valued.length > 0) lines.push('case $previous in', ...valued.map(valueCase), 'esac');
  return `    ${quotePosix(path)})\n${lines.map((line) => `      ${line}\n`).join('')}      ;;`;
}

function argumentCase(kinds: CompletedCommand['kinds'], isVariadic: boolean): string[] {
  const cases = kinds.map((kind, index) => {
    const isLast = index === kinds.length - 1;
    return `  ${isLast && isVariadic ? '*' : index}) ${assign(kind)} ;;`;
  });
  return ['case $at in', ...cases, 'esac'];
}

function valueCase({ flags, value }: CompletedOption): string {
  return `  ${flags.join(' | ')}) value=1 ${assign(value?.kind)} ;;`;
}

function assign(kind: Kind | undefined): string {
  if (kind === undefined) return "kind='' words=''";
  if ('words' in kind) return `kind='words' words=${quoteWords(kind.words)}`;
  if ('path' in kind) return `kind='${kind.path}'`;
  return `kind='${'listed' in kind ? kind.listed : 'command'}'`;
}

// compgen -W expands what it is given: only words that cannot be expanded get here.
function quoteWords(words: readonly string[]): string {
  return `$'${words.filter((word) => /^[\w.-]+$/.test(word)).join('\\n')}'`;
}
