# shellcheck shell=bash
# envhook's hook for bash 5.1 and later; section "old bash" makes up for what 3.2 to 5.0 lack.
#
# What it touches, and why:
#   PROMPT_COMMAND     one entry, the first: the prompt is where a change takes effect, and what draws it comes after
#   cd, pushd, popd    functions, only where the user has none: `cd project && make` sees the variables. A cd that is a
#                      function at the first prompt is called by ours
#   the variables that trusted .env files name, and ENVHOOK_SESSION (see "session")
#   the INT trap       while something changes, where the user has none (see __envhook_uninterrupted)
# Every other name starts with __envhook_ and none is exported. Options change inside functions
# only. A plan is data: read by builtins, checked to its end mark, compared, then applied.
# A prompt at which nothing changed starts no process; Node runs only for a directory without a plan.
# After `builtin`, an argument NAME=$value is split and globbed like any other: it is always quoted.
#
# bash copies a function, all of it, at every call. So what a usual prompt or cd runs is in small functions, and what is
# seldom needed in others.
#
# Sections, the same in every shell's file: state, entry points, watching, finding, plans, choosing,
# loading, undoing, session, messages, install.

# One that is too old for what follows goes no further.
case ${BASH_VERSION-} in
  [012].* | 3.[01].*)
    case $- in *i*) \builtin echo "envhook: bash ${BASH_VERSION%%[!0-9.]*} is too old; envhook needs bash 3.2 or later" >&2 ;; esac
    __envhook_install() { \builtin unset -f __envhook_install; }
    \builtin return 0
    ;;
esac

__envhook_was=$-
\builtin set +a # nor are functions exported
\builtin shopt -q expand_aliases && __envhook_was+=+
\builtin shopt -u expand_aliases # an alias called `local` must not get into the functions below

# --- state --------------------------------------------------------------------------------------
# Pinned at install: __envhook_node, __envhook_main, __envhook_data, __envhook_run, __envhook_home, and __envhook_kept_back,
# the names of what must not act on Node.
# __envhook_pwd       the directory that the rest describes; empty: look again
# __envhook_absent    paths on the way up that must not be a file
# __envhook_mine      paths that must be the user's
# __envhook_heads     approval records and their first lines
# __envhook_files     files in force and their approved bytes
# __envhook_slots     per env directory, inner to outer: directory, plan file, offset in fields (-1: none), verdict;
#                     only what the three lists above cannot tell
# __envhook_fields    the fields of the plans read so far, one plan after the other (src/plan.ts)
# __envhook_known     directories whose plan need not be read again, each with the plan file and its offset in fields
# __envhook_sets_N, _files_N, _misses_N, _mine_N  of the plan at offset N: NAME=VALUE for each variable, if all are plain
#                     text; files in force and their approved bytes; paths that must not be a file; that must be the user's
# __envhook_simple, _names, _tests, _check, _line   by offset in fields, of a plan of plain text: what `check` gives
#                     after a load; the names; the text for `eval` that tells whether any of them is anything yet, and
#                     the one that tells what they are; signs and names for the message
# __envhook_fresh     by index in layers: the offset of the plan of plain text that a layer was loaded from when none
#                     of its names was anything: it has no undo entries
# __envhook_layers    per loaded directory, outer to inner: directory, record head, label, index of its first undo entry
# __envhook_undo      per variable: name, what it was (unset, shell, export), old value, loaded value, prefix, suffix
# __envhook_vain      by depth: directories that Node was asked about and has no plan for, each between double slashes
# __envhook_granted   record heads of what the parent shell had loaded
# __envhook_told      what has been said about the directories on the way up
# __envhook_sessions  states written so far: id, content
# __envhook_most      how many fields of a file are read
# __envhook_old       says of a bash before 5.1 that it is old
# __envhook_mask      the user's umask while ours is in force
# __envhook_entry     our entry in PROMPT_COMMAND
# __envhook_order     the first entry of PROMPT_COMMAND as it was looked at last; _rival: the one that we went in front of
# __envhook_looked    that this prompt's look was taken already, as bash-preexec's function: a list, which allexport leaves alone
# __envhook_self      what tells this shell from every other one, once it was asked for

# --- entry points -------------------------------------------------------------------------------
__envhook_prompt() { # $1: the user's $_, so that bash finds it again as our last argument
  # shellcheck disable=SC2319
  builtin local __envhook_status="$?"
  [[ -n ${__envhook_status-} ]] || { __envhook_shadowed && return; }
  [[ -z ${1-} || -z ${__envhook_looked-} ]] || { __envhook_looked=('') && return "$__envhook_status"; }
  if [[ $- == *[aeufvxET]* ]]; then
    __envhook_uninterrupted __envhook_calmly __envhook_prompt ''
    return "$__envhook_status"
  fi
  [[ -z ${__envhook_old-} ]] || builtin local IFS=$' \t\n' 2>/dev/null
  # shellcheck disable=SC2128 # the first entry
  [[ ${PROMPT_COMMAND-} == "$__envhook_order" ]] || __envhook_reorder
  if [[ ${ENVHOOK_DISABLE-} == 1 ]]; then
    __envhook_uninterrupted __envhook_rest
  elif [[ $PWD != "$__envhook_pwd" ]] || ! __envhook_unchanged; then
    __envhook_uninterrupted __envhook_update
  fi
  return "$__envhook_status"
}

# Calls $1 with the arguments that follow, under options and an IFS of ours. What the options were is an argument, since an
# `unset` of all our names takes local variables, too.
__envhook_calmly() {
  builtin local IFS=$' \t\n' 2>/dev/null || [[ $1 == __envhook_take_down ]] || { __envhook_give_up && return; }
  builtin set -- "$-" "$@"
  builtin set +aeufvxET
  "${@:2}"
  builtin set -- "${1//[!aeufvxET]/}"
  [[ -z $1 ]] || builtin set "-$1"
}

# The same as the first of bash-preexec's functions, which come before our entry.
__envhook_precmd() {
  __envhook_prompt ''
  __envhook_looked=("$?")
  return "${__envhook_looked[0]}"
}

# Nothing here works while others can say what IFS is.
__envhook_give_up() {
  builtin printf 'envhook: IFS is read-only in this shell: nothing is loaded or unloaded\n' >&2
  __envhook_installed=('') __envhook_pwd=''
}

# Calls the function given and passes an interrupt on when it is done. In the middle of `a=(...)` one makes bash (seen in 5.2) run what is
# left between the parentheses as commands, and end. A user's trap keeps that away, too. Whether there is one shows without
# a process: `trap -p` fails if it has something to print and cannot. (With `>&-` for that, bash closes standard output
# for good when it has no descriptor left to keep it in.) What is left: some microseconds of `trap -` itself, in which bash
# has no handler and an interrupt ends it. Before 5.1 it has none for the rest of PROMPT_COMMAND: there it is not passed on.
__envhook_uninterrupted() {
  builtin local __envhook_interrupt=''
  [[ -n ${__envhook_installed[1]-} ]] || return 0 # a function that was replayed without its state
  if builtin trap -p INT 1</dev/null 2>&1; then
    builtin trap '__envhook_interrupt=1' INT
    "$@"
    builtin trap - INT
    [[ -z $__envhook_interrupt || -n $__envhook_old ]] || builtin kill -INT "${BASHPID-$$}"
  else
    "$@"
  fi
}

# What cd, pushd and popd call after the builtin. Inside a function or a sourced file the prompt does the
# work, so that a caller's local variable is never taken for the user's.
__envhook_moved() {
  ((${#FUNCNAME[@]} == 2)) && [[ ${ENVHOOK_BASH_CD-} != 0 ]] || return 0
  # shellcheck disable=SC2128
  [[ ${PROMPT_COMMAND-} == "$__envhook_order" ]] || __envhook_missed
  if [[ $PWD != "$__envhook_pwd" ]]; then # not `||`, whose status the prompt would take for the user's
    __envhook_prompt ''
  fi
}

# At a cd, when PROMPT_COMMAND is not what it was at our last prompt: if that is not because of an entry that calls us, and we
# are not in it, somebody has set it anew. Once we go back to it, the second time we say so.
__envhook_missed() {
  [[ $BASH_SUBSHELL == 0 && "${PROMPT_COMMAND[*]-}" != *__envhook_prompt* ]] || return 0
  if [[ -z ${__envhook_installed[2]-} ]]; then
    __envhook_installed[2]=1
    __envhook_register
  elif [[ -z ${__envhook_installed[3]-} ]]; then
    __envhook_installed[3]=1
    builtin printf 'envhook: PROMPT_COMMAND was set without envhook again: only cd loads and unloads, no prompt does\n' >&2
  fi
}

# Looks where our entry is after somebody has changed the first one: whoever came in front goes behind us, once for each
# value, so that nobody fights. Where it is not at all, somebody calls us from an entry of his own.
__envhook_reorder() {
  [[ $__envhook_order != - || ${ENVHOOK_BASH_CD-} == 0 ]] || __envhook_wrap_cd
  # shellcheck disable=SC2128
  if ! __envhook_join && [[ "${PROMPT_COMMAND[*]-}" == *"$__envhook_entry"* && ${PROMPT_COMMAND-} != "$__envhook_entry"* &&
    ${PROMPT_COMMAND-} != "$__envhook_rival" ]]; then
    __envhook_rival=${PROMPT_COMMAND-}
    __envhook_unregister
    __envhook_register
  fi
  # shellcheck disable=SC2128
  __envhook_order=${PROMPT_COMMAND-}
}

# True when bash-preexec is there. It puts itself first at every prompt and calls the functions in precmd_functions from
# there, so we become the first of them.
__envhook_join() {
  [[ "${PROMPT_COMMAND[*]-}" == *__bp_* ]] || return 1
  __envhook_among __envhook_precmd "${precmd_functions[@]}" && return 0
  builtin local __envhook_failure
  __envhook_may_list precmd_functions && precmd_functions=(__envhook_precmd "${precmd_functions[@]}")
}

# At the first prompt: a cd that somebody else has made a function (zoxide, rvm) becomes what ours calls.
__envhook_wrap_cd() {
  builtin declare -F cd >/dev/null || return 0
  builtin local __envhook_text
  __envhook_text=$(builtin declare -f cd)
  [[ $__envhook_text != *__envhook_moved* ]] || return 0
  builtin eval "__envhook_cd${__envhook_text#cd}"
  # Where functions are replayed without those whose names begin with `_`, that one is missing.
  # shellcheck disable=SC2164,SC2317
  cd() {
    if builtin declare -F __envhook_cd >/dev/null; then __envhook_cd "$@"; else builtin cd "$@"; fi
    builtin set -- "$?" # theirs may end with another failure than that of cd
    [[ -z ${__envhook_installed[1]-} ]] || __envhook_moved
    return "$1"
  }
}

# ENVHOOK_DISABLE=1: unload and rest.
__envhook_rest() {
  __envhook_pwd=''
  ((${#__envhook_layers[@]})) || return 0
  builtin local __envhook_now
  builtin local -a __envhook_before __envhook_blamed
  __envhook_before=("${__envhook_layers[@]}")
  __envhook_pop_to 0
  __envhook_session_write
  [[ ! -d $__envhook_run/heard ]] || __envhook_be_heard
  __envhook_report_gone
}

# A function called `builtin` stands before the builtins that everything here is made of.
__envhook_shadowed() {
  [[ $__envhook_told == shadowed ]] || printf 'envhook: a function called builtin is in the way; type: unset -f builtin\n' >&2
  __envhook_told=shadowed
}

# --- watching -----------------------------------------------------------------------------------
# Files are read through descriptor 9: an interrupt can leave a redirection in place, and in that of standard input bash
# would run what is in the file, allowed or not.

# True when every file that the last look depended on is as it was: what must not be a file, what must be the user's, the
# first lines of the records, the bytes of the files in force. A redirection of messages would cost as much as a file, so it
# is asked first whether one can be read. Of a file no more is read than it has to have and one character, and `read` tells
# a NUL from the end: what takes the place of an approved file may be endless.
__envhook_unchanged() {
  builtin local __envhook_i __envhook_file __envhook_bytes IFS=''
  for __envhook_i in "${__envhook_absent[@]}"; do
    [[ ! -f $__envhook_i ]] || return 1
  done
  for __envhook_i in "${__envhook_mine[@]}"; do
    [[ -O $__envhook_i ]] || return 1
  done
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_heads[@]}; __envhook_i += 2)); do
    __envhook_file=${__envhook_heads[__envhook_i]}
    [[ -f $__envhook_file && -r $__envhook_file && -O $__envhook_file && ! -L $__envhook_file ]] || return 1
    builtin read -r -d '' -n "${#__envhook_heads[__envhook_i + 1]}" -u 9 __envhook_bytes 9<"$__envhook_file"
    [[ $__envhook_bytes == "${__envhook_heads[__envhook_i + 1]}" ]] || return 1
  done
  ((${#__envhook_files[@]} == 0)) || [[ -n $__envhook_old ]] || { builtin local - && builtin set -f; }
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_files[@]}; __envhook_i += 2)); do
    __envhook_file=${__envhook_files[__envhook_i]}
    [[ -f $__envhook_file && -r $__envhook_file ]] || return 1
    ! builtin read -r -d '' -n "$((${#__envhook_files[__envhook_i + 1]} + 1))" -u 9 __envhook_bytes 9<"$__envhook_file" || return 1
    if [[ -n $__envhook_old ]]; then
      builtin [ "$__envhook_bytes" = "${__envhook_files[__envhook_i + 1]}" ] || return 1
    else
      # shellcheck disable=SC2086 # one word each without IFS and patterns, which costs a third of quoting
      builtin [ x$__envhook_bytes = x${__envhook_files[__envhook_i + 1]} ] || return 1
    fi
  done
  ((${#__envhook_slots[@]} == 0)) || __envhook_judge_slots
}

# True when the verdicts in the slots are what they were.
__envhook_judge_slots() {
  builtin local __envhook_i __envhook_now IFS=' '
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_slots[@]}; __envhook_i += 4)); do
    __envhook_judge "${__envhook_slots[__envhook_i]}" "${__envhook_slots[__envhook_i + 1]}" "${__envhook_slots[__envhook_i + 2]}"
    [[ $__envhook_now == "${__envhook_slots[__envhook_i + 3]}" ]] || return 1
  done
}

# Sets __envhook_now to the verdict on directory $1 with plan file $2 at offset $3 of the fields:
# none (no plan), stale (another approval or owner), load, block, or changed- and the offset of the first such file.
__envhook_judge() {
  __envhook_now=none
  if (($3 < 0)); then
    [[ ! -f $2 ]] || __envhook_now=stale
    return 0
  fi
  __envhook_now=stale
  builtin local __envhook_at="$3" __envhook_end __envhook_file
  __envhook_head "${__envhook_fields[$3 + 5]}" "${__envhook_fields[__envhook_at + 6]}" || return 0
  [[ $1 == "${__envhook_fields[__envhook_at + 4]}" || $1 -ef ${__envhook_fields[__envhook_at + 4]} ]] || return 0
  __envhook_whose "$1" || return 0
  [[ -z ${__envhook_fields[__envhook_at + 8]} ]] || __envhook_in_time "${__envhook_fields[__envhook_at + 8]}" || return 0
  __envhook_end=$((__envhook_at + 13 + 3 * __envhook_fields[__envhook_at + 12]))
  for ((__envhook_at += 13; __envhook_at < __envhook_end; __envhook_at += 3)); do
    __envhook_file=${1%/}/${__envhook_fields[__envhook_at]}
    if [[ ${__envhook_fields[__envhook_at + 1]} == - ]]; then
      [[ ! -f $__envhook_file ]] || break
    else
      [[ -f $__envhook_file ]] || break
      __envhook_same "$__envhook_file" "${__envhook_fields[__envhook_at + 2]}" || break
    fi
  done
  if ((__envhook_at < __envhook_end)); then
    __envhook_now=changed-$((__envhook_at - $3))
  else
    __envhook_now=${__envhook_fields[$3 + 2]}
    [[ ${__envhook_fields[$3 + 7]} != *' session='* ]] || __envhook_here "$3" || __envhook_now=block
  fi
}

# True when the plan at offset __envhook_at fits the owner of directory $1: what is loaded and the files that it comes from
# are the user's, or root's where nobody else can put another (`roots`); `foreign` is what is not the user's.
__envhook_whose() {
  [[ ${__envhook_fields[__envhook_at + 7]} != *' foreign '* || ! -O $1 ]] || return 1
  [[ ${__envhook_fields[__envhook_at + 2]} == load && ${__envhook_fields[__envhook_at + 7]} != *' roots '* ]] || return 0
  [[ -O $1 ]] || return 1
  builtin local __envhook_i="$((__envhook_at + 13))" __envhook_end="$((__envhook_at + 13 + 3 * __envhook_fields[__envhook_at + 12]))"
  for ((; __envhook_i < __envhook_end; __envhook_i += 3)); do
    # A file that is gone is a change, which is judged later.
    [[ ${__envhook_fields[__envhook_i + 1]} == - || -O ${1%/}/${__envhook_fields[__envhook_i]} || ! -e ${1%/}/${__envhook_fields[__envhook_i]} ]] ||
      return 1
  done
}

# True when the first line of approval record $1 is $2; an empty one: there is no record, or none that counts.
__envhook_head() {
  builtin local __envhook_bytes='' IFS=''
  [[ ! -f $1 ]] || ! __envhook_private "$1" ||
    builtin read -r -d '' -n "$((${#2} + 1))" -u 9 __envhook_bytes 2>/dev/null 9<"$1"
  [[ ${__envhook_bytes%$'\n'} == "$2" ]]
}

# True when path $1 is the user's, no link, and in a directory of the user's.
__envhook_private() { [[ -O $1 && ! -L $1 && -O ${1%/*} ]]; }

# True when the approval of the plan at offset $1, which is for one shell, is for this one or for its parent.
__envhook_here() {
  [[ -n $__envhook_self ]] || __envhook_identify
  [[ ${__envhook_fields[$1 + 7]} == *" session=$__envhook_self "* ]] || __envhook_among "${__envhook_fields[$1 + 6]}" "${__envhook_granted[@]}"
}

# Sets __envhook_self: process ids are used again, so with the time of the start, and of which boot.
__envhook_identify() {
  builtin local __envhook_stat='' __envhook_boot='' IFS=' '
  builtin local -a __envhook_parts
  if [[ -r /proc/$$/stat && -r /proc/sys/kernel/random/boot_id ]]; then
    builtin read -r -d '' -n 4096 -u 9 __envhook_stat 9<"/proc/$$/stat"
    builtin read -r -n 64 -u 9 __envhook_boot 9</proc/sys/kernel/random/boot_id
    # shellcheck disable=SC2206 # a letter and numbers
    __envhook_parts=(${__envhook_stat##*)})
    __envhook_self=$$-${__envhook_parts[19]-}-$__envhook_boot
  else
    __envhook_stat=$(LC_ALL=C TZ=UTC0 builtin command -p ps -o lstart= -p $$ 2>/dev/null)
    __envhook_self=$$-${__envhook_stat//[!A-Za-z0-9]/}
  fi
}

# True when file $1 holds the bytes $2. `[` compares bytes; [[ == ]] would match a pattern, ten times slower.
__envhook_same() {
  builtin local __envhook_bytes="$2-" IFS=''
  ! builtin read -r -d '' -n "$((${#2} + 1))" -u 9 __envhook_bytes 2>/dev/null 9<"$1" && builtin [ "$__envhook_bytes" = "$2" ]
}

# True while an approval with a time limit (seconds since 1970) holds.
__envhook_in_time() {
  builtin local __envhook_now
  __envhook_clock
  __envhook_number "$__envhook_now" && ((__envhook_now < $1))
}

# Sets __envhook_now to the seconds since 1970.
__envhook_clock() { builtin printf -v __envhook_now '%(%s)T' -1; }

# --- finding ------------------------------------------------------------------------------------
# Looks at everything again, from the directories above to the variables.
__envhook_update() {
  builtin local __envhook_now IFS=$' \t\n' || { __envhook_give_up && return; }
  builtin local -a __envhook_dirs __envhook_strange __envhook_way __envhook_missing __envhook_said __envhook_news
  builtin local -a __envhook_wanted __envhook_blamed
  __envhook_pwd='' # an interrupt from here on makes the next prompt look again
  [[ -z $__envhook_mask ]] || { builtin umask "$__envhook_mask" && __envhook_mask=''; }
  __envhook_absent=() __envhook_mine=() __envhook_heads=() __envhook_files=() __envhook_slots=()
  __envhook_find
  if ((${#__envhook_dirs[@]})); then
    __envhook_recall || __envhook_learn
  fi
  __envhook_absent+=("${__envhook_missing[@]}") __envhook_mine+=("${__envhook_way[@]}")
  ((${#__envhook_news[@]} == 0)) || __envhook_announce
  ((${#__envhook_wanted[@]} + ${#__envhook_layers[@]} == 0)) || __envhook_apply
  ((${#__envhook_news[@]} == 0)) || __envhook_announce
  __envhook_told=("${__envhook_said[@]}")
  __envhook_pwd=$PWD
}

# Reads the plans of the directories found and decides anew.
__envhook_learn() {
  __envhook_absent=() __envhook_mine=() __envhook_heads=() __envhook_files=() __envhook_wanted=()
  ((${#__envhook_layers[@]} || ${#__envhook_fields[@]} < 20000 && ${#__envhook_known[@]} < 200)) || __envhook_forget
  __envhook_read_plans
  __envhook_choose
  __envhook_watch
}

# Fills __envhook_dirs with the directories that have an env file, inner to outer: from the present one
# up to the home directory, or to / outside it. Fills __envhook_missing with the paths where there is none.
__envhook_find() {
  builtin local __envhook_at="${PWD%/}"
  while [[ -z $__envhook_at || $__envhook_at == /* ]]; do
    if [[ -e $__envhook_at/.env || -L $__envhook_at/.env || -f $__envhook_at/.env.local ]]; then
      __envhook_find_one
    else
      __envhook_missing+=("$__envhook_at/.env" "$__envhook_at/.env.local")
    fi
    [[ -n $__envhook_at && $__envhook_at != "$__envhook_home" ]] || break
    __envhook_at=${__envhook_at%/*}
  done
  ((${#__envhook_dirs[@]} == 0)) || builtin [ "${__envhook_dirs[${#__envhook_dirs[@]} - 1]}" = "$PWD" ] || __envhook_find_strange
}

# Of the directories on the way to the outermost one found, those that are not the user's join the ones found: only a plan
# can tell whether the climb goes on above. The others go to __envhook_way, as what must stay the user's.
__envhook_find_strange() {
  builtin local __envhook_at="${PWD%/}" __envhook_i=0
  builtin local -a __envhook_found
  while ((__envhook_i < ${#__envhook_dirs[@]})); do
    if builtin [ "${__envhook_at:-/}" = "${__envhook_dirs[__envhook_i]}" ]; then
      __envhook_found+=("${__envhook_dirs[__envhook_i++]}")
    elif [[ -O ${__envhook_at:-/} ]]; then
      __envhook_way+=("${__envhook_at:-/}")
    else
      __envhook_found+=("${__envhook_at:-/}")
      __envhook_strange+=("${__envhook_at:-/}")
    fi
    __envhook_at=${__envhook_at%/*}
  done
  __envhook_dirs=("${__envhook_found[@]}")
}

# The same for the one directory __envhook_at, where something is.
__envhook_find_one() {
  if [[ -f $__envhook_at/.env || -f $__envhook_at/.env.local ]]; then
    __envhook_dirs+=("${__envhook_at:-/}")
  else
    __envhook_missing+=("$__envhook_at/.env" "$__envhook_at/.env.local")
    __envhook_odd "$__envhook_at/.env"
  fi
}

# Says what a .env is that is no file. A directory of that name (a Python venv) is nobody's mistake, and
# what somebody else put there is not this user's business.
__envhook_odd() {
  builtin local __envhook_what=''
  if [[ -L $1 && ! -e $1 ]]; then
    __envhook_what='is a broken link'
  elif [[ ! -O $1 || -d $1 ]]; then
    return 0
  elif [[ -p $1 ]]; then
    __envhook_what='is a named pipe'
  elif [[ -S $1 ]]; then
    __envhook_what='is a socket'
  elif [[ -b $1 || -c $1 ]]; then
    __envhook_what='is a device'
  fi
  __envhook_shown "$1"
  __envhook_tell "$__envhook_now: ${__envhook_what:-is no regular file}; nothing is loaded from it, put a regular file there"
}

# --- plans --------------------------------------------------------------------------------------
# True when the plan of every directory found is known and fits: its record and its files have the bytes that it was
# made for. Fills __envhook_wanted and what is watched. A plan says the same as long as they have.
__envhook_recall() {
  builtin local __envhook_dir __envhook_i=-3 __envhook_at __envhook_root=''
  for __envhook_dir in "${__envhook_dirs[@]}"; do
    # They became known in the same order.
    [[ ${__envhook_known[__envhook_i += 3]-} == "$__envhook_dir" ]] ||
      for ((__envhook_i = ${#__envhook_known[@]} - 3; __envhook_i >= 0; __envhook_i -= 3)); do
        [[ ${__envhook_known[__envhook_i]} != "$__envhook_dir" ]] || break
      done
    ((__envhook_i >= 0)) && [[ -f ${__envhook_known[__envhook_i + 1]} ]] || return 1
    __envhook_at=${__envhook_known[__envhook_i + 2]}
    __envhook_watch_plan
    [[ -n $__envhook_root ]] || __envhook_wanted+=("$__envhook_at")
    [[ ${__envhook_fields[__envhook_at + 7]} != *' root '* ]] || __envhook_root=1
  done
  __envhook_unchanged || return 1
  ((${#__envhook_wanted[@]} < 2)) || __envhook_turn_round
}

# Puts __envhook_wanted, inner to outer, the other way round.
__envhook_turn_round() {
  builtin local __envhook_i
  builtin local -a __envhook_outer
  for ((__envhook_i = ${#__envhook_wanted[@]} - 1; __envhook_i >= 0; __envhook_i--)); do
    __envhook_outer+=("${__envhook_wanted[__envhook_i]}")
  done
  __envhook_wanted=("${__envhook_outer[@]}")
}

# Plans enough to fill the memory with are read again when they are needed.
__envhook_forget() {
  __envhook_fields=() __envhook_known=() __envhook_sessions=()
  __envhook_simple=() __envhook_names=() __envhook_tests=() __envhook_check=() __envhook_line=()
  builtin unset -v "${!__envhook_sets_@}" "${!__envhook_files_@}" "${!__envhook_misses_@}" "${!__envhook_mine_@}"
}

# Adds what the known plan at offset __envhook_at depends on to what is watched.
__envhook_watch_plan() {
  builtin local -n __envhook_one="__envhook_files_$__envhook_at" __envhook_two="__envhook_misses_$__envhook_at"
  builtin local -n __envhook_three="__envhook_mine_$__envhook_at"
  __envhook_heads+=("${__envhook_fields[__envhook_at + 5]}" "${__envhook_fields[__envhook_at + 6]}"$'\n')
  __envhook_mine+=("${__envhook_three[@]}")
  __envhook_files+=("${__envhook_one[@]}")
  __envhook_absent+=("${__envhook_two[@]}")
}

# After the plans were read: what of them the lists can tell goes there, the rest stays in the slots.
__envhook_watch() {
  builtin local __envhook_i __envhook_at __envhook_dir
  builtin local -a __envhook_rest
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_slots[@]}; __envhook_i += 4)); do
    __envhook_dir=${__envhook_slots[__envhook_i]} __envhook_at=${__envhook_slots[__envhook_i + 2]}
    if [[ ${__envhook_slots[__envhook_i + 3]} == load && $__envhook_dir == "${__envhook_fields[__envhook_at + 4]}" &&
      -z ${__envhook_fields[__envhook_at + 8]} && -n ${__envhook_fields[__envhook_at + 6]} ]]; then
      __envhook_watch_plan
      __envhook_known+=("$__envhook_dir" "${__envhook_slots[__envhook_i + 1]}" "$__envhook_at")
    else
      # Not a slice, for which bash copies the list.
      __envhook_rest+=("$__envhook_dir" "${__envhook_slots[__envhook_i + 1]}" "$__envhook_at" "${__envhook_slots[__envhook_i + 3]}")
    fi
  done
  __envhook_slots=("${__envhook_rest[@]}")
}

# Keeps the inputs of the plan at offset __envhook_at, which is directory $1's, as they are watched.
__envhook_keep() {
  builtin local __envhook_i __envhook_end __envhook_file="${__envhook_fields[__envhook_at + 5]}" __envhook_ours=''
  builtin local -n __envhook_one="__envhook_files_$__envhook_at" __envhook_two="__envhook_misses_$__envhook_at"
  builtin local -n __envhook_three="__envhook_mine_$__envhook_at"
  [[ ${__envhook_fields[__envhook_at + 7]} == *' roots '* ]] || __envhook_ours=1
  __envhook_one=() __envhook_two=() __envhook_three=("${__envhook_file%/*}" ${__envhook_ours:+"$1"})
  ((__envhook_i = __envhook_at + 13, __envhook_end = __envhook_i + 3 * __envhook_fields[__envhook_at + 12]))
  for ((; __envhook_i < __envhook_end; __envhook_i += 3)); do
    __envhook_file=${1%/}/${__envhook_fields[__envhook_i]}
    if [[ ${__envhook_fields[__envhook_i + 1]} == - ]]; then
      __envhook_two+=("$__envhook_file")
    else
      __envhook_one+=("$__envhook_file" "${__envhook_fields[__envhook_i + 2]}")
      [[ -z $__envhook_ours ]] || __envhook_three+=("$__envhook_file")
    fi
  done
}

# Reads the plan of every directory found; has Node make the missing ones, all in one run, and reads again. How deep a
# directory is names its plan: counted once, since bash takes the square of a path's length for that.
__envhook_read_plans() {
  builtin local __envhook_dir __envhook_i __envhook_at="${PWD%/}" __envhook_deep="${PWD%/}"
  builtin local -a __envhook_ask __envhook_depths
  __envhook_deep=${__envhook_deep//[!\/]/}
  __envhook_deep=${#__envhook_deep}
  for __envhook_dir in "${__envhook_dirs[@]}"; do
    until builtin [ "${__envhook_at:-/}" = "$__envhook_dir" ]; do
      __envhook_at=${__envhook_at%/*}
      ((__envhook_deep--))
    done
    __envhook_depths+=("$__envhook_deep")
    __envhook_read_plan "$__envhook_dir" "$__envhook_deep"
    __envhook_unknown "$__envhook_dir" || continue
    # Before the run: an interrupted or failed one is not repeated at every prompt.
    [[ ${__envhook_vain[__envhook_deep]-} == *"//$__envhook_dir//"* ]] || {
      __envhook_ask+=("$__envhook_dir")
      __envhook_vain[__envhook_deep]+=//$__envhook_dir//
    }
  done
  ((${#__envhook_ask[@]})) || return 0
  __envhook_compile "${__envhook_ask[@]}"
  __envhook_slots=()
  for __envhook_i in "${!__envhook_dirs[@]}"; do
    __envhook_dir=${__envhook_dirs[__envhook_i]} __envhook_deep=${__envhook_depths[__envhook_i]}
    __envhook_read_plan "$__envhook_dir" "$__envhook_deep"
    # 3.2 takes slashes between quotes for something else.
    __envhook_unknown "$__envhook_dir" || __envhook_vain[__envhook_deep]=${__envhook_vain[__envhook_deep]//\/\/"$__envhook_dir"\/\//}
  done
}

# True when only Node can say what __envhook_now, the verdict on directory $1 just reached, means: no plan fits, or a file is
# not what the plan was made for and that is not known to be refused, or Node could not compare what was consented to.
__envhook_unknown() {
  builtin local __envhook_at="${__envhook_slots[${#__envhook_slots[@]} - 2]}"
  case $__envhook_now in
    none) return 0 ;;
    changed-*)
      [[ ${__envhook_fields[__envhook_at + 2]} == block || ${__envhook_fields[__envhook_at + 7]} == *' always '* ]] ||
        __envhook_among "$1" "${__envhook_strange[@]}"
      ;;
    *) [[ ${__envhook_fields[__envhook_at + 7]} == *' unsure '* ]] ;;
  esac
}

# Appends the plan of directory $1, so many deep ($2), to the fields and its slot to the slots.
__envhook_read_plan() {
  builtin local __envhook_at="${#__envhook_fields[@]}" __envhook_file="$__envhook_run/plans${1%/}/.envhook-plan"
  __envhook_now=stale
  if [[ -f $__envhook_file && -O $__envhook_run && ! -L $__envhook_run ]] && __envhook_private "$__envhook_file"; then
    __envhook_read "$__envhook_file"
    __envhook_whole "$__envhook_at" "$1" && __envhook_judge "$1" "$__envhook_file" "$__envhook_at"
    ((${#__envhook_fields[@]} - __envhook_at < __envhook_most)) ||
      __envhook_tell "${__envhook_fields[__envhook_at + 9]}: too many references for a shell; nothing is loaded from it"
  fi
  if [[ $__envhook_now == stale ]]; then # unfit: as if it were not there
    ((${#__envhook_fields[@]} == __envhook_at)) || __envhook_fields=("${__envhook_fields[@]:0:__envhook_at}")
    __envhook_at=-1 __envhook_now=none
  elif [[ $__envhook_now == load ]]; then
    __envhook_keep "$1"
  fi
  __envhook_slots+=("$1" "$__envhook_file" "$__envhook_at" "$__envhook_now")
}

# Appends the NUL-separated fields of file $1 to __envhook_fields, not without end.
__envhook_read() {
  builtin mapfile -d '' -t -n "$__envhook_most" -O "${#__envhook_fields[@]}" -u 9 __envhook_fields 2>/dev/null 9<"$1"
}

# True when the fields from offset $1 on are one complete plan for directory $2, to the end mark.
__envhook_whole() {
  builtin local __envhook_at="$1" __envhook_count="${#__envhook_fields[@]}" __envhook_vars
  ((__envhook_count - __envhook_at >= 16)) || return 1
  [[ ${__envhook_fields[__envhook_at]} == envhook-plan && ${__envhook_fields[__envhook_at + 1]} == 2 &&
    (${__envhook_fields[__envhook_at + 2]} == load || ${__envhook_fields[__envhook_at + 2]} == block) ]] || return 1
  # A disk that ignores case has one plan for all spellings of a path.
  [[ ${__envhook_fields[__envhook_at + 3]} == "$2" ]] ||
    { [[ $2 -ef ${__envhook_fields[__envhook_at + 3]} ]] && __envhook_fields[__envhook_at + 3]=$2; } || return 1
  [[ -z ${__envhook_fields[__envhook_at + 8]} ]] || __envhook_number "${__envhook_fields[__envhook_at + 8]}" || return 1
  __envhook_number "${__envhook_fields[__envhook_at + 12]}" || return 1
  ((__envhook_at += 13 + 3 * __envhook_fields[__envhook_at + 12]))
  ((__envhook_at + 1 < __envhook_count)) && __envhook_number "${__envhook_fields[__envhook_at]}" || return 1
  [[ ${__envhook_fields[__envhook_at + 1]} != *[!0-9\ ]* ]] || return 1
  __envhook_vars=${__envhook_fields[__envhook_at]}
  __envhook_gather "$1" && return 0
  for ((__envhook_at += 2; __envhook_vars > 0; __envhook_vars--)); do
    ((__envhook_at + 2 < __envhook_count)) || return 1
    if [[ ${__envhook_fields[__envhook_at]} != text ]]; then
      __envhook_number "${__envhook_fields[__envhook_at + 2]}" || return 1
      ((__envhook_at += 3 * __envhook_fields[__envhook_at + 2]))
    fi
    ((__envhook_at += 3))
  done
  ((__envhook_at == __envhook_count - 1)) && [[ ${__envhook_fields[__envhook_at]} == envhook-end ]]
}

# True when the rest of the plan at offset $1, from the count of variables at __envhook_at on, is plain text under names
# that can be set, small enough to fit anyhow, and the end mark. Keeps what is the same at every load of it. One text
# for `eval` tells of all names together, which are names by then.
__envhook_gather() {
  builtin local __envhook_i="$((__envhook_at + 2))" __envhook_end="$((__envhook_at + 2 + 3 * __envhook_vars))" __envhook_name
  builtin local __envhook_all='' __envhook_is='' __envhook_refers='' __envhook_has='' __envhook_text=''
  [[ ${__envhook_fields[__envhook_end]-} == envhook-end ]] &&
    ((__envhook_vars > 0 && __envhook_end == ${#__envhook_fields[@]} - 1)) || return 1
  builtin local -n __envhook_own="__envhook_sets_$1"
  __envhook_own=()
  for ((; __envhook_i < __envhook_end; __envhook_i += 3)); do
    [[ ${__envhook_fields[__envhook_i]} == text ]] || return 1
    __envhook_name=${__envhook_fields[__envhook_i + 1]}
    __envhook_own+=("$__envhook_name=${__envhook_fields[__envhook_i + 2]}")
    __envhook_all+=/$__envhook_name __envhook_refers+=" || -R $__envhook_name"
    __envhook_is+="\${$__envhook_name+x}\${$__envhook_name@a}"
    __envhook_has+="\${$__envhook_name@a}\${#$__envhook_name}:\$$__envhook_name/"
    __envhook_text+="x${#__envhook_fields[__envhook_i + 2]}:${__envhook_fields[__envhook_i + 2]}/"
  done
  __envhook_name=${__envhook_all//[!\/]/} # a slash in a name would make it two
  [[ ${#__envhook_name} == "$__envhook_vars" && ${#__envhook_text} -le 65536 && $__envhook_all != *[!A-Za-z0-9_/]* &&
    $__envhook_all/ != *//* && $__envhook_all != */[0-9]* && $__envhook_all != */[Ee][Nn][Vv][Hh][Oo][Oo][Kk]_* &&
    $__envhook_all != */__[Ee][Nn][Vv][Hh][Oo][Oo][Kk]_* ]] || return 1
  __envhook_tests[$1]="__envhook_now=\"$__envhook_is\"; [[ ${__envhook_refers# || } ]] && __envhook_now=reference"
  __envhook_check[$1]="__envhook_now=\"$__envhook_has\""
  __envhook_names[$1]=${__envhook_all#/} __envhook_simple[$1]=$__envhook_text
  __envhook_signs_of "$1"
}

# The part of the message that names what the plan at offset $1 sets, when all of it is new: the first ten.
__envhook_signs_of() {
  builtin local __envhook_i __envhook_count=0 __envhook_text='' IFS=' '
  for __envhook_i in ${__envhook_fields[__envhook_at + 1]}; do
    ((++__envhook_count <= 10)) || break
    __envhook_text+=" +${__envhook_fields[__envhook_at + 3 + 3 * __envhook_i]}"
  done
  ((__envhook_vars <= 10)) || __envhook_text+=" and $((__envhook_vars - 10)) more"
  __envhook_line[$1]=${__envhook_text# }
}

# True for a number that arithmetic may see: digits without a leading zero, and not too many.
__envhook_number() { [[ $1 == 0 || $1 == [1-9]* && $1 != *[!0-9]* && ${#1} -le 11 ]]; }

# Has Node make the plans of the directories given. What the shell's variables tell Node, its loader and its
# libraries is not meant for this process: it gets them under other names (bin/envhook).
__envhook_compile() {
  if [[ ! -x $__envhook_node || ! -f $__envhook_main ]]; then
    __envhook_tell "Node or envhook is no longer where it was; open a new shell, or install envhook again"
    return 0
  fi
  (
    builtin local __envhook_name __envhook_saved='' IFS=' '
    for __envhook_name in $__envhook_kept_back; do
      [[ -n ${!__envhook_name+x} ]] || continue
      builtin export "__ENVHOOK_SAVED_$__envhook_name=${!__envhook_name}"
      __envhook_saved+=" $__envhook_name"
      builtin unset -v "$__envhook_name"
    done
    builtin export __ENVHOOK_SAVED="${__envhook_saved# }"
    builtin exec "$__envhook_node" "$__envhook_main" compile "$__envhook_data" "$__envhook_run" "$__envhook_home" "$@"
  ) </dev/null >&2
}

# --- choosing -----------------------------------------------------------------------------------
# Fills __envhook_wanted with the offsets of the plans to load, outer to inner, and says why the rest is not.
__envhook_choose() {
  builtin local __envhook_i __envhook_at
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_slots[@]}; __envhook_i += 4)); do
    __envhook_at=${__envhook_slots[__envhook_i + 2]}
    ((__envhook_at < 0)) || [[ ${__envhook_slots[__envhook_i + 3]} != block || ${__envhook_fields[__envhook_at + 7]} != *' foreign '* ]] || break
    ! __envhook_among "${__envhook_slots[__envhook_i]}" "${__envhook_strange[@]}" || continue
    case ${__envhook_slots[__envhook_i + 3]} in
      load)
        __envhook_wanted+=("$__envhook_at")
        [[ ${__envhook_fields[__envhook_at + 7]} != *' root '* ]] || break
        ;;
      block)
        [[ -n ${__envhook_fields[__envhook_at + 11]} ]] || continue
        __envhook_blame "${__envhook_slots[__envhook_i]}" "${__envhook_fields[__envhook_at + 11]}"
        ;;
      changed-*)
        [[ ${__envhook_fields[__envhook_at + 2]} == load ]] || continue
        __envhook_changed "${__envhook_slots[__envhook_i]}" "$__envhook_at" "$((__envhook_at + ${__envhook_slots[__envhook_i + 3]#changed-}))"
        __envhook_blame "${__envhook_slots[__envhook_i]}" "$__envhook_now; look: envhook diff, accept: envhook allow"
        ;;
    esac
  done
  __envhook_turn_round
}

# Sets __envhook_now to what happened to the input at offset $3 of directory $1's plan at $2.
__envhook_changed() {
  builtin local __envhook_name="${__envhook_fields[$3]}"
  if [[ ${__envhook_fields[$3 + 1]} == - ]]; then
    __envhook_now='is new since you allowed this directory'
  elif [[ -f ${1%/}/$__envhook_name ]]; then
    __envhook_now='changed since you allowed it'
  else
    __envhook_now='is gone since you allowed it'
  fi
  __envhook_now="${__envhook_fields[$2 + 10]}/$__envhook_name $__envhook_now"
  [[ ! -f ${1%/}/$__envhook_name ]] || __envhook_differences "${__envhook_fields[$3 + 2]}" "${1%/}/$__envhook_name"
}

# Appends to __envhook_now, in parentheses, the names whose lines differ between the approved text $1 and file $2. An
# aid for the eye, without a process: a value of several lines is `envhook diff`'s.
__envhook_differences() {
  builtin local __envhook_line __envhook_olds=' ' __envhook_news=' ' IFS=$'\n'
  builtin local __envhook_form='^[[:blank:]]*(export[[:blank:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:blank:]]*='
  builtin local __envhook_text=''
  builtin local -a __envhook_marks
  ((${#1} <= 16384)) || return 0
  ! IFS='' builtin read -r -d '' -n "$((16385 - ${#1}))" -u 9 __envhook_text 2>/dev/null 9<"$2" || return 0
  builtin set -f
  for __envhook_line in $1; do
    [[ ! $__envhook_line =~ $__envhook_form ]] || __envhook_olds+="${BASH_REMATCH[2]} "
  done
  for __envhook_line in $__envhook_text; do
    [[ $__envhook_line =~ $__envhook_form ]] || continue
    __envhook_news+="${BASH_REMATCH[2]} "
    [[ $'\n'$1$'\n' != *$'\n'"$__envhook_line"$'\n'* ]] || continue
    if [[ $__envhook_olds == *" ${BASH_REMATCH[2]} "* ]]; then
      __envhook_mark '~' "${BASH_REMATCH[2]}"
    else
      __envhook_mark + "${BASH_REMATCH[2]}"
    fi
  done
  IFS=' '
  for __envhook_line in $__envhook_olds; do
    [[ $__envhook_news == *" $__envhook_line "* ]] || __envhook_mark - "$__envhook_line"
  done
  builtin set +f
  ((${#__envhook_marks[@]} <= 10)) ||
    __envhook_marks=("${__envhook_marks[@]:0:10}" "and $((${#__envhook_marks[@]} - 10)) more")
  ((${#__envhook_marks[@]} == 0)) || __envhook_now+=" (${__envhook_marks[*]})"
}

# Puts sign $1 and name $2 into __envhook_marks, by name.
__envhook_mark() {
  builtin local __envhook_i="${#__envhook_marks[@]}" LC_ALL=C
  while ((__envhook_i > 0)) && [[ ${__envhook_marks[__envhook_i - 1]:1} > $2 ]]; do
    __envhook_marks[__envhook_i]=${__envhook_marks[__envhook_i - 1]}
    ((__envhook_i--))
  done
  __envhook_marks[__envhook_i]=$1$2
}

# Takes the loaded directories to what is wanted: unloads down to the first difference, loads the rest.
__envhook_apply() {
  builtin local __envhook_keep=0 __envhook_at __envhook_back=0 __envhook_crowd=''
  builtin local -a __envhook_before
  for __envhook_at in "${__envhook_wanted[@]}"; do
    [[ ${__envhook_layers[__envhook_keep]-} == "${__envhook_fields[__envhook_at + 3]}" &&
      ${__envhook_layers[__envhook_keep + 1]-} == "${__envhook_fields[__envhook_at + 6]}" ]] || break
    ((__envhook_keep += 4))
  done
  ((__envhook_keep < ${#__envhook_layers[@]} || __envhook_keep / 4 < ${#__envhook_wanted[@]})) || return 0
  if ((__envhook_keep < ${#__envhook_layers[@]})); then
    __envhook_before=("${__envhook_layers[@]}")
    __envhook_pop_to "$__envhook_keep"
  fi
  ((${#__envhook_wanted[@]} - __envhook_keep / 4 <= 10)) || __envhook_crowd=0
  for __envhook_at in "${__envhook_wanted[@]:__envhook_keep / 4}"; do
    __envhook_push_new || __envhook_push "$__envhook_at"
  done
  ((__envhook_crowd == 0)) || builtin printf 'envhook: loaded %s directories; look: envhook status\n' "$__envhook_crowd" >&2
  __envhook_session_write
  [[ ! -d $__envhook_run/heard ]] || __envhook_be_heard
  ((${#__envhook_before[@]} == 0)) || __envhook_report_gone
}

# --- loading ------------------------------------------------------------------------------------
# Loads the plan at offset $1. All values are worked out and all names checked before the first is set, and
# all undo entries stand before that, too: an interrupt leaves a layer without a head, which the next
# prompt takes back.
__envhook_push() {
  builtin local __envhook_failure='' __envhook_layer="${#__envhook_layers[@]}"
  builtin local -a __envhook_names __envhook_values __envhook_prefixes __envhook_suffixes __envhook_sets __envhook_entries __envhook_signs
  if ! __envhook_work_out "$1" || ! __envhook_examine; then
    __envhook_blame "${__envhook_fields[$1 + 3]}" "${__envhook_fields[$1 + 9]}: $__envhook_failure; nothing is loaded from it"
    return 0
  fi
  __envhook_layers+=("${__envhook_fields[$1 + 3]}" '' "${__envhook_fields[$1 + 9]}" "${#__envhook_undo[@]}")
  __envhook_undo+=("${__envhook_entries[@]}")
  ((${#__envhook_sets[@]} == 0)) || __envhook_export "${__envhook_sets[@]}"
  __envhook_layers[__envhook_layer + 1]=${__envhook_fields[$1 + 6]}
  __envhook_report_loaded "$1"
}

# Loads the plan at offset __envhook_at at once if all of it is plain text and none of its names is anything yet.
__envhook_push_new() {
  [[ -n ${__envhook_simple[__envhook_at]-} ]] || return 1
  builtin local __envhook_now __envhook_layer="${#__envhook_layers[@]}"
  # shellcheck disable=SC2178 # a name reference
  builtin local -n __envhook_own="__envhook_sets_$__envhook_at"
  builtin eval "${__envhook_tests[__envhook_at]}"
  [[ -z $__envhook_now ]] || return 1
  __envhook_fresh[__envhook_layer]=$__envhook_at
  __envhook_layers+=("${__envhook_fields[__envhook_at + 3]}" '' "${__envhook_fields[__envhook_at + 9]}" "${#__envhook_undo[@]}")
  __envhook_export "${__envhook_own[@]}"
  __envhook_layers[__envhook_layer + 1]=${__envhook_fields[__envhook_at + 6]}
  if [[ ${ENVHOOK_LOG-} != off && ${ENVHOOK_LOG-} != error && ${__envhook_fields[__envhook_at + 7]} != *' silent '* && $BASH_SUBSHELL == 0 ]] &&
    { ((${#__envhook_before[@]} == 0)) || ! __envhook_returns "$__envhook_at"; }; then
    [[ -z $__envhook_crowd ]] || {
      ((++__envhook_crowd))
      return 0
    }
    builtin printf 'envhook: loaded %s (%s)\n' "${__envhook_fields[__envhook_at + 9]}" "${__envhook_line[__envhook_at]}" >&2
  fi
}

# Sets and exports each NAME=VALUE given. A name reference that leads nowhere yet becomes a plain variable, and so does one
# that is an integer, too, of which bash tells neither: a value would be computed, commands in it run.
__envhook_export() { builtin declare -gx +in "$@"; }

# Fills __envhook_names (empty: evaluated only) and __envhook_values from the plan at offset $1, against the
# environment as it is now; false with __envhook_failure when that cannot be. What would be another value than the one
# consented to has neither name nor value.
__envhook_work_out() {
  builtin local __envhook_at __envhook_end __envhook_n=0 __envhook_size=0 __envhook_name __envhook_value __envhook_other
  builtin local -a __envhook_left_out
  __envhook_at=$(($1 + 15 + 3 * __envhook_fields[$1 + 12])) # by itself: bash 4.2 falls over an assignment after an array's element
  __envhook_end=${__envhook_fields[__envhook_at - 2]}
  for ((; __envhook_n < __envhook_end; __envhook_n++, __envhook_at += 3)); do
    __envhook_name=${__envhook_fields[__envhook_at + 1]}
    [[ ${__envhook_fields[__envhook_at]} == hidden ]] || __envhook_names[__envhook_n]=$__envhook_name
    __envhook_other=''
    if [[ ${__envhook_fields[__envhook_at]} == text ]]; then
      __envhook_values[__envhook_n]=${__envhook_fields[__envhook_at + 2]}
    else
      __envhook_run_steps "$((__envhook_at + 3))" "${__envhook_fields[__envhook_at + 2]}" || return 1
      __envhook_values[__envhook_n]=$__envhook_value
      ((__envhook_at += 3 * __envhook_fields[__envhook_at + 2]))
      [[ -z $__envhook_other ]] || __envhook_leave_out "$1"
    fi
    ((__envhook_size += ${#__envhook_name} + ${#__envhook_values[__envhook_n]} + 2))
  done
  ((__envhook_size <= 65536)) || __envhook_fits
}

# Leaves __envhook_name, the entry __envhook_n of the plan at offset $1, out and says so.
__envhook_leave_out() {
  __envhook_left_out[__envhook_n]=$__envhook_name
  builtin unset -v '__envhook_names[__envhook_n]' '__envhook_values[__envhook_n]' '__envhook_prefixes[__envhook_n]' '__envhook_suffixes[__envhook_n]'
  __envhook_tell "${__envhook_fields[$1 + 9]}: $__envhook_name is left out, since its value is not the one you consented to; look: envhook diff, accept: envhook allow"
}

# Works out a value of $2 steps from offset $1 (src/plan.ts) into __envhook_value; of an addition its prefix
# and suffix, too. Sets __envhook_other if it is not what was consented to.
__envhook_run_steps() {
  builtin local __envhook_at __envhook_end="$(($1 + 3 * $2))" __envhook_self='' __envhook_kind __envhook_operand __envhook_is __envhook_text
  __envhook_value=''
  for ((__envhook_at = $1; __envhook_at < __envhook_end; __envhook_at += 3)); do
    __envhook_kind=${__envhook_fields[__envhook_at]} __envhook_operand=${__envhook_fields[__envhook_at + 1]}
    __envhook_number "${__envhook_fields[__envhook_at + 2]}" || return 1
    [[ $__envhook_kind != s ]] || __envhook_operand=$__envhook_name
    [[ $__envhook_kind == [t=!] ]] || __envhook_look_up
    case $__envhook_kind:$__envhook_is in
      t:*) __envhook_value+=$__envhook_operand ;;
      =:*) builtin [ "${__envhook_value:__envhook_self}" = "$__envhook_operand" ] || __envhook_other=1 ;;
      !:*) __envhook_other=1 ;;
      $:unset) __envhook_value+=\$$__envhook_operand ;;
      [$\{]:*) __envhook_value+=$__envhook_text ;;
      s:*)
        __envhook_prefixes[__envhook_n]=$__envhook_value
        __envhook_value+=$__envhook_text
        __envhook_self=${#__envhook_value}
        ;;
      *[-?]:full | [-?]:empty)
        __envhook_value+=$__envhook_text
        ((__envhook_at += 3 * __envhook_fields[__envhook_at + 2]))
        ;;
      *\?:*)
        __envhook_failure="$__envhook_name needs ${__envhook_fields[__envhook_at + 4]}"
        return 1
        ;;
      *+:unset | :+:empty) ((__envhook_at += 3 * __envhook_fields[__envhook_at + 2])) ;;
    esac
  done
  [[ -z $__envhook_self ]] || __envhook_suffixes[__envhook_n]=${__envhook_value:__envhook_self}
  ((${#__envhook_value} <= 32768)) && return 0
  __envhook_failure="$__envhook_name would be longer than 32 KiB"
  return 1
}

# Sets __envhook_is (unset, empty, full) and __envhook_text for __envhook_operand: @N is the Nth value of this
# plan, everything else a name in the shell.
__envhook_look_up() {
  __envhook_is=unset __envhook_text=''
  if [[ $__envhook_operand == @* ]]; then
    __envhook_number "${__envhook_operand#@}" || return 0
    if [[ -n ${__envhook_left_out[${__envhook_operand#@}]+x} ]]; then
      __envhook_operand=${__envhook_left_out[${__envhook_operand#@}]}
      return 0
    fi
    __envhook_is=empty __envhook_text=${__envhook_values[${__envhook_operand#@}]-}
  elif __envhook_is_name "$__envhook_operand" && [[ -n ${!__envhook_operand+x} ]]; then
    __envhook_is=empty __envhook_text=${!__envhook_operand}
  fi
  [[ -z $__envhook_text ]] || __envhook_is=full
}

# True for what bash may take for a variable's name and nothing else, and is not ours in any case.
__envhook_is_name() {
  [[ $1 == [A-Za-z_]* && $1 != *[!A-Za-z0-9_]* && $1 != [Ee][Nn][Vv][Hh][Oo][Oo][Kk]_* && $1 != __[Ee][Nn][Vv][Hh][Oo][Oo][Kk]_* ]]
}

# True when the environment with __envhook_size more bytes can still be handed to a program. Without /proc it is macOS, which
# takes 1 MiB with the arguments. Before bash 4.4, and there, a process counts.
__envhook_fits() {
  builtin local -a __envhook_parts
  builtin local IFS='' __envhook_most=1048576 __envhook_text='1 MiB'
  [[ -r /proc/self/environ ]] || __envhook_most=524288 __envhook_text='512 KiB'
  if builtin mapfile -d '' -u 9 __envhook_parts 2>/dev/null 9</proc/self/environ; then
    __envhook_value="${__envhook_parts[*]}"
  else
    __envhook_value=$(builtin export -p)
  fi
  ((__envhook_size += ${#__envhook_value}, __envhook_size <= __envhook_most)) && return 0
  __envhook_failure="the environment would be larger than $__envhook_text"
  return 1
}

# Fills __envhook_entries (undo), __envhook_sets and __envhook_signs for the names and values; false with
# __envhook_failure when this shell cannot hold one. Quoted values are not inert: a[$(cmd)] assigned to an integer
# variable runs cmd. So a name's form is checked, then the attributes of the variable that it names.
__envhook_examine() {
  builtin local __envhook_n __envhook_i=0 __envhook_name __envhook_value
  builtin local -a __envhook_letters
  for __envhook_n in "${!__envhook_names[@]}"; do
    __envhook_is_name "${__envhook_names[__envhook_n]}" && continue
    __envhook_failure='the plan names what is no variable'
    return 1
  done
  ((${#__envhook_names[@]} == 0)) || __envhook_ask "${__envhook_names[@]}"
  for __envhook_n in "${!__envhook_names[@]}"; do
    __envhook_name=${__envhook_names[__envhook_n]} __envhook_value=${__envhook_values[__envhook_n]}
    __envhook_plain "${__envhook_letters[__envhook_i]}" || return 1
    __envhook_sets+=("$__envhook_name=$__envhook_value")
    if [[ -z ${!__envhook_name+x} ]]; then
      __envhook_entries+=("$__envhook_name" unset) __envhook_signs[__envhook_n]=+
    else
      [[ ${!__envhook_name} == "$__envhook_value" ]] || __envhook_signs[__envhook_n]='~'
      if [[ ${__envhook_letters[__envhook_i]} == *x* ]]; then
        __envhook_entries+=("$__envhook_name" export)
      else
        __envhook_entries+=("$__envhook_name" shell)
      fi
    fi
    __envhook_entries+=("${!__envhook_name-}" "$__envhook_value" "${__envhook_prefixes[__envhook_n]-}" "${__envhook_suffixes[__envhook_n]-}")
    ((++__envhook_i))
  done
}

# Fills __envhook_letters with the attributes of the variables named, whose names have been checked.
__envhook_ask() {
  builtin local __envhook_text
  [[ -z $__envhook_old ]] || ! __envhook_declared "$@" || return 0
  # shellcheck disable=SC2016 # text for eval
  builtin printf -v __envhook_text ' "${%s@a}"' "$@"
  builtin eval "__envhook_letters=($__envhook_text)"
}

# True when __envhook_name, with the attribute letters $1, is a plain variable; else says in __envhook_failure what it is.
__envhook_plain() {
  [[ $1 == *[!tx]* ]] || __envhook_is_reference || return 0
  case $1 in
    *r*) __envhook_failure="$__envhook_name is read-only in this shell" ;;
    *[aA]*) __envhook_failure="$__envhook_name is an array in this shell" ;;
    *i*) __envhook_failure="$__envhook_name is an integer variable in this shell" ;;
    *[luc]*) __envhook_failure="$__envhook_name changes case in this shell" ;;
    *) __envhook_failure="$__envhook_name is a name reference in this shell" ;;
  esac
  return 1
}

# True when __envhook_name is a name reference, of which the attribute letters say nothing.
__envhook_is_reference() { builtin [ -R "$__envhook_name" ]; }

# --- undoing ------------------------------------------------------------------------------------
# Unloads every layer from index $1 on, inner first. Entries go after their variables are back: an
# interrupt before that makes the next prompt do it again, which changes nothing more.
__envhook_pop_to() {
  builtin local __envhook_layer __envhook_first
  for ((__envhook_layer = ${#__envhook_layers[@]} - 4; __envhook_layer >= $1; __envhook_layer -= 4)); do
    __envhook_first=${__envhook_layers[__envhook_layer + 3]}
    __envhook_pop_new || __envhook_pop
    if ((__envhook_layer)); then
      while ((${#__envhook_layers[@]} > __envhook_layer)); do builtin unset -v "__envhook_layers[${#__envhook_layers[@]} - 1]"; done
      while ((${#__envhook_undo[@]} > __envhook_first)); do builtin unset -v "__envhook_undo[${#__envhook_undo[@]} - 1]"; done
    else
      __envhook_layers=() __envhook_undo=() __envhook_fresh=()
    fi
  done
}

# Puts the variables of the last layer back at once if none of them was anything and nobody changed one since.
__envhook_pop_new() {
  [[ -n ${__envhook_fresh[__envhook_layer]-} ]] || return 1
  builtin local __envhook_now __envhook_at="${__envhook_fresh[__envhook_layer]}" IFS=/
  builtin eval "${__envhook_check[__envhook_at]}"
  if builtin [ "$__envhook_now" != "${__envhook_simple[__envhook_at]}" ]; then
    __envhook_enter_new "$__envhook_at" __envhook_undo
    __envhook_fresh[__envhook_layer]=''
    return 1
  fi
  # shellcheck disable=SC2086 # names between slashes
  builtin unset -v ${__envhook_names[__envhook_at]}
  __envhook_fresh[__envhook_layer]=''
}

# Appends the undo entries of the plan at offset $1, of which no name was anything, to the list $2.
__envhook_enter_new() {
  builtin local __envhook_one
  # shellcheck disable=SC2178 # a name reference
  builtin local -n __envhook_own="__envhook_sets_$1" __envhook_to="$2"
  for __envhook_one in "${__envhook_own[@]}"; do
    __envhook_to+=("${__envhook_one%%=*}" unset '' "${__envhook_one#*=}" '' '')
  done
}

# Puts the variables of the last layer back one by one.
__envhook_pop() {
  builtin local __envhook_i
  builtin local -a __envhook_unsets __envhook_sets __envhook_hides
  for ((__envhook_i = __envhook_first; __envhook_i < ${#__envhook_undo[@]}; __envhook_i += 6)); do
    __envhook_restore "${__envhook_undo[__envhook_i]}"
  done
  {
    ((${#__envhook_unsets[@]} == 0)) || builtin unset -v "${__envhook_unsets[@]}"
    ((${#__envhook_sets[@]} == 0)) || __envhook_export "${__envhook_sets[@]}"
    ((${#__envhook_hides[@]} == 0)) || __envhook_hide "${__envhook_hides[@]}"
  } 2>/dev/null # what was made read-only meanwhile cannot be put back
}

# Sets each NAME=VALUE given as a shell variable that is not exported.
__envhook_hide() { builtin declare -g +xi "$@"; }

# Decides how $1 gets back to what the undo entry at __envhook_i says. What the user changed meanwhile stays as it is,
# less the items that the directory added to a list.
__envhook_restore() {
  builtin local __envhook_name="$1"
  __envhook_is_name "$1" && [[ -n ${!1+x} ]] && ! __envhook_is_reference || return 0
  [[ $1 != PATH || -z ${__envhook_undo[__envhook_i + 4]}${__envhook_undo[__envhook_i + 5]} ]] || __envhook_restore_saved
  if [[ ${!1} == "${__envhook_undo[__envhook_i + 3]}" ]]; then
    __envhook_unsets+=("$1") # in any case: an integer would compute what comes back
    case ${__envhook_undo[__envhook_i + 1]} in
      export) __envhook_sets+=("$1=${__envhook_undo[__envhook_i + 2]}") ;;
      shell) __envhook_hides+=("$1=${__envhook_undo[__envhook_i + 2]}") ;;
    esac
  elif [[ -n ${__envhook_undo[__envhook_i + 4]}${__envhook_undo[__envhook_i + 5]} ]]; then
    builtin local __envhook_list="${!1}"
    __envhook_take_back
    __envhook_sets+=("$1=$__envhook_list")
  fi
}

# The same for what a virtual environment has put aside of PATH meanwhile, which it brings back when it ends. What it put
# aside before the directory was entered has nothing of it.
__envhook_restore_saved() {
  builtin local __envhook_name __envhook_list __envhook_failure
  builtin local -a __envhook_letters
  for __envhook_name in _OLD_VIRTUAL_PATH _OLD_NODE_VIRTUAL_PATH; do
    [[ -n ${!__envhook_name+x} && :${__envhook_undo[__envhook_i + 2]}: != *":${!__envhook_name}:"* ]] || continue
    __envhook_ask "$__envhook_name"
    __envhook_plain "${__envhook_letters[0]}" || continue
    __envhook_list=${!__envhook_name}
    if [[ $__envhook_list == "${__envhook_undo[__envhook_i + 3]}" ]]; then
      __envhook_list=${__envhook_undo[__envhook_i + 2]}
    else
      __envhook_take_back
    fi
    builtin printf -v "$__envhook_name" %s "$__envhook_list"
  done
}

# Takes what the undo entry at __envhook_i added out of __envhook_list.
__envhook_take_back() {
  __envhook_list=:$__envhook_list:
  __envhook_take_out "${__envhook_undo[__envhook_i + 4]%:}" first
  __envhook_take_out "${__envhook_undo[__envhook_i + 5]#:}" last
  __envhook_list=${__envhook_list#:}
  __envhook_list=${__envhook_list%:}
}

# Takes the items $1 out of __envhook_list, which begins and ends with a colon: the first or the last such.
__envhook_take_out() {
  [[ -n $1 && $__envhook_list == *":$1:"* ]] || return 0
  if [[ $2 == first ]]; then
    __envhook_list=${__envhook_list%%":$1:"*}:${__envhook_list#*":$1:"}
  else
    __envhook_list=${__envhook_list%":$1:"*}:${__envhook_list##*":$1:"}
  fi
}

# --- session ------------------------------------------------------------------------------------
# A child shell inherits the variables and must be able to put back what they replaced. ENVHOOK_SESSION
# names a file beside the plans that says how. A file is written once per state and never changed, since a
# child may start from it much later. A child believes an entry only where its variable has the loaded value.
__envhook_session_write() {
  builtin unset -v ENVHOOK_SESSION
  ((${#__envhook_layers[@]})) || return 0
  builtin local __envhook_i __envhook_state IFS=$'\035'
  # Of a layer that was loaded at once, the plan says it all.
  __envhook_state="${__envhook_layers[*]}$IFS${__envhook_fresh[*]}$IFS${__envhook_undo[*]}"
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_sessions[@]}; __envhook_i += 2)); do
    builtin [ "${__envhook_sessions[__envhook_i + 1]}" = "$__envhook_state" ] || continue
    [[ -f $__envhook_run/sessions/${__envhook_sessions[__envhook_i]} ]] || continue
    __envhook_export "ENVHOOK_SESSION=${__envhook_sessions[__envhook_i]}"
    return 0
  done
  __envhook_session_new
}

# The same for a state that has no file yet.
__envhook_session_new() {
  [[ -d $__envhook_run/sessions && -O $__envhook_run/sessions && ! -L $__envhook_run/sessions ]] || return 0
  builtin local __envhook_now
  __envhook_clock
  __envhook_i=${BASHPID-$$}-$__envhook_now-${#__envhook_sessions[@]}
  [[ ! -e $__envhook_run/sessions/$__envhook_i && ! -L $__envhook_run/sessions/$__envhook_i ]] || return 0
  __envhook_session_put "$__envhook_run/sessions/$__envhook_i" || return 0
  __envhook_sessions+=("$__envhook_i" "$__envhook_state")
  __envhook_export "ENVHOOK_SESSION=$__envhook_i"
}

# Lets the daemon know, while somebody wants to hear of loads: an empty file named as the state that is now in force.
__envhook_be_heard() {
  [[ ! -O $__envhook_run/heard || -L $__envhook_run/heard ]] ||
    builtin : 2>/dev/null >|"$__envhook_run/heard/${ENVHOOK_SESSION:-${BASHPID-$$}-}"
}

# Writes the state to file $1, for the user's eyes only. The end mark comes last: half a file is no state.
__envhook_session_put() {
  builtin local __envhook_i __envhook_at __envhook_next
  builtin local -a __envhook_out
  __envhook_out=(envhook-session 1 "$((${#__envhook_layers[@]} / 4))")
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_layers[@]}; __envhook_i += 4)); do
    # No slices: for each bash copies the list.
    __envhook_out+=("${__envhook_layers[__envhook_i]}" "${__envhook_layers[__envhook_i + 1]}" "${__envhook_layers[__envhook_i + 2]}")
    __envhook_at=${__envhook_fresh[__envhook_i]-}
    if [[ -n $__envhook_at ]]; then
      # shellcheck disable=SC2178 # a name reference
      builtin local -n __envhook_own="__envhook_sets_$__envhook_at"
      __envhook_out+=("${#__envhook_own[@]}")
      __envhook_enter_new "$__envhook_at" __envhook_out
    else
      __envhook_at=${__envhook_layers[__envhook_i + 3]} __envhook_next=${__envhook_layers[__envhook_i + 7]-${#__envhook_undo[@]}}
      __envhook_out+=("$(((__envhook_next - __envhook_at) / 6))")
      for ((; __envhook_at < __envhook_next; __envhook_at++)); do __envhook_out+=("${__envhook_undo[__envhook_at]}"); done
    fi
  done
  __envhook_umask
  builtin umask 077
  builtin printf '%s\0' "${__envhook_out[@]}" envhook-end 2>/dev/null >|"$1"
  __envhook_i=$?
  builtin umask "$__envhook_mask"
  __envhook_mask=''
  return "$__envhook_i"
}

# Sets __envhook_mask to the umask: without a process where the kernel tells it.
__envhook_umask() {
  builtin local -a __envhook_parts
  [[ ! -r /proc/self/status ]] || builtin mapfile -t -n 100 -u 9 __envhook_parts 9</proc/self/status
  builtin local __envhook_text="${__envhook_parts[*]-}"
  if [[ $__envhook_text == *Umask:[[:space:]]* ]]; then
    __envhook_text=${__envhook_text#*Umask:[[:space:]]}
    __envhook_mask=${__envhook_text%%[!0-7]*}
  else
    __envhook_mask=$(builtin umask)
  fi
}

# Takes over what the parent shell loaded, as far as it is proved: the file is ours and whole.
__envhook_adopt() {
  builtin local __envhook_id="${ENVHOOK_SESSION-}" __envhook_file __envhook_at=3 __envhook_layer __envhook_vars
  builtin unset -v ENVHOOK_SESSION
  __envhook_file=$__envhook_run/sessions/$__envhook_id
  [[ -n $__envhook_id && $__envhook_id != *[!0-9-]* && -f $__envhook_file && -O $__envhook_run && ! -L $__envhook_run ]] &&
    __envhook_private "$__envhook_file" || return 0
  __envhook_fields=()
  __envhook_read "$__envhook_file"
  __envhook_session_whole || return 0
  for ((__envhook_layer = __envhook_fields[2]; __envhook_layer > 0; __envhook_layer--)); do
    __envhook_layers+=("${__envhook_fields[__envhook_at]}" "${__envhook_fields[__envhook_at + 1]}"
      "${__envhook_fields[__envhook_at + 2]}" "${#__envhook_undo[@]}")
    __envhook_granted+=("${__envhook_fields[__envhook_at + 1]}")
    __envhook_vars=${__envhook_fields[__envhook_at + 3]}
    for ((__envhook_at += 4; __envhook_vars > 0; __envhook_vars--, __envhook_at += 6)); do
      __envhook_believe "${__envhook_fields[__envhook_at]}" "${__envhook_fields[__envhook_at + 1]}" "${__envhook_fields[__envhook_at + 2]}" \
        "${__envhook_fields[__envhook_at + 3]}" "${__envhook_fields[__envhook_at + 4]}" "${__envhook_fields[__envhook_at + 5]}"
    done
  done
  __envhook_fields=()
  __envhook_put_in_place
  __envhook_session_write
  [[ ! -d $__envhook_run/heard ]] || __envhook_be_heard
}

# Puts what the layers added to a list where a load here would put it: an rc file, or path_helper of macOS, may have
# moved other items in front of it. What was taken out meanwhile stays out, but a login shell's profile makes PATH anew.
__envhook_put_in_place() {
  builtin local __envhook_name __envhook_list __envhook_old_list __envhook_failure __envhook_done=/ __envhook_at __envhook_i
  builtin local -a __envhook_letters __envhook_around
  for ((__envhook_at = ${#__envhook_undo[@]} - 6; __envhook_at >= 0; __envhook_at -= 6)); do
    __envhook_name=${__envhook_undo[__envhook_at]}
    [[ $__envhook_done != */$__envhook_name/* ]] || continue
    __envhook_done+=$__envhook_name/
    [[ -n ${__envhook_undo[__envhook_at + 4]}${__envhook_undo[__envhook_at + 5]} && -n ${!__envhook_name+x} &&
      ${!__envhook_name} != "${__envhook_undo[__envhook_at + 3]}" ]] || continue
    __envhook_ask "$__envhook_name"
    __envhook_plain "${__envhook_letters[0]}" || continue
    __envhook_around=() __envhook_list=${!__envhook_name}
    for ((__envhook_i = __envhook_at; __envhook_i >= 0; __envhook_i -= 6)); do
      [[ ${__envhook_undo[__envhook_i]} == "$__envhook_name" ]] || continue
      __envhook_is_addition || break
      __envhook_old_list=$__envhook_list
      __envhook_take_back
      [[ $__envhook_list == "$__envhook_old_list" ]] && ! builtin shopt -q login_shell ||
        __envhook_around+=("${__envhook_undo[__envhook_i + 4]}" "${__envhook_undo[__envhook_i + 5]}")
    done
    for ((__envhook_i = ${#__envhook_around[@]} - 2; __envhook_i >= 0; __envhook_i -= 2)); do
      __envhook_list=${__envhook_around[__envhook_i]}$__envhook_list${__envhook_around[__envhook_i + 1]}
    done
    builtin printf -v "$__envhook_name" %s "$__envhook_list"
  done
}

# True when the undo entry at __envhook_i put items before or behind a list.
__envhook_is_addition() {
  builtin local __envhook_prefix="${__envhook_undo[__envhook_i + 4]}" __envhook_suffix="${__envhook_undo[__envhook_i + 5]}"
  [[ -n $__envhook_prefix$__envhook_suffix && ($__envhook_prefix == '' || $__envhook_prefix == [!:]*:) &&
    ($__envhook_suffix == '' || $__envhook_suffix == :*[!:]) ]]
}

# True when the fields are one complete session file.
__envhook_session_whole() {
  builtin local __envhook_at=3 __envhook_layer
  [[ ${__envhook_fields[0]-} == envhook-session && ${__envhook_fields[1]-} == 1 ]] && __envhook_number "${__envhook_fields[2]-}" || return 1
  for ((__envhook_layer = __envhook_fields[2]; __envhook_layer > 0; __envhook_layer--)); do
    __envhook_number "${__envhook_fields[__envhook_at + 3]-}" || return 1
    ((__envhook_at += 4 + 6 * __envhook_fields[__envhook_at + 3]))
    ((__envhook_at < ${#__envhook_fields[@]})) || return 1
  done
  ((__envhook_at == ${#__envhook_fields[@]} - 1)) && [[ ${__envhook_fields[__envhook_at]} == envhook-end ]]
}

# Adds the undo entry given. What the parent had not exported is unset here. Whether the variable has the loaded value,
# the proof that the entry is about it, is looked at when it is undone: an inner layer goes first.
__envhook_believe() {
  __envhook_is_name "$1" || return 0
  if [[ $2 == export ]]; then
    __envhook_undo+=("$1" export "$3" "$4" "$5" "$6")
  else
    __envhook_undo+=("$1" unset '' "$4" "$5" "$6")
  fi
}

# --- messages -----------------------------------------------------------------------------------
# Has $1 said, which stays said as long as the directories on the way up give the same reason for it.
__envhook_tell() {
  builtin local __envhook_i="${#__envhook_said[@]}"
  __envhook_said+=("$1")
  # Usually it is where it was.
  [[ ${__envhook_told[__envhook_i]-} != "$1" ]] || return 0
  for ((__envhook_i = 0; __envhook_i < ${#__envhook_told[@]}; __envhook_i++)); do
    [[ ${__envhook_told[__envhook_i]} != "$1" ]] || return 0
  done
  __envhook_news+=("$1")
}

# Says what there is to say; of a crowd, only how many.
__envhook_announce() {
  if [[ ${ENVHOOK_LOG-} == off ]]; then
    :
  elif ((${#__envhook_news[@]} > 10)); then
    builtin printf 'envhook: %s directories on the way here are not loaded; look: envhook status\n' "${#__envhook_news[@]}" >&2
  else
    builtin printf 'envhook: %s\n' "${__envhook_news[@]}" >&2
  fi
  __envhook_news=()
}

# Has $2 said about directory $1, which makes a line about its unloading superfluous.
__envhook_blame() {
  __envhook_blamed+=("$1")
  __envhook_tell "$2"
}

# Says what the plan at offset $1 brought: signs and names, sorted, the first ten. Silent for a layer that is only
# back on top of a changed one below, and in a subshell.
__envhook_report_loaded() {
  builtin local __envhook_i __envhook_line='' __envhook_count=0 IFS=' '
  [[ ${ENVHOOK_LOG-} != off && ${ENVHOOK_LOG-} != error && ${__envhook_fields[$1 + 7]} != *' silent '* && $BASH_SUBSHELL == 0 ]] || return 0
  ! __envhook_returns "$1" || return 0
  [[ -z $__envhook_crowd ]] || {
    ((++__envhook_crowd))
    return 0
  }
  for __envhook_i in ${__envhook_fields[$1 + 14 + 3 * __envhook_fields[$1 + 12]]}; do
    [[ -n ${__envhook_signs[__envhook_i]-} ]] || continue
    ((++__envhook_count > 10)) || __envhook_line+=" ${__envhook_signs[__envhook_i]}${__envhook_names[__envhook_i]}"
  done
  ((__envhook_count)) || return 0
  ((__envhook_count <= 10)) || __envhook_line+=" and $((__envhook_count - 10)) more"
  builtin printf 'envhook: loaded %s (%s)\n' "${__envhook_fields[$1 + 9]}" "${__envhook_line# }" >&2
}

# True when the plan at offset $1 was loaded until just now. Layers come back in the order that they had.
__envhook_returns() {
  builtin local __envhook_i
  for ((__envhook_i = __envhook_back; __envhook_i < ${#__envhook_before[@]}; __envhook_i += 4)); do
    [[ ${__envhook_before[__envhook_i]} == "${__envhook_fields[$1 + 3]}" &&
      ${__envhook_before[__envhook_i + 1]} == "${__envhook_fields[$1 + 6]}" ]] || continue
    __envhook_back=$((__envhook_i + 4))
    return 0
  done
  return 1
}

# Says which of the layers in __envhook_before are gone, unless a reason was given; of a crowd, only how many. What is
# looked for usually comes next, from the inner to the outer.
__envhook_report_gone() {
  builtin local __envhook_i __envhook_j __envhook_there="$((${#__envhook_layers[@]} - 4))" __envhook_reason=0
  builtin local -a __envhook_gone
  [[ ${ENVHOOK_LOG-} != off && ${ENVHOOK_LOG-} != error && $BASH_SUBSHELL == 0 ]] || return 0
  for ((__envhook_i = ${#__envhook_before[@]} - 4; __envhook_i >= 0; __envhook_i -= 4)); do
    [[ -n ${__envhook_before[__envhook_i + 2]} ]] || continue
    for ((__envhook_j = __envhook_there; __envhook_j >= 0; __envhook_j -= 4)); do
      [[ ${__envhook_layers[__envhook_j]} != "${__envhook_before[__envhook_i]}" ]] || { ((__envhook_there = __envhook_j - 4, 1)) && continue 2; }
    done
    for ((__envhook_j = __envhook_reason; __envhook_j < ${#__envhook_blamed[@]}; __envhook_j++)); do
      [[ ${__envhook_blamed[__envhook_j]} != "${__envhook_before[__envhook_i]}" ]] || { ((__envhook_reason = __envhook_j + 1)) && continue 2; }
    done
    __envhook_gone+=("${__envhook_before[__envhook_i + 2]}")
  done
  if ((${#__envhook_gone[@]} > 10)); then
    builtin printf 'envhook: unloaded %s directories\n' "${#__envhook_gone[@]}" >&2
  elif ((${#__envhook_gone[@]})); then
    builtin printf 'envhook: unloaded %s\n' "${__envhook_gone[@]}" >&2
  fi
}

# True when $1 is one of the other arguments.
__envhook_among() {
  builtin local __envhook_one
  for __envhook_one in "${@:2}"; do
    [[ $__envhook_one != "$1" ]] || return 0
  done
  return 1
}

# Sets __envhook_now to path $1 for a person: ~ for the home directory, nothing that a terminal would obey.
__envhook_shown() {
  builtin local LC_ALL=C
  __envhook_now=$1
  if [[ $1 == *[!\ -~]* ]]; then
    builtin printf -v __envhook_now %q "$1"
  elif [[ -n $__envhook_home && $1 == "$__envhook_home"/* ]]; then
    __envhook_now="~${1#"$__envhook_home"}"
  fi
}

# --- install ------------------------------------------------------------------------------------
# Arguments: Node, the program it runs, the data directory, the run directory, the home directory, and the names of what
# must not act on Node, with a blank between. Pinned here, so that nothing a .env file sets can move them.
__envhook_install() { __envhook_calmly __envhook_set_up "$@"; }

# The same, under options of ours.
__envhook_set_up() {
  if [[ $- != *i* ]]; then
    __envhook_take_down
    return 0
  fi
  # No environment holds a list: where there is none, every name of ours was inherited.
  [[ -n ${__envhook_installed[1]-} ]] || builtin unset -v "${!__envhook_@}"
  __envhook_node=$1 __envhook_main=$2 __envhook_data=$3 __envhook_run=$4 __envhook_home=${5%/} __envhook_kept_back=${6-}
  # shellcheck disable=SC2016 # expanded at the prompt
  __envhook_entry='__envhook_prompt "$_"'
  [[ -n ${__envhook_installed[1]-} ]] || __envhook_begin
  __envhook_order=- # no prompt yet
  __envhook_register
  __envhook_join
  return 0
}

# Makes the state, for the first time in this shell.
__envhook_begin() {
  __envhook_installed=('' 1) __envhook_pwd='' __envhook_mask='' __envhook_old=''
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) || __envhook_old=1
  __envhook_most=200000
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || __envhook_most=50000 # which take seconds
  __envhook_absent=() __envhook_mine=() __envhook_heads=() __envhook_files=() __envhook_slots=() __envhook_self=''
  __envhook_rival='' __envhook_looked=('')
  __envhook_fields=() __envhook_known=() __envhook_simple=() __envhook_names=() __envhook_tests=() __envhook_check=() __envhook_line=()
  __envhook_fresh=() __envhook_layers=() __envhook_undo=() __envhook_vain=() __envhook_granted=() __envhook_told=() __envhook_sessions=()
  __envhook_adopt
}

# Puts the prompt entry first, once. It returns the status that it finds, for those after it. VS Code's script takes the first
# entry of a list over and no other, so there we join that one.
__envhook_register() {
  [[ "${PROMPT_COMMAND[*]-}" != *__envhook_prompt* ]] || return 0
  builtin local __envhook_failure=''
  builtin local -a __envhook_entries
  if __envhook_may_list PROMPT_COMMAND; then
    # shellcheck disable=SC2128,SC2178 # a string or an array, as the user has it
    if ! __envhook_prompt_list || [[ ${TERM_PROGRAM-} == vscode ]]; then
      builtin printf -v PROMPT_COMMAND %s "$__envhook_entry${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}"
    else
      __envhook_entries=("$__envhook_entry" "${PROMPT_COMMAND[@]}")
      PROMPT_COMMAND=("${__envhook_entries[@]}")
    fi
  else
    [[ -n ${__envhook_installed[3]-} ]] ||
      builtin printf 'envhook: %s: only cd loads and unloads, no prompt does\n' "${__envhook_failure% in this shell}" >&2
    __envhook_installed[3]=1
  fi
}

# True when $1 is a string or a list, if anything: what is read-only would end us, an integer would compute our text.
__envhook_may_list() {
  builtin local __envhook_name="$1"
  builtin local -a __envhook_letters
  __envhook_ask "$1"
  __envhook_plain "${__envhook_letters[0]/a/}"
}

# True when PROMPT_COMMAND is a list, which bash 5.1 and later run one by one.
__envhook_prompt_list() {
  # shellcheck disable=SC2178 # an array or a string
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && [[ ${PROMPT_COMMAND@a} == *a* ]]
}

# Takes the prompt entry out again, with what joins it to its neighbours.
__envhook_unregister() {
  builtin local __envhook_i __envhook_left __envhook_failure
  __envhook_may_list PROMPT_COMMAND || return 0
  for __envhook_i in "${!PROMPT_COMMAND[@]}"; do
    [[ ${PROMPT_COMMAND[__envhook_i]} == *__envhook_prompt* ]] || continue
    __envhook_cut_out "${PROMPT_COMMAND[__envhook_i]}"
    if ! __envhook_prompt_list; then
      # shellcheck disable=SC2178 # a string it was and stays
      PROMPT_COMMAND=$__envhook_left
    elif [[ -n $__envhook_left ]]; then
      PROMPT_COMMAND[__envhook_i]=$__envhook_left
    else
      builtin unset -v "PROMPT_COMMAND[$__envhook_i]"
    fi
  done
  [[ -n ${PROMPT_COMMAND[*]-} ]] || builtin unset -v PROMPT_COMMAND
}

# Sets __envhook_left to the commands $1 without our entry. One separator goes with it, and a place where there is none
# (`x && ENTRY`) keeps a command.
__envhook_cut_out() {
  builtin local __envhook_before __envhook_after
  __envhook_left=$1
  while [[ $__envhook_left == *"$__envhook_entry"* ]]; do
    __envhook_before=${__envhook_left%%"$__envhook_entry"*} __envhook_after=${__envhook_left#*"$__envhook_entry"}
    while [[ $__envhook_before == *[[:blank:]] ]]; do __envhook_before=${__envhook_before%?}; done
    while [[ $__envhook_after == [[:blank:]]* ]]; do __envhook_after=${__envhook_after#?}; done
    if [[ $__envhook_before != '' && $__envhook_before != *[\;$'\n'] || $__envhook_after != '' && $__envhook_after != [\;$'\n']* || $__envhook_after == \;\;* ]]; then
      __envhook_left="$__envhook_before :${__envhook_after:+ }$__envhook_after"
    elif [[ -n $__envhook_after ]]; then
      __envhook_after=${__envhook_after#?}
      while [[ -z $__envhook_before && $__envhook_after == [[:space:]]* ]]; do __envhook_after=${__envhook_after#?}; done
      __envhook_left=$__envhook_before$__envhook_after
    else
      __envhook_left=${__envhook_before%?}
    fi
  done
}

# Takes everything back: the variables, the entry, the functions, the names.
__envhook_uninstall() { __envhook_calmly __envhook_take_down; }

# The same, under options of ours.
__envhook_take_down() {
  builtin local __envhook_i __envhook_called=''
  if [[ -n ${__envhook_entry-} ]]; then
    [[ -z ${__envhook_installed[1]-} ]] || __envhook_rest
    [[ "${PROMPT_COMMAND[*]-}" == *__envhook_prompt* ]] || __envhook_called=1
    __envhook_unregister
    # Read-only by now, it goes on calling us.
    [[ "${PROMPT_COMMAND[*]-}" != *__envhook_prompt* ]] || __envhook_called=1
    for __envhook_i in "${!precmd_functions[@]}"; do
      [[ ${precmd_functions[__envhook_i]} != __envhook_precmd ]] || builtin unset -v "precmd_functions[$__envhook_i]"
    done
  fi
  for __envhook_i in cd pushd popd; do
    [[ $(builtin declare -f "$__envhook_i") != *__envhook_moved* ]] || builtin unset -f "$__envhook_i"
  done
  if builtin declare -F __envhook_cd >/dev/null && ! builtin declare -F cd >/dev/null; then
    __envhook_i=$(builtin declare -f __envhook_cd)
    builtin eval "${__envhook_i#__envhook_}"
  fi
  builtin local IFS=$' \n' 2>/dev/null
  # shellcheck disable=SC2046 # names have no blanks
  builtin unset -f $(builtin compgen -A function __envhook_)
  # Somebody who took our entry over (starship, VS Code) goes on calling it.
  # shellcheck disable=SC2317
  [[ -z $__envhook_called ]] || __envhook_prompt() { builtin return "$?"; }
  builtin unset -v "${!__envhook_@}"
}

# --- old bash -----------------------------------------------------------------------------------
# What 3.2 (macOS) to 5.0 do otherwise. Every look is taken under a usual IFS, since in 3.2
# `"${list[@]:1}"` is one word where it has no blank. After the `local -` of 4.4 and 5.0, a shell without readline shows its
# second prompt for ever.
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
  # Fills __envhook_letters where @a does not tell: before 4.4 there is none, and in 4.4 it says nothing of what has no value.
  # `declare -p` tells, before 4.4 only once there is a value: in a process, where it is an empty one.
  __envhook_declared() {
    ((BASH_VERSINFO[0] < 5)) && __envhook_hidden "$@" || return 1
    builtin local __envhook_name __envhook_line IFS=$'\n'
    builtin local -a __envhook_lines
    builtin set -f
    # shellcheck disable=SC2207 # lines
    __envhook_lines=($(
      for __envhook_name in "$@"; do
        builtin printf -v "$__envhook_name" %s ''
        builtin declare -p "$__envhook_name" || builtin echo 'declare -r'
      done 2>/dev/null
    ))
    builtin set +f
    # What still has a value, perhaps of several lines, is read-only or a list: nobody asks for those after it.
    __envhook_letters=()
    for __envhook_line in "${__envhook_lines[@]}"; do
      __envhook_line=${__envhook_line#declare -}
      __envhook_line=${__envhook_line%% *}
      __envhook_letters[${#__envhook_letters[@]}]=${__envhook_line#-}
    done
  }

  # True when a variable named may have attributes and no value: in 4.4 that is one, otherwise any.
  __envhook_hidden() {
    builtin local __envhook_name
    ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || return 0
    for __envhook_name in "$@"; do
      [[ -n ${!__envhook_name+x} ]] || ! builtin declare -p "$__envhook_name" || return 0
    done >/dev/null 2>&1
    return 1
  }
fi

# 4.4 does not tell at once that none of many names is anything.
((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] != 404)) || __envhook_push_new() { return 1; }

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  # Nothing is known or listed: every plan is read again when the place changes, and judged at every prompt.
  __envhook_recall() { return 1; }
  __envhook_keep() { :; }
  __envhook_gather() { return 1; }
  __envhook_watch() { :; }
  __envhook_learn() {
    __envhook_fields=() __envhook_wanted=()
    __envhook_read_plans
    __envhook_choose
  }

  # 3.2 counts bytes where it should count characters.
  __envhook_same() {
    builtin local __envhook_bytes="$2-" LC_ALL=C IFS=''
    ! builtin read -r -d '' -n "$((${#2} + 1))" -u 9 __envhook_bytes 2>/dev/null 9<"$1" && builtin [ "$__envhook_bytes" = "$2" ]
  }

  __envhook_read() {
    builtin local __envhook_text __envhook_left="$__envhook_most"
    while ((__envhook_left--)) && IFS='' builtin read -r -d '' -u 9 __envhook_text; do
      __envhook_fields[${#__envhook_fields[@]}]=$__envhook_text
    done 9<"$1"
  } 2>/dev/null

  # 4.3 has them, and `declare -p` tells.
  __envhook_is_reference() { return 1; }

  # shellcheck disable=SC2163 # the arguments are NAME=VALUE
  __envhook_export() { builtin export "$@"; }
  # shellcheck disable=SC2163
  __envhook_hide() { builtin export -n "$@"; }
fi

if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 402)); then
  # It does not tell without a process whether there is a trap.
  __envhook_uninterrupted() { [[ -z ${__envhook_installed[1]-} ]] || "$@"; }
  __envhook_clock() { __envhook_now=$(builtin command -p date +%s); }
  __envhook_umask() { __envhook_mask=$(builtin umask); }
fi

# --- cd -----------------------------------------------------------------------------------------
# Programs that start shells replay functions without the rest, or without those whose names begin with `_`: then these
# are the builtins and nothing else.
if [[ $- == *i* ]]; then
  builtin declare -F cd >/dev/null || builtin alias cd >/dev/null 2>&1 ||
    cd() { builtin cd "$@" && { [[ -z ${__envhook_installed[1]-} ]] || __envhook_moved; }; }
  builtin declare -F pushd >/dev/null || builtin alias pushd >/dev/null 2>&1 ||
    pushd() { builtin pushd "$@" && { [[ -z ${__envhook_installed[1]-} ]] || __envhook_moved; }; }
  builtin declare -F popd >/dev/null || builtin alias popd >/dev/null 2>&1 ||
    popd() { builtin popd "$@" && { [[ -z ${__envhook_installed[1]-} ]] || __envhook_moved; }; }
fi

[[ $__envhook_was != *+ ]] || \builtin shopt -s expand_aliases
[[ $__envhook_was != *a* ]] || \builtin set -a
\builtin unset -v __envhook_was
