# envhook's hook for zsh 5.0.3 and later; section "old zsh" makes up for what 5.0 lacks.
#
# What it touches, and why:
#   precmd_functions, preexec_functions, chpwd_functions
#                      one entry in front of each: the prompt is where a change takes effect, a command line
#                      after an edit in another window, and `cd project && make`
#   zsh/system         the builtins sysread, sysopen and syswrite of this module, none of its parameters; zsh/sched, if
#                      there is something to say while rc files are read
#   the variables that trusted .env files name, and ENVHOOK_SESSION (see "session")
#   _OLD_VIRTUAL_PATH, _OLD_NODE_VIRTUAL_PATH
#                      the PATH that a virtual environment brings back: what was added to PATH is taken out of it
#   the INT trap       while the hook runs: Ctrl-C in a loop within a function that runs at the prompt can leave zsh
#                      breaking out of a loop for ever, and then it runs no command any more (seen in 5.9)
# Every other name starts with __envhook_ and none is exported. Options change inside functions
# only. A plan is data: read by builtins, checked to its end mark, compared, then applied.
# A prompt at which nothing changed starts no process; Node runs only for a directory without a plan.
#
# bin/envhook has this file read under `emulate zsh -o ... -c`: neither the user's aliases nor their options have
# any effect on it, and what is defined here runs under these options wherever it is called from. Without
# multibyte, strings are bytes: lengths, comparisons and character ranges are those of the files.
#
# Every builtin that a function of the user's could replace has `builtin` before it: `local` and `typeset`, too, which are
# reserved words only since 5.1. So an assignment after them is a word like any other: no list, and quotes where it has to.
#
# What costs time in zsh: a function call maps and unmaps memory, as much as reading a small file; a builtin (`continue`
# and `return`, too), an array assignment, or an `if` or loop with one of them inside makes three system calls.
# Conditions, arithmetic and scalar assignments, also to one element, make none, and `[[ ... ]] || return` makes none
# while it does not return. So what runs at every prompt or for every variable is made of these. A file is read through
# descriptor 9: to put it in the place of standard input, and that back, takes two more system calls.
#
# Sections, the same in every shell's file: state, entry points, watching, finding, plans, choosing,
# loading, undoing, session, messages, install.

# --- state --------------------------------------------------------------------------------------
# Pinned at install: __envhook_node, __envhook_main, __envhook_data, __envhook_run, __envhook_home, __envhook_meddlers
#                     (names that must not reach Node).
# __envhook_integers  a pattern of names that count as numbers in zsh also after `unset`, when they show no type
# __envhook_pwd       the directory that the rest describes; empty: look again
# __envhook_absent    directories on the way up that had no env file; the root is empty
# __envhook_misses    other paths that must not be a file
# __envhook_owned     directories from the present one up to the outermost with an env file: those that are the user's
# __envhook_watched   records and files in force, which must be the user's: path, how many bytes to read, what they are then
# __envhook_slots     per env directory, inner to outer: directory, plan file, index of its first field (0: none), verdict;
#                     only what the lists above cannot tell
# __envhook_fields    the fields of the plans read so far, one plan after the other (src/plan.ts)
# __envhook_known     plans that need not be read again: directory, plan file, index of its first field
# __envhook_watches, _lacks   by position in known: what the plan adds to watched and misses, NULs between
# __envhook_plains    indexes of the first fields of plans of plain text. By position in it, NULs between:
# __envhook_assigns, _undos   NAME=VALUE of each variable, and its undo entry if it is nothing yet
# __envhook_tests, _checks, _loaded_as, _lines   by the same position: the text for `eval` that tells whether any of the names
#                     is anything yet; the one that tells what they are; what that gives after a load; signs and names
#                     for the message
# __envhook_fresh     by number of the layer: the position in plains of its plan, if none of its names was anything
# __envhook_layers    per loaded directory, outer to inner: directory, record head, label, length of the undo list before it
# __envhook_undo      per variable: name, what it was (unset, shell, export), old value, loaded value, prefix, suffix
# __envhook_vain      directories that Node was asked about and has no plan for, or directory, NUL, record head of a plan
#                     that it is not sure of
# __envhook_granted   record heads of what the parent shell had loaded
# __envhook_identity  this shell and no other, before or after it; empty: not yet asked
# __envhook_front     the first entry of precmd_functions, as it was left
# __envhook_passed    list and entry: who came before us, and was passed
# __envhook_held      what is to be said at the first prompt
# __envhook_told      what has been said about the directories on the way up
# __envhook_sessions  states written so far: id, content

# --- entry points -------------------------------------------------------------------------------
# Runs at every prompt, before every command line and after every cd. zsh keeps $? and pipestatus around it.
# First the usual place, straight on, where a loop and the trap that it needs would cost as much again: no more than five
# directories up to the home directory, none of them with an env file or one of them with one. What is not as it was, or
# not usual, is looked at by the loops.
__envhook_prompt() {
  [[ ${+functions[builtin]} -eq 0 ]] || {
    __envhook_shadowed
    return 0
  }
  builtin local __envhook_file __envhook_size __envhook_expected __envhook_now __envhook_unlike
  [[ $PWD == ${__envhook_pwd-} && $ENVHOOK_DISABLE != 1 && $#__envhook_slots -eq 0 &&
    $precmd_functions[1] == $__envhook_front &&
    $#__envhook_absent -le 4 && $#__envhook_misses -le 1 && ( $#__envhook_watched -eq 0 || $#__envhook_watched -eq 6 ) &&
    ( $#__envhook_absent -lt 1 || ! -f $__envhook_absent[1]/.env && ! -f $__envhook_absent[1]/.env.local ) &&
    ( $#__envhook_absent -lt 2 || ! -f $__envhook_absent[2]/.env && ! -f $__envhook_absent[2]/.env.local ) &&
    ( $#__envhook_absent -lt 3 || ! -f $__envhook_absent[3]/.env && ! -f $__envhook_absent[3]/.env.local ) &&
    ( $#__envhook_absent -lt 4 || ! -f $__envhook_absent[4]/.env && ! -f $__envhook_absent[4]/.env.local ) &&
    ( $#__envhook_misses -lt 1 || ! -f $__envhook_misses[1] ) ]] && {
    [[ $#__envhook_watched -eq 0 ]] || {
      # One byte more than is expected shows that a file is longer. One read, one file.
      [[ -r $__envhook_watched[1] && -O $__envhook_watched[1] ]] &&
        builtin sysread -i 9 -s $__envhook_watched[2] __envhook_now 9<$__envhook_watched[1] &&
        [[ $__envhook_now == $__envhook_watched[3] && -f $__envhook_watched[4] && -r $__envhook_watched[4] &&
          -O $__envhook_watched[4] && $#__envhook_owned -le 3 && -O $__envhook_owned[1] &&
          ( $#__envhook_owned -lt 2 || -O $__envhook_owned[2] ) && ( $#__envhook_owned -lt 3 || -O $__envhook_owned[3] ) ]] &&
        builtin sysread -i 9 -s $__envhook_watched[5] __envhook_now 9<$__envhook_watched[4] &&
        [[ $__envhook_now == $__envhook_watched[6] ]]
    }
  } || {
    # Some programs hand a shell's functions on, and nothing else: then there is nothing to do.
    [[ ${(t)__envhook_installed-} == array ]] || return 0
    # `zsh -r` is so after its rc files: then it lets nobody set PATH or write a file.
    [[ ! -o restricted ]] || {
      __envhook_decline 'this zsh is restricted'
      return 0
    }
    builtin trap : INT
    [[ -n $__envhook_pwd && $precmd_functions[1] == $__envhook_front ]] || __envhook_come_first
    if [[ $ENVHOOK_DISABLE == 1 ]]; then
      __envhook_rest
    elif [[ $PWD != $__envhook_pwd ]]; then
      __envhook_update
    else
      for __envhook_file in "$__envhook_absent[@]"; do
        [[ ! -f $__envhook_file/.env && ! -f $__envhook_file/.env.local ]] || {
          __envhook_update
          return 0
        }
      done
      for __envhook_file in "$__envhook_misses[@]"; do
        [[ ! -f $__envhook_file ]] || {
          __envhook_update
          return 0
        }
      done
      for __envhook_file in "$__envhook_owned[@]"; do
        [[ -O $__envhook_file ]] || {
          __envhook_update
          return 0
        }
      done
      for __envhook_file __envhook_size __envhook_expected in "$__envhook_watched[@]"; do
        __envhook_now=
        [[ ! -f $__envhook_file || ! -r $__envhook_file || ! -O $__envhook_file ]] ||
          builtin sysread -i 9 -s $__envhook_size __envhook_now 9<$__envhook_file || :
        [[ $__envhook_now == $__envhook_expected ]] || {
          __envhook_update
          return 0
        }
      done
      __envhook_judge "$__envhook_slots[@]"
      [[ -z $__envhook_unlike ]] || __envhook_update
    fi
  }
  (( 1 )) # in 5.0, after a list that was not run to its end, a DEBUG trap makes the next command line run the EXIT trap
}

# ENVHOOK_DISABLE=1: unload and rest.
__envhook_rest() {
  __envhook_pwd=
  (( $#__envhook_layers )) || return 0
  builtin local __envhook_many=1
  builtin local -a __envhook_before __envhook_blamed __envhook_news
  __envhook_before=("$__envhook_layers[@]")
  __envhook_pop_to 0 || return 0
  builtin unset -v ENVHOOK_SESSION
  [[ ! -d $__envhook_run/heard ]] || __envhook_be_heard
  __envhook_report_gone 0
  __envhook_say_news
}

# A function called `builtin` stands before the builtins that everything here is made of.
__envhook_shadowed() {
  [[ ${(t)__envhook_installed-} == array ]] || return 0
  [[ $__envhook_told == shadowed ]] || print -ru2 'envhook: a function called builtin is in the way; type: unset -f builtin'
  __envhook_told=(shadowed)
  __envhook_pwd=
}

# --- watching -----------------------------------------------------------------------------------
# Arguments as in the slots: directory, plan file, index of its first field, expected verdict. Sets __envhook_now
# to the verdict on each in turn, until one is not as expected, and then __envhook_unlike:
# none (no plan), stale (one that does not fit), load, block, or changed- and the offset of the first such file.
__envhook_judge() {
  builtin local __envhook_dir __envhook_plan __envhook_first __envhook_expected __envhook_flags __envhook_mine
  builtin local __envhook_at __envhook_file __envhook_name __envhook_mark __envhook_approved __envhook_bytes
  for __envhook_dir __envhook_plan __envhook_first __envhook_expected in "$@"; do
    __envhook_now=stale
    if (( ! __envhook_first )); then
      [[ -f $__envhook_plan ]] || __envhook_now=none
    else
      # Here as below, one read for one file, of one byte more than is expected.
      __envhook_file=$__envhook_fields[__envhook_first+5] __envhook_approved=$__envhook_fields[__envhook_first+6] __envhook_bytes=
      [[ ! -f $__envhook_file || ! -r $__envhook_file || ! -O $__envhook_file || -L $__envhook_file ]] ||
        builtin sysread -i 9 -s $(( $#__envhook_approved + 1 )) __envhook_bytes 9<$__envhook_file || __envhook_bytes=
      # Whose must it be? The user's what is loaded, unless the approval was for root's; a stranger's what ends the climb.
      __envhook_flags=$__envhook_fields[__envhook_first+7] __envhook_mine=
      [[ $__envhook_fields[__envhook_first+2] != load || $__envhook_flags == *' roots '* ]] || __envhook_mine=1
      if [[ ${__envhook_bytes%$'\n'} == $__envhook_approved ]] &&
        [[ -z $__envhook_mine || -O $__envhook_dir ]] && [[ $__envhook_flags != *' foreign '* || ! -O $__envhook_dir ]] &&
        [[ $__envhook_dir == $__envhook_fields[__envhook_first+4] || $__envhook_dir -ef $__envhook_fields[__envhook_first+4] ]] &&
        [[ -z $__envhook_fields[__envhook_first+8] || ${(%):-%D{%s}} -lt $__envhook_fields[__envhook_first+8] ]]; then
        __envhook_now=$__envhook_fields[__envhook_first+2]
        __envhook_at=13
        for __envhook_name __envhook_mark __envhook_approved in \
          "${(@)__envhook_fields[__envhook_first+13,__envhook_first+12+3*__envhook_fields[__envhook_first+12]]}"; do
          __envhook_file=${__envhook_dir%/}/$__envhook_name __envhook_bytes=
          if [[ -f $__envhook_file ]]; then
            [[ $__envhook_mark == - || -z $__envhook_mine || -O $__envhook_file ]] || {
              __envhook_now=stale
              break
            }
            [[ $__envhook_mark == - || ! -r $__envhook_file ]] ||
              builtin sysread -i 9 -s $(( $#__envhook_approved + 1 )) __envhook_bytes 9<$__envhook_file || __envhook_bytes=
            [[ $__envhook_mark != - && $__envhook_bytes == $__envhook_approved ]]
          else
            [[ $__envhook_mark == - ]]
          fi || {
            __envhook_now=changed-$__envhook_at
            break
          }
          (( __envhook_at += 3 ))
        done
        # An approval for one shell: this one, or the one that started it?
        [[ $__envhook_now != load || $__envhook_flags != *' session='* ]] || {
          [[ -n $__envhook_identity ]] || __envhook_identify
          [[ $__envhook_flags == *" session=$__envhook_identity "* ]] ||
            (( ${__envhook_granted[(Ie)$__envhook_fields[__envhook_first+6]]} )) || __envhook_now=block
        }
      fi
    fi
    [[ $__envhook_now == $__envhook_expected ]] || {
      __envhook_unlike=1
      break
    }
  done
}

# Sets __envhook_identity to what no other shell has: process id, start time and boot id; without /proc, the start time
# as ps has it. The name of a program, in parentheses, may hold anything.
__envhook_identify() {
  builtin local __envhook_stat= __envhook_boot=
  __envhook_identity=$$-none
  if [[ -r /proc/$$/stat && -r /proc/sys/kernel/random/boot_id ]]; then
    builtin sysread -i 9 -s 4096 __envhook_stat 9</proc/$$/stat &&
      builtin sysread -i 9 -s 64 __envhook_boot 9</proc/sys/kernel/random/boot_id || return 0
    __envhook_identity=$$-${${(s: :)${__envhook_stat##*\) }}[20]}-${__envhook_boot%$'\n'}
  else
    __envhook_stat=$(LC_ALL=C TZ=UTC0 /bin/ps -o lstart= -p $$ 2>/dev/null)
    __envhook_identity=$$-${__envhook_stat//[^A-Za-z0-9]}
  fi
}

# --- finding ------------------------------------------------------------------------------------
# Looks at everything again, from the directories above to the variables. In line, for the speed: fills __envhook_dirs
# with the directories that have an env file, inner to outer, from the present one up to the home directory, or to /
# outside it, and with those on the way that are not the user's (__envhook_alien), since a stranger's ends the climb;
# fills __envhook_wanted and what is watched, as long as what is known of their plans fits.
__envhook_update() {
  builtin local __envhook_now __envhook_later __envhook_at __envhook_dir __envhook_i __envhook_first __envhook_root __envhook_unfit
  builtin local __envhook_file __envhook_size __envhook_expected __envhook_many
  builtin local -a __envhook_dirs __envhook_alien __envhook_way __envhook_said __envhook_wanted __envhook_blamed __envhook_news
  __envhook_pwd= __envhook_at=${PWD%/} __envhook_i=0 # an interrupt from here on makes the next prompt look again
  __envhook_absent=() __envhook_misses=() __envhook_owned=() __envhook_watched=() __envhook_slots=()
  while [[ -z $__envhook_at || $__envhook_at == /* ]]; do
    if [[ ! -e $__envhook_at/.env && ! -L $__envhook_at/.env && ! -f $__envhook_at/.env.local ]]; then
      __envhook_absent+=("$__envhook_at")
      [[ -O $__envhook_at/ ]] || __envhook_way+=("$__envhook_at")
    elif [[ -f $__envhook_at/.env || -f $__envhook_at/.env.local ]]; then
      (( ! $#__envhook_way )) || { __envhook_dirs+=("$__envhook_way[@]") __envhook_alien+=("$__envhook_way[@]") __envhook_way=() }
      __envhook_dirs+=("${__envhook_at:-/}")
      __envhook_owned+=(${__envhook_absent[__envhook_i+1,-1]} "${__envhook_at:-/}") __envhook_i=$#__envhook_absent
    else
      __envhook_absent+=("$__envhook_at")
      [[ -O $__envhook_at/ ]] || __envhook_way+=("$__envhook_at")
      __envhook_odd $__envhook_at/.env
    fi
    [[ -n $__envhook_at && $__envhook_at != $__envhook_home ]] || break
    __envhook_at=${__envhook_at:h} # `%/*` takes the square of a path's length
    [[ $__envhook_at != / ]] || __envhook_at=
  done
  (( $#__envhook_dirs <= 10 && $#__envhook_layers <= 40 )) || __envhook_many=1
  # A known plan whose record and files have the bytes that it was made for says the same as ever.
  __envhook_i=$#__envhook_known
  for __envhook_dir in "$__envhook_dirs[@]"; do
    # The next, since they became known in the same order, or the last: a plan that was read again stands behind the older one.
    (( __envhook_i = 3 * __envhook_i + 1 ))
    [[ $__envhook_known[__envhook_i] == "$__envhook_dir" ]] || __envhook_i=${__envhook_known[(Ie)$__envhook_dir]}
    (( __envhook_i % 3 == 1 )) && [[ -f $__envhook_known[__envhook_i+1] && -O $__envhook_dir ]] || { __envhook_unfit=1; break }
    __envhook_first=$__envhook_known[__envhook_i+2]
    [[ -n $__envhook_root ]] || __envhook_wanted=($__envhook_first $__envhook_wanted)
    [[ $__envhook_fields[__envhook_first+7] != *' root '* ]] || __envhook_root=1
    (( __envhook_i = __envhook_i / 3 + 1 ))
    __envhook_watched+=("${(@0)__envhook_watches[__envhook_i]}")
    [[ -z $__envhook_lacks[__envhook_i] ]] || __envhook_misses+=("${(@0)__envhook_lacks[__envhook_i]}")
  done
  for __envhook_file in "$__envhook_misses[@]"; do
    [[ ! -f $__envhook_file ]] || __envhook_unfit=1
  done
  for __envhook_file __envhook_size __envhook_expected in "$__envhook_watched[@]"; do
    __envhook_now=
    [[ ! -f $__envhook_file || ! -r $__envhook_file || ! -O $__envhook_file ]] ||
      builtin sysread -i 9 -s $__envhook_size __envhook_now 9<$__envhook_file || :
    [[ $__envhook_now == $__envhook_expected ]] || __envhook_unfit=1
  done
  [[ -z $__envhook_unfit ]] || __envhook_learn
  (( ! $#__envhook_wanted && ! $#__envhook_layers )) || __envhook_apply
  [[ -z $__envhook_many ]] || __envhook_say_news
  (( ! $#__envhook_said && ! $#__envhook_told )) || __envhook_told=("$__envhook_said[@]")
  [[ -n $__envhook_later ]] || __envhook_pwd=$PWD
}

# Reads the plans of the directories found and decides anew.
__envhook_learn() {
  builtin local __envhook_dir
  __envhook_misses=() __envhook_watched=() __envhook_wanted=()
  (( $#__envhook_layers || $#__envhook_fields < 20000 )) || __envhook_forget
  __envhook_read_plans
  (( ! $#__envhook_slots )) || __envhook_choose
  __envhook_watch
  # What is not the user's is in the slots, by what its plan says.
  for __envhook_dir in "$__envhook_owned[@]"; do
    [[ -O $__envhook_dir ]] || __envhook_owned=("${(@)__envhook_owned:#$__envhook_dir}")
  done
}

# Plans enough to fill the memory with are read again when they are needed.
__envhook_forget() {
  __envhook_fields=() __envhook_known=() __envhook_watches=() __envhook_lacks=() __envhook_sessions=()
  __envhook_plains=() __envhook_assigns=() __envhook_undos=()
  __envhook_tests=() __envhook_checks=() __envhook_loaded_as=() __envhook_lines=()
}

# Says what a .env is that is no file. A directory of that name (a Python venv) is nobody's mistake, and
# what somebody else put there is not this user's business.
__envhook_odd() {
  builtin local __envhook_what='is no regular file'
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
  __envhook_shown $1
  __envhook_many=1
  __envhook_tell "$__envhook_now: $__envhook_what; nothing is loaded from it, put a regular file there"
}

# --- plans --------------------------------------------------------------------------------------
# After the plans were read: what of them the lists can tell goes there, the rest stays in the slots.
__envhook_watch() {
  builtin local __envhook_dir __envhook_plan __envhook_first __envhook_verdict __envhook_name __envhook_mark __envhook_bytes
  builtin local -a __envhook_rest __envhook_have __envhook_lack
  for __envhook_dir __envhook_plan __envhook_first __envhook_verdict in "$__envhook_slots[@]"; do
    if [[ $__envhook_verdict != load || $__envhook_dir != $__envhook_fields[__envhook_first+4] ||
      -z $__envhook_fields[__envhook_first+6] || -n $__envhook_fields[__envhook_first+8] ||
      $__envhook_fields[__envhook_first+7] == *' roots '* ]]; then
      __envhook_rest+=("$__envhook_dir" "$__envhook_plan" $__envhook_first $__envhook_verdict)
      continue
    fi
    __envhook_bytes=$__envhook_fields[__envhook_first+6]$'\n' __envhook_lack=()
    __envhook_have=("$__envhook_fields[__envhook_first+5]" $#__envhook_bytes "$__envhook_bytes")
    for __envhook_name __envhook_mark __envhook_bytes in \
      "${(@)__envhook_fields[__envhook_first+13,__envhook_first+12+3*__envhook_fields[__envhook_first+12]]}"; do
      __envhook_name=${__envhook_dir%/}/$__envhook_name
      if [[ $__envhook_mark == - ]]; then
        __envhook_lack+=("$__envhook_name")
      else
        __envhook_have+=("$__envhook_name" $(( $#__envhook_bytes + 1 )) "$__envhook_bytes")
      fi
    done
    __envhook_watched+=("$__envhook_have[@]") __envhook_misses+=("$__envhook_lack[@]")
    __envhook_watches+=("${(pj:\0:)__envhook_have}") __envhook_lacks+=("${(pj:\0:)__envhook_lack}")
    __envhook_known+=("$__envhook_dir" "$__envhook_plan" $__envhook_first)
  done
  __envhook_slots=("$__envhook_rest[@]")
}

# Reads the plan of every directory found; has Node make the missing ones, all in one run, and reads again.
__envhook_read_plans() {
  builtin local __envhook_dir
  builtin local -a __envhook_unknown __envhook_ask
  for __envhook_dir in "$__envhook_dirs[@]"; do __envhook_read_plan $__envhook_dir; done
  __envhook_ask=("${(@)__envhook_unknown:|__envhook_vain}")
  (( $#__envhook_ask )) || return 0
  # Before the run: an interrupted or failed one is not repeated at every prompt.
  __envhook_vain+=("$__envhook_ask[@]")
  __envhook_compile "${(@)__envhook_ask%%$'\0'*}" || return 0
  __envhook_slots=() __envhook_unknown=()
  for __envhook_dir in "$__envhook_dirs[@]"; do __envhook_read_plan $__envhook_dir; done
  __envhook_vain=("${(@)__envhook_vain:|__envhook_dirs}" "$__envhook_unknown[@]")
}

# Appends the plan of directory $1 to the fields and its slot to the slots.
# Adds the directory to __envhook_unknown when only Node can say what the verdict means: no plan fits, or a
# file is not what the plan was made for and that is not known to be refused.
__envhook_read_plan() {
  builtin local __envhook_first=$(( $#__envhook_fields + 1 )) __envhook_file=$__envhook_run/plans${1%/}/.envhook-plan
  builtin local -a __envhook_found
  __envhook_now=stale
  __envhook_found=($__envhook_run(N/Uf-077)) # before 5.0.6 there is no (#q) in conditions: not empty whatever it is
  if (( $#__envhook_found )); then
    __envhook_read $__envhook_file envhook-plan
    # No verdict is expected yet: any is unlike it.
    __envhook_whole $__envhook_first $1 && __envhook_private $__envhook_fields[__envhook_first+5] &&
      __envhook_judge $1 $__envhook_file $__envhook_first ''
  fi
  if [[ $__envhook_now == stale ]]; then # unfit: as if it were not there
    __envhook_fields[__envhook_first,-1]=()
    __envhook_first=0
    [[ -f $__envhook_file ]] || __envhook_now=none
  fi
  __envhook_slots+=("$1" "$__envhook_file" $__envhook_first $__envhook_now)
  if [[ $__envhook_now == (none|stale) ]]; then
    __envhook_unknown+=("$1")
  elif [[ $__envhook_now == changed-* ]]; then
    [[ $__envhook_fields[__envhook_first+2] == load && $__envhook_fields[__envhook_first+7] != *' always '* ]] &&
      (( ! ${__envhook_alien[(Ie)$1]} )) || __envhook_unknown+=("$1")
  elif [[ $__envhook_fields[__envhook_first+7] == *' unsure '* ]]; then
    # Once for this approval, in words that are no directory's: an edit that comes later is asked about, too.
    __envhook_unknown+=("$1"$'\0'$__envhook_fields[__envhook_first+6])
  fi
}

# True when the approval record $1 is not there, or ours and nobody else's: who can write to it can take back a deny.
__envhook_private() {
  builtin local -a __envhook_found
  __envhook_found=($1(N.Uf-077))
  [[ $#__envhook_found -eq 1 || ! -e $1 && ! -L $1 ]]
}

# Appends the NUL-terminated fields of file $1 to __envhook_fields, if it is a regular file of ours that is open to nobody
# else, begins with the field $2 and is no longer than any true one; so many NULs in a row no true one has.
__envhook_read() {
  builtin local __envhook_text= __envhook_part __envhook_size=0
  builtin local -a __envhook_parts __envhook_found
  __envhook_found=($1(N.Uf-077))
  [[ $#__envhook_found -eq 1 && -r $1 ]] || return 0
  while builtin sysread -s 65536 __envhook_part; do
    [[ $__envhook_part != *${(pl:16::\0:)}* && ( $__envhook_size -gt 0 || $__envhook_part == $2$'\0'* ) ]] &&
      (( (__envhook_size += $#__envhook_part) <= 8388608 )) || return 0
    __envhook_parts+=("$__envhook_part")
  done <$1
  __envhook_text=${(j::)__envhook_parts}
  [[ $__envhook_text[-1] != $'\0' ]] || __envhook_fields+=("${(@0)__envhook_text[1,-2]}")
}

# True when the fields from index $1 on are one complete plan for directory $2, to the end mark.
# <0-N> is a number that arithmetic may see.
__envhook_whole() {
  builtin local __envhook_at=$1 __envhook_count=$#__envhook_fields __envhook_vars
  (( __envhook_count - __envhook_at >= 15 )) || return 1
  [[ $__envhook_fields[__envhook_at] == envhook-plan && $__envhook_fields[__envhook_at+1] == 2 &&
    $__envhook_fields[__envhook_at+2] == (load|block) &&
    $__envhook_fields[__envhook_at+8] == (|<0-99999999999>) && $__envhook_fields[__envhook_at+12] == <0-99999> ]] || return 1
  # A disk that ignores case has one plan for all spellings of a path.
  [[ $__envhook_fields[__envhook_at+3] == $2 ]] ||
    { [[ $2 -ef $__envhook_fields[__envhook_at+3] ]] && __envhook_fields[__envhook_at+3]=$2 } || return 1
  (( __envhook_at += 13 + 3 * __envhook_fields[__envhook_at+12] ))
  (( __envhook_at + 1 < __envhook_count )) && [[ $__envhook_fields[__envhook_at] == <0-99999> ]] || return 1
  __envhook_vars=$__envhook_fields[__envhook_at]
  for (( __envhook_at += 2; __envhook_vars > 0; __envhook_vars-- )); do
    (( __envhook_at + 2 < __envhook_count )) || return 1
    [[ $__envhook_fields[__envhook_at] == text ]] || {
      [[ $__envhook_fields[__envhook_at+2] == <0-99999> ]] || return 1
      (( __envhook_at += 3 * __envhook_fields[__envhook_at+2] ))
    }
    (( __envhook_at += 3 ))
  done
  [[ $__envhook_at == $__envhook_count && $__envhook_fields[__envhook_at] == envhook-end ]]
}

# Has Node make the plans of the directories given; false where that cannot be. What the shell's variables tell Node, its loader and its
# libraries is not meant for this process, only for comparison: it gets them under other names.
__envhook_compile() {
  if [[ ! -x $__envhook_node || ! -f $__envhook_main ]]; then
    __envhook_tell 'Node or envhook is no longer where it was; open a new shell, or install envhook again'
    return 1
  fi
  (
    builtin typeset -x __ENVHOOK_SAVED=
    for __envhook_name in $__envhook_meddlers; do
      [[ $__envhook_name == [A-Za-z_][A-Za-z0-9_]# && ${(tP)__envhook_name} == *-export* ]] || continue
      builtin typeset -x __ENVHOOK_SAVED_$__envhook_name="${(P)__envhook_name}"
      builtin typeset +x $__envhook_name
      __ENVHOOK_SAVED+=" $__envhook_name"
    done
    __ENVHOOK_SAVED=${__ENVHOOK_SAVED# }
    builtin exec $__envhook_node $__envhook_main compile "$__envhook_data" "$__envhook_run" "$__envhook_home" "$@"
  ) </dev/null >&2 || builtin :
}

# --- choosing -----------------------------------------------------------------------------------
# Fills __envhook_wanted with the first fields of the plans to load, outer to inner, and says why the rest is not.
__envhook_choose() {
  builtin local __envhook_dir __envhook_plan __envhook_first __envhook_verdict
  for __envhook_dir __envhook_plan __envhook_first __envhook_verdict in "$__envhook_slots[@]"; do
    case $__envhook_verdict in
      load)
        __envhook_wanted=($__envhook_first $__envhook_wanted)
        [[ $__envhook_fields[__envhook_first+7] != *' root '* ]] || break
        ;;
      none|stale)
        # Whose it is only Node can say: nothing from above.
        [[ -O $__envhook_dir ]] || break
        ;;
      block)
        [[ $__envhook_fields[__envhook_first+2] != block || $__envhook_fields[__envhook_first+7] != *' '(root|foreign)' '* ]] || break
        (( ! ${__envhook_alien[(Ie)$__envhook_dir]} )) || continue
        [[ -z $__envhook_fields[__envhook_first+11] ]] || __envhook_blame "$__envhook_dir" $__envhook_fields[__envhook_first+11]
        ;;
      changed-*)
        [[ $__envhook_fields[__envhook_first+2] == load ]] && (( ! ${__envhook_alien[(Ie)$__envhook_dir]} )) || continue
        __envhook_changed $__envhook_dir $__envhook_first $(( __envhook_first + ${__envhook_verdict#changed-} ))
        __envhook_blame $__envhook_dir "$__envhook_now; look: envhook diff, accept: envhook allow"
        ;;
    esac
  done
}

# Sets __envhook_now to what happened to the input at index $3 of directory $1's plan at $2.
__envhook_changed() {
  builtin local __envhook_name=$__envhook_fields[$3]
  if [[ $__envhook_fields[$3+1] == - ]]; then
    __envhook_now='is new since you allowed this directory'
  elif [[ -f ${1%/}/$__envhook_name ]]; then
    __envhook_now='changed since you allowed it'
  else
    __envhook_now='is gone since you allowed it'
  fi
  __envhook_now="$__envhook_fields[$2+10]/$__envhook_name $__envhook_now"
  [[ ! -r ${1%/}/$__envhook_name ]] || __envhook_differences "$__envhook_fields[$3+2]" ${1%/}/$__envhook_name
}

# Appends to __envhook_now, in parentheses, the names whose lines differ between the approved text $1 and file $2. An
# aid for the eye, without a process: a value of several lines is `envhook diff`'s.
__envhook_differences() {
  builtin local __envhook_line __envhook_name __envhook_text=
  builtin local -A __envhook_old __envhook_new __envhook_signs
  builtin local -a __envhook_marks
  builtin sysread -s 16385 __envhook_text <$2 || :
  (( $#1 + $#__envhook_text <= 16384 )) || return 0
  for __envhook_line in "${(@f)1}"; do
    __envhook_name=${${${__envhook_line##[[:blank:]]#}#export[[:blank:]]}##[[:blank:]]#}
    [[ $__envhook_name == [A-Za-z_][A-Za-z0-9_]#[[:blank:]]#=* ]] || continue
    __envhook_old[${__envhook_name%%[^A-Za-z0-9_]*}]+=$__envhook_line$'\n'
  done
  for __envhook_line in "${(@f)__envhook_text}"; do
    __envhook_name=${${${__envhook_line##[[:blank:]]#}#export[[:blank:]]}##[[:blank:]]#}
    [[ $__envhook_name == [A-Za-z_][A-Za-z0-9_]#[[:blank:]]#=* ]] || continue
    __envhook_new[${__envhook_name%%[^A-Za-z0-9_]*}]+=$__envhook_line$'\n'
  done
  for __envhook_name in ${(k)__envhook_old} ${(k)__envhook_new}; do
    if (( ! ${+__envhook_old[$__envhook_name]} )); then
      __envhook_signs[$__envhook_name]=+
    elif (( ! ${+__envhook_new[$__envhook_name]} )); then
      __envhook_signs[$__envhook_name]=-
    elif [[ $__envhook_old[$__envhook_name] != $__envhook_new[$__envhook_name] ]]; then
      __envhook_signs[$__envhook_name]='~'
    fi
  done
  for __envhook_name in ${(ok)__envhook_signs}; do __envhook_marks+=($__envhook_signs[$__envhook_name]$__envhook_name); done
  (( $#__envhook_marks <= 10 )) || __envhook_marks[11,-1]=("and $(( $#__envhook_marks - 10 )) more")
  (( ! $#__envhook_marks )) || __envhook_now+=" (${(j: :)__envhook_marks})"
}

# Takes the loaded directories to what is wanted: unloads down to the first difference, loads the rest. What
# meets a local variable of a calling function waits for the prompt (__envhook_later). In line: a layer of plain
# text of which no name was anything is loaded, and unloaded if nobody changed one, at once.
__envhook_apply() {
  builtin local __envhook_keep __envhook_first __envhook_i __envhook_old
  builtin local -a __envhook_before
  __envhook_keep=0
  for __envhook_first in $__envhook_wanted; do
    [[ $__envhook_layers[__envhook_keep+1] == $__envhook_fields[__envhook_first+3] &&
      $__envhook_layers[__envhook_keep+2] == $__envhook_fields[__envhook_first+6] ]] || break
    (( __envhook_keep += 4 ))
  done
  (( __envhook_keep < $#__envhook_layers || __envhook_keep / 4 < $#__envhook_wanted )) || return 0
  (( __envhook_keep == $#__envhook_layers )) || {
    __envhook_before=("$__envhook_layers[@]") __envhook_now= __envhook_i=${__envhook_fresh[__envhook_keep/4+1]:-0}
    (( __envhook_keep + 4 != $#__envhook_layers || ! __envhook_i )) || builtin eval "$__envhook_checks[__envhook_i]"
    if [[ -n $__envhook_now && $__envhook_now == $__envhook_loaded_as[__envhook_i] ]]; then
      builtin unset -v ${${(0)__envhook_assigns[__envhook_i]}%%=*}
      __envhook_undo[__envhook_layers[-1]+1,-1]=()
      __envhook_layers[-4,-1]=() __envhook_fresh[__envhook_keep/4+1,-1]=()
    else
      __envhook_pop_to $__envhook_keep || return 0
    fi
  }
  for __envhook_first in ${__envhook_wanted[__envhook_keep/4+1,-1]}; do
    __envhook_now=x __envhook_i=${__envhook_plains[(Ie)$__envhook_first]}
    (( __envhook_i )) || __envhook_prepare
    (( ! __envhook_i )) || builtin eval "$__envhook_tests[__envhook_i]"
    if [[ -z $__envhook_now ]]; then
      __envhook_fresh[$#__envhook_layers/4+1]=$__envhook_i
      __envhook_layers+=("$__envhook_fields[__envhook_first+3]" '' "$__envhook_fields[__envhook_first+9]" $#__envhook_undo)
      __envhook_undo+=("${(@0)__envhook_undos[__envhook_i]}")
      builtin typeset -gx "${(@0)__envhook_assigns[__envhook_i]}"
      __envhook_layers[-3]=$__envhook_fields[__envhook_first+6]
      [[ $ENVHOOK_LOG == (off|error) || $__envhook_fields[__envhook_first+7] == *' silent '* || $ZSH_SUBSHELL != 0 ]] ||
        { (( $#__envhook_before )) && __envhook_returns $__envhook_first } ||
        __envhook_say "loaded $__envhook_fields[__envhook_first+9] ($__envhook_lines[__envhook_i])" loaded
    else
      __envhook_push $__envhook_first
      [[ -z $__envhook_later ]] || break
    fi
  done
  builtin unset -v ENVHOOK_SESSION
  (( ! $#__envhook_layers )) || __envhook_session_write
  [[ ! -d $__envhook_run/heard ]] || __envhook_be_heard
  if (( $#__envhook_before == 4 && ! $#__envhook_layers && ! $#__envhook_blamed )); then
    [[ -z $__envhook_before[3] || $ENVHOOK_LOG == (off|error) || $ZSH_SUBSHELL != 0 ]] ||
      __envhook_say "unloaded $__envhook_before[3]" unloaded
  elif (( __envhook_keep < $#__envhook_before )); then
    __envhook_report_gone $__envhook_keep
  fi
}

# --- loading ------------------------------------------------------------------------------------
# Works out what is the same at every load of the plan at index __envhook_first, if all of it is plain text under names
# that can be set, and small enough to fit anyhow. Sets __envhook_i to its position in the list of these plans.
__envhook_prepare() {
  builtin local __envhook_at=$(( __envhook_first + 13 + 3 * __envhook_fields[__envhook_first+12] )) __envhook_vars __envhook_name __envhook_value
  builtin local __envhook_assign= __envhook_entry= __envhook_test= __envhook_check= __envhook_text= __envhook_line= __envhook_n
  builtin local -a __envhook_order
  __envhook_vars=$__envhook_fields[__envhook_at] __envhook_order=(${(s: :)__envhook_fields[__envhook_at+1]})
  (( __envhook_vars )) || return 0
  for (( __envhook_n = 1, __envhook_at += 2; __envhook_n <= __envhook_vars; __envhook_n++, __envhook_at += 3 )); do
    __envhook_name=$__envhook_fields[__envhook_at+1] __envhook_value=$__envhook_fields[__envhook_at+2]
    [[ $__envhook_fields[__envhook_at] == text && $__envhook_name == [A-Za-z_][A-Za-z0-9_]# &&
      $__envhook_name != (#i)(__|)envhook_* && $__envhook_name != ${~__envhook_integers} ]] || return 0
    __envhook_assign+=$'\0'$__envhook_name=$__envhook_value
    __envhook_entry+=$'\0'$__envhook_name$'\0unset\0\0'$__envhook_value$'\0\0'
    # Each substitution copies the rest of its word: many short words, not a long one.
    (( __envhook_n % 8 )) || __envhook_test+='"; __envhook_now+="' __envhook_check+='"; __envhook_now+="'
    __envhook_test+="\${(t)$__envhook_name}"
    __envhook_check+="\${(t)$__envhook_name}\${#$__envhook_name}:\$$__envhook_name/"
    __envhook_text+=scalar-export$#__envhook_value:$__envhook_value/
  done
  (( $#__envhook_text <= 65536 )) || return 0
  for __envhook_n in $__envhook_order[1,10]; do
    __envhook_line+=" +$__envhook_fields[__envhook_at-3*(__envhook_vars-__envhook_n)+1]"
  done
  (( __envhook_vars <= 10 )) || __envhook_line+=" and $(( __envhook_vars - 10 )) more"
  __envhook_i=$(( $#__envhook_plains + 1 ))
  __envhook_assigns[__envhook_i]=${__envhook_assign#?} __envhook_undos[__envhook_i]=${__envhook_entry#?}
  __envhook_tests[__envhook_i]="__envhook_now=\"$__envhook_test\"" __envhook_checks[__envhook_i]="__envhook_now=\"$__envhook_check\""
  __envhook_loaded_as[__envhook_i]=$__envhook_text __envhook_lines[__envhook_i]=${__envhook_line# }
  __envhook_plains[__envhook_i]=$__envhook_first
}

# Loads the plan at index $1. All values are worked out and all names checked before the first is set, and
# all undo entries stand before that, too: an interrupt leaves a layer without a head, which the next
# prompt takes back.
__envhook_push() {
  builtin local __envhook_failure= __envhook_unique= __envhook_n
  builtin local -a __envhook_names __envhook_values __envhook_prefixes __envhook_suffixes
  builtin local -a __envhook_sets __envhook_entries __envhook_signs __envhook_strange
  if ! __envhook_work_out $1 || ! __envhook_examine; then
    [[ -n $__envhook_later ]] ||
      __envhook_blame "$__envhook_fields[$1+3]" "$__envhook_fields[$1+9]: $__envhook_failure; nothing is loaded from it"
    return 0
  fi
  for __envhook_n in $__envhook_strange; do
    __envhook_tell "$__envhook_fields[$1+9]: $__envhook_n is left out, since its value is not the one you consented to; look: envhook diff, accept: envhook allow" name
  done
  __envhook_layers+=("$__envhook_fields[$1+3]" '' "$__envhook_fields[$1+9]" $#__envhook_undo)
  __envhook_undo+=("$__envhook_entries[@]")
  (( ! $#__envhook_sets )) || builtin typeset -gx "$__envhook_sets[@]"
  for __envhook_n in ${(s: :)__envhook_unique}; do __envhook_undo[__envhook_n+4]=${(P)__envhook_undo[__envhook_n+1]}; done
  __envhook_layers[-3]=$__envhook_fields[$1+6]
  __envhook_report_loaded $1
}

# Fills __envhook_names (empty: evaluated only) and __envhook_values from the plan at index $1, against the
# environment as it is now; false with __envhook_failure when that cannot be.
__envhook_work_out() {
  builtin local __envhook_at __envhook_vars __envhook_n __envhook_size=0 __envhook_mode __envhook_name __envhook_value
  (( __envhook_at = $1 + 13 + 3 * __envhook_fields[$1+12] ))
  __envhook_vars=$__envhook_fields[__envhook_at]
  (( __envhook_at += 2 ))
  for (( __envhook_n = 1; __envhook_n <= __envhook_vars; __envhook_n++ )); do
    __envhook_mode=$__envhook_fields[__envhook_at]
    __envhook_name=$__envhook_fields[__envhook_at+1]
    __envhook_value=$__envhook_fields[__envhook_at+2] # of one that is worked out, the number of its steps
    (( __envhook_at += 3 ))
    [[ $__envhook_mode == text ]] || __envhook_run_steps $__envhook_at $(( __envhook_at += 3 * __envhook_value )) || return 1
    __envhook_names[__envhook_n]=$__envhook_name __envhook_values[__envhook_n]=$__envhook_value
    [[ $__envhook_mode != hidden && -z $__envhook_strange[__envhook_n] ]] || __envhook_names[__envhook_n]=
    (( __envhook_size += $#__envhook_name + $#__envhook_value + 2 ))
  done
  (( __envhook_size <= 65536 )) || __envhook_fits
}

# Works out a value of the steps from index $1 to before $2 (src/plan.ts) into __envhook_value; of an addition its
# prefix and suffix, too. A reference is to @N, the Nth value of this plan, or else to a name in the shell. A name whose
# value is not the one that was consented to goes to __envhook_strange: it is left out, and unset for who refers to it.
__envhook_run_steps() {
  builtin local __envhook_at __envhook_self= __envhook_kind __envhook_operand __envhook_is __envhook_text __envhook_type
  builtin local -a __envhook_steps
  __envhook_steps=("${(@)__envhook_fields[$1,$2-1]}") # an element far back in a list costs more
  __envhook_value=
  for (( __envhook_at = 1; __envhook_at < $#__envhook_steps; __envhook_at += 3 )); do
    [[ $__envhook_steps[__envhook_at+2] == <0-99999> ]] || return 1
    __envhook_kind=$__envhook_steps[__envhook_at] __envhook_operand=$__envhook_steps[__envhook_at+1]
    [[ $__envhook_kind != s ]] || __envhook_operand=$__envhook_name
    __envhook_is=unset __envhook_text=
    if [[ $__envhook_kind == [t=!] ]]; then
      __envhook_text=$__envhook_operand
    elif [[ $__envhook_operand == @<0-99999> ]]; then
      __envhook_type=$__envhook_strange[${__envhook_operand#@}+1]
      if [[ -n $__envhook_type ]]; then
        __envhook_operand=$__envhook_type
      else
        __envhook_is=empty __envhook_text=$__envhook_values[${__envhook_operand#@}+1]
      fi
    elif [[ $__envhook_operand == [A-Za-z_][A-Za-z0-9_]# && $__envhook_operand != (#i)(__|)envhook_* ]]; then
      __envhook_type=${(tP)__envhook_operand}
      [[ $__envhook_type != *-local* ]] || { __envhook_later=1; return 1 }
      if (( ${(P)+__envhook_operand} )); then
        __envhook_is=empty
        # Of an array, its first element, as in bash.
        if [[ $__envhook_type == array* ]]; then
          __envhook_text=${${(@P)__envhook_operand}[1]}
        else
          __envhook_text=${(P)__envhook_operand}
        fi
      fi
    fi
    [[ -z $__envhook_text ]] || __envhook_is=full
    case $__envhook_kind:$__envhook_is in
      (t:*) __envhook_value+=$__envhook_text ;;
      ([=!]:*)
        [[ $__envhook_kind == = && ${__envhook_value[__envhook_self+1,-1]} == $__envhook_text ]] || {
          __envhook_strange[__envhook_n]=$__envhook_name __envhook_value= __envhook_prefixes[__envhook_n]=
          return 0
        }
        ;;
      ('$:unset') __envhook_value+=\$$__envhook_operand ;;
      (['${']:*) __envhook_value+=$__envhook_text ;;
      (s:*)
        __envhook_prefixes[__envhook_n]=$__envhook_value
        __envhook_value+=$__envhook_text
        __envhook_self=$#__envhook_value
        ;;
      (*[-?]:full|[-?]:empty)
        __envhook_value+=$__envhook_text
        (( __envhook_at += 3 * __envhook_steps[__envhook_at+2] ))
        ;;
      (*\?:*)
        __envhook_failure="$__envhook_name needs $__envhook_steps[__envhook_at+4]"
        return 1
        ;;
      (*+:unset|:+:empty) (( __envhook_at += 3 * __envhook_steps[__envhook_at+2] )) ;;
    esac
  done
  [[ -z $__envhook_self ]] || __envhook_suffixes[__envhook_n]=${__envhook_value[__envhook_self+1,-1]}
  (( $#__envhook_value <= 32768 )) && return 0
  __envhook_failure="$__envhook_name would be longer than 32 KiB"
  return 1
}

# True when the environment with __envhook_size more bytes can still be handed to a program. macOS, where there is no
# /proc, takes half of what Linux does.
__envhook_fits() {
  builtin local __envhook_part __envhook_most=1048576 __envhook_text='1 MiB'
  if [[ -r /proc/self/environ ]]; then
    while builtin sysread -s 65536 __envhook_part; do (( __envhook_size += $#__envhook_part )); done </proc/self/environ
  else
    __envhook_most=524288 __envhook_text='512 KiB'
    for __envhook_part in ${(k)parameters[(R)*-export*]}; do
      (( __envhook_size += $#__envhook_part + ${#${(P)__envhook_part}} + 2 ))
    done
  fi
  (( __envhook_size <= __envhook_most )) && return 0
  __envhook_failure="the environment would be larger than $__envhook_text"
  return 1
}

# Fills __envhook_entries (undo), __envhook_sets and __envhook_signs for the names and values; false with
# __envhook_failure when this shell cannot hold one, or with __envhook_later when it is a local variable of a calling
# function. Quoted values are not inert: a[$(cmd)] assigned to an integer variable runs cmd. So a name's form is
# checked, then the type of the variable that it names.
__envhook_examine() {
  builtin local __envhook_n __envhook_at=0 __envhook_name __envhook_type __envhook_was __envhook_old __envhook_sign
  for (( __envhook_n = 1; __envhook_n <= $#__envhook_names; __envhook_n++ )); do
    __envhook_name=$__envhook_names[__envhook_n] __envhook_was=unset __envhook_old= __envhook_sign=+
    if [[ -z $__envhook_name ]]; then
      __envhook_was= # hidden
    elif [[ $__envhook_name != [A-Za-z_][A-Za-z0-9_]# || $__envhook_name == (#i)(__|)envhook_* ]]; then
      __envhook_was= __envhook_failure='the plan names what is no variable'
    else
      __envhook_type=${(tP)__envhook_name}
      [[ -n $__envhook_type || $__envhook_name != ${~__envhook_integers} ]] || __envhook_type=integer-special
      case $__envhook_type in
        ('') ;;
        (scalar(-tied|-tag_local|-export|-unique|-hide|-hideval|-special|-tag)#) # tag_local: tied, before 5.7
          if (( ${(P)+__envhook_name} )); then
            __envhook_old=${(P)__envhook_name} __envhook_was=shell __envhook_sign='~'
            [[ $__envhook_type != *-export* ]] || __envhook_was=export
            [[ $__envhook_old != $__envhook_values[__envhook_n] ]] || __envhook_sign=
          fi
          # `typeset -U PATH` drops what is there twice: what is loaded is known afterwards only.
          [[ $__envhook_type != *-unique* ]] || __envhook_unique+="$(( $#__envhook_undo + 6 * __envhook_at )) "
          ;;
        (*-local*) __envhook_later=1 ;;
        (*-readonly*) __envhook_failure="$__envhook_name is read-only in this shell" ;;
        (array*|association*) __envhook_failure="$__envhook_name is an array in this shell" ;;
        (integer*) __envhook_failure="$__envhook_name is an integer variable in this shell" ;;
        (float*) __envhook_failure="$__envhook_name is a floating-point variable in this shell" ;;
        (*-upper*|*-lower*) __envhook_failure="$__envhook_name changes case in this shell" ;;
        (*) __envhook_failure="$__envhook_name is padded or cut in this shell" ;;
      esac
    fi
    [[ -z $__envhook_failure$__envhook_later ]] || return 1
    if [[ -n $__envhook_was ]]; then
      __envhook_signs[__envhook_n]=$__envhook_sign
      __envhook_sets[__envhook_at+1]=$__envhook_name=$__envhook_values[__envhook_n]
      __envhook_entries[6*__envhook_at+6]=$__envhook_suffixes[__envhook_n] # the last first: the array grows once
      __envhook_entries[6*__envhook_at+1]=$__envhook_name
      __envhook_entries[6*__envhook_at+2]=$__envhook_was
      __envhook_entries[6*__envhook_at+3]=$__envhook_old
      __envhook_entries[6*__envhook_at+4]=$__envhook_values[__envhook_n]
      __envhook_entries[6*__envhook_at+5]=$__envhook_prefixes[__envhook_n]
      (( __envhook_at += 1 ))
    fi
  done
}

# --- undoing ------------------------------------------------------------------------------------
# Unloads every layer from index $1 on, inner first. Entries go after their variables are back: an
# interrupt before that makes the next prompt do it again, which changes nothing more.
# What the user changed meanwhile stays as it is, less the items that the directory added to a list. False when
# a local variable of a calling function is in the way.
__envhook_pop_to() {
  builtin local __envhook_first __envhook_name __envhook_was __envhook_old __envhook_loaded __envhook_prefix __envhook_suffix
  builtin local __envhook_n __envhook_list
  builtin local -a __envhook_unsets __envhook_sets __envhook_hides
  for (( __envhook_n = __envhook_layers[$1+4] + 1; __envhook_n < $#__envhook_undo; __envhook_n += 6 )); do
    __envhook_name=$__envhook_undo[__envhook_n]
    [[ $__envhook_name != [A-Za-z_][A-Za-z0-9_]# || ${(tP)__envhook_name} != *-local* ]] || {
      __envhook_later=1
      return 1
    }
  done
  while (( $#__envhook_layers > $1 )); do
    __envhook_first=$__envhook_layers[-1]
    __envhook_unsets=() __envhook_sets=() __envhook_hides=()
    for __envhook_name __envhook_was __envhook_old __envhook_loaded __envhook_prefix __envhook_suffix in \
      "${(@)__envhook_undo[__envhook_first+1,-1]}"; do
      # What was made read-only or an array meanwhile cannot be put back.
      if [[ $__envhook_name != [A-Za-z_][A-Za-z0-9_]# || $__envhook_name == (#i)(__|)envhook_* ||
        ${(tP)__envhook_name} != scalar* || ${(tP)__envhook_name} == *-readonly* ]]; then
        __envhook_was=left
      elif [[ ${(P)__envhook_name} != $__envhook_loaded ]]; then
        __envhook_was=left
        [[ -z $__envhook_prefix$__envhook_suffix ]] || __envhook_was=list
      fi
      case $__envhook_was in
        unset) __envhook_unsets[$#__envhook_unsets+1]=$__envhook_name ;;
        export) __envhook_sets[$#__envhook_sets+1]=$__envhook_name=$__envhook_old ;;
        shell) __envhook_hides[$#__envhook_hides+1]=$__envhook_name=$__envhook_old ;;
      esac
      [[ $__envhook_was != list ]] || {
        __envhook_without_items "${(P)__envhook_name}"
        __envhook_sets[$#__envhook_sets+1]=$__envhook_name=$__envhook_list
      }
      [[ $__envhook_name != PATH || -z $__envhook_prefix$__envhook_suffix ]] || __envhook_clean_saved
    done
    (( ! $#__envhook_unsets )) || builtin unset -v $__envhook_unsets
    (( ! $#__envhook_sets )) || builtin typeset -gx "$__envhook_sets[@]"
    (( ! $#__envhook_hides )) || builtin typeset -g +x "$__envhook_hides[@]"
    __envhook_layers[-4,-1]=()
    __envhook_undo[__envhook_first+1,-1]=()
  done
  __envhook_fresh[$1/4+1,-1]=()
}

# Sets __envhook_list to the list $1 without the items of __envhook_prefix and __envhook_suffix.
__envhook_without_items() {
  __envhook_list=:$1:
  __envhook_take_out "${__envhook_prefix%:}" first
  __envhook_take_out "${__envhook_suffix#:}" last
  __envhook_list=${__envhook_list#:}
  __envhook_list=${__envhook_list%:}
}

# Does to what a virtual environment saved of PATH, to bring it back, what is done to PATH. What it saved before the
# directory was entered, a part of the old value, has nothing of ours.
__envhook_clean_saved() {
  builtin local __envhook_saved
  for __envhook_saved in _OLD_VIRTUAL_PATH _OLD_NODE_VIRTUAL_PATH; do
    [[ ${(tP)__envhook_saved} == scalar(|-export) && :$__envhook_old: != *:${(P)__envhook_saved}:* ]] || continue
    if [[ ${(P)__envhook_saved} == $__envhook_loaded ]]; then
      __envhook_list=$__envhook_old
    else
      __envhook_without_items "${(P)__envhook_saved}"
    fi
    builtin typeset -g $__envhook_saved=$__envhook_list
  done
}

# Takes the items $1 out of __envhook_list, which begins and ends with a colon: the first or the last such.
__envhook_take_out() {
  [[ -n $1 && $__envhook_list == *:$1:* ]] || return 0
  if [[ $2 == first ]]; then
    __envhook_list=${__envhook_list%%:$1:*}:${__envhook_list#*:$1:}
  else
    __envhook_list=${__envhook_list%:$1:*}:${__envhook_list##*:$1:}
  fi
}

# --- session ------------------------------------------------------------------------------------
# A child shell inherits the variables and must be able to put back what they replaced. ENVHOOK_SESSION
# names a file beside the plans that says how. A file is written once per state and never changed, since a
# child may start from it much later. A child believes an entry only where its variable has the loaded value.
__envhook_session_write() {
  builtin local __envhook_i __envhook_first __envhook_next __envhook_state __envhook_key __envhook_id __envhook_dir=$__envhook_run/sessions
  builtin local -a __envhook_out
  __envhook_key="${(pj:\0:)__envhook_layers}"$'\0'"${(pj:\0:)__envhook_undo}" __envhook_i=${__envhook_sessions[(Ie)$__envhook_key]}
  (( ! __envhook_i )) || [[ ! -f $__envhook_dir/$__envhook_sessions[__envhook_i-1] ]] || {
    builtin typeset -gx ENVHOOK_SESSION=$__envhook_sessions[__envhook_i-1]
    return 0
  }
  __envhook_out=(envhook-session 1 $(( $#__envhook_layers / 4 )))
  for (( __envhook_i = 1; __envhook_i < $#__envhook_layers; __envhook_i += 4 )); do
    __envhook_first=$__envhook_layers[__envhook_i+3] __envhook_next=${__envhook_layers[__envhook_i+7]:-$#__envhook_undo}
    __envhook_out+=("${(@)__envhook_layers[__envhook_i,__envhook_i+2]}" $(( (__envhook_next - __envhook_first) / 6 ))
      "${(@)__envhook_undo[__envhook_first+1,__envhook_next]}")
  done
  __envhook_state="${(pj:\0:)__envhook_out}"$'\0envhook-end\0' # the end mark comes last: half a file is no state
  [[ -d $__envhook_dir && -O $__envhook_dir && ! -L $__envhook_dir ]] || return 0
  # A subshell has the same $$, and the same number of states.
  for (( __envhook_i = $#__envhook_sessions; ; __envhook_i++ )); do
    __envhook_id=$$-${(%):-%D{%s}}-$__envhook_i
    [[ -e $__envhook_dir/$__envhook_id || -L $__envhook_dir/$__envhook_id ]] || break
  done
  __envhook_session_put $__envhook_dir/$__envhook_id 2>/dev/null || return 0
  __envhook_sessions+=($__envhook_id "$__envhook_key")
  builtin typeset -gx ENVHOOK_SESSION=$__envhook_id
}

# Lets the daemon know, while somebody wants to hear of loads: an empty file named as the state that is now in force.
__envhook_be_heard() {
  [[ ! -O $__envhook_run/heard || -L $__envhook_run/heard ]] ||
    { builtin : >|$__envhook_run/heard/${ENVHOOK_SESSION:-$$-} } 2>/dev/null
}

# Writes the state to the new file $1, for the user's eyes only.
__envhook_session_put() {
  builtin local __envhook_file __envhook_failed=0
  builtin sysopen -w -o creat,excl,cloexec -m 600 -u __envhook_file -- $1 || return 1
  builtin syswrite -o $__envhook_file -- $__envhook_state || __envhook_failed=1
  builtin exec {__envhook_file}>&-
  return $__envhook_failed
}

# Takes over what the parent shell loaded, as far as it is proved: the file is ours and whole. Whether a variable has the
# loaded value, the proof that an entry is about it, is looked at when it is undone: an inner layer goes first. What the
# parent had not exported is unset here.
__envhook_adopt() {
  builtin local __envhook_id=$ENVHOOK_SESSION __envhook_file __envhook_at=4 __envhook_layer __envhook_vars
  builtin local __envhook_name __envhook_was __envhook_old __envhook_loaded __envhook_prefix __envhook_suffix
  builtin local -a __envhook_found
  builtin unset -v ENVHOOK_SESSION
  __envhook_file=$__envhook_run/sessions/$__envhook_id __envhook_found=($__envhook_run(N/Uf-077))
  [[ $__envhook_id == [0-9-]## && $#__envhook_found -eq 1 ]] || return 0
  __envhook_fields=()
  __envhook_read $__envhook_file envhook-session
  __envhook_session_whole || return 0
  for (( __envhook_layer = __envhook_fields[3]; __envhook_layer > 0; __envhook_layer-- )); do
    __envhook_layers+=("${(@)__envhook_fields[__envhook_at,__envhook_at+2]}" $#__envhook_undo)
    __envhook_granted+=("$__envhook_fields[__envhook_at+1]")
    __envhook_vars=$__envhook_fields[__envhook_at+3]
    (( __envhook_at += 4 ))
    for __envhook_name __envhook_was __envhook_old __envhook_loaded __envhook_prefix __envhook_suffix in \
      "${(@)__envhook_fields[__envhook_at,__envhook_at+6*__envhook_vars-1]}"; do
      [[ $__envhook_name == [A-Za-z_][A-Za-z0-9_]# && $__envhook_name != (#i)(__|)envhook_* ]] || continue
      [[ $__envhook_was == export ]] || __envhook_was=unset __envhook_old=
      __envhook_undo+=($__envhook_name $__envhook_was "$__envhook_old" "$__envhook_loaded" "$__envhook_prefix" "$__envhook_suffix")
    done
    (( __envhook_at += 6 * __envhook_vars ))
  done
  __envhook_fields=()
  __envhook_put_in_place
  (( ! $#__envhook_layers )) || __envhook_session_write
  [[ ! -d $__envhook_run/heard ]] || __envhook_be_heard
}

# Puts what the layers added to a list where a load here would put it: an rc file, or path_helper of macOS, may have
# moved other items in front of it. What was taken out meanwhile stays out, but a login shell's profile makes PATH anew.
__envhook_put_in_place() {
  builtin local __envhook_name __envhook_was __envhook_old __envhook_loaded __envhook_prefix __envhook_suffix __envhook_list __envhook_at __envhook_i
  builtin local -a __envhook_done __envhook_around
  for (( __envhook_at = $#__envhook_undo - 5; __envhook_at > 0; __envhook_at -= 6 )); do
    __envhook_name=$__envhook_undo[__envhook_at]
    (( ! ${__envhook_done[(Ie)$__envhook_name]} )) || continue
    __envhook_done+=($__envhook_name)
    [[ ${(tP)__envhook_name} == scalar* && ${(tP)__envhook_name} != *-(readonly|local)* &&
      ${(P)__envhook_name} != $__envhook_undo[__envhook_at+3] ]] || continue
    __envhook_around=() __envhook_list=${(P)__envhook_name}
    for (( __envhook_i = __envhook_at; __envhook_i > 0; __envhook_i -= 6 )); do
      [[ $__envhook_undo[__envhook_i] == $__envhook_name ]] || continue
      __envhook_prefix=$__envhook_undo[__envhook_i+4] __envhook_suffix=$__envhook_undo[__envhook_i+5] __envhook_old=$__envhook_list
      [[ -n $__envhook_prefix$__envhook_suffix && $__envhook_prefix == (|[^:]*:) && $__envhook_suffix == (|:*[^:]) ]] || break
      __envhook_without_items "$__envhook_list"
      [[ $__envhook_list == $__envhook_old && ! -o login ]] || __envhook_around+=("$__envhook_prefix" "$__envhook_suffix")
    done
    for (( __envhook_i = $#__envhook_around; __envhook_i > 0; __envhook_i -= 2 )); do
      __envhook_list=$__envhook_around[__envhook_i-1]$__envhook_list$__envhook_around[__envhook_i]
    done
    [[ ${(P)__envhook_name} == $__envhook_list ]] || builtin typeset -g $__envhook_name=$__envhook_list
  done
}

# True when the fields are one complete session file.
__envhook_session_whole() {
  builtin local __envhook_at=4 __envhook_layer
  [[ $__envhook_fields[1] == envhook-session && $__envhook_fields[2] == 1 && $__envhook_fields[3] == <0-99999> ]] || return 1
  for (( __envhook_layer = __envhook_fields[3]; __envhook_layer > 0; __envhook_layer-- )); do
    [[ $__envhook_fields[__envhook_at+3] == <0-99999> ]] || return 1
    (( __envhook_at += 4 + 6 * __envhook_fields[__envhook_at+3] ))
    (( __envhook_at <= $#__envhook_fields )) || return 1
  done
  [[ $__envhook_at == $#__envhook_fields && $__envhook_fields[__envhook_at] == envhook-end ]]
}

# --- messages -----------------------------------------------------------------------------------
# Says $1, which stays said as long as the directories on the way up give the same reason for it.
__envhook_tell() {
  __envhook_said+=("$1")
  # Usually it is where it was.
  [[ $__envhook_told[$#__envhook_said] != "$1" ]] && (( ! ${__envhook_told[(Ie)$1]} )) || return 0
  [[ $ENVHOOK_LOG == off ]] || __envhook_say "$1" ${2:-reason}
}

# Says $1, of kind $2: later, where __envhook_many says that there may be many (__envhook_say_news), or at the first
# prompt, while rc files are read.
__envhook_say() {
  if [[ -n $__envhook_many ]]; then
    __envhook_news+=("$1" $2)
  elif [[ $ZSH_EVAL_CONTEXT == file* ]] && builtin zmodload zsh/sched 2>/dev/null; then
    (( $#__envhook_held )) || builtin sched +0 __envhook_say_held
    __envhook_held+=("$1")
  else
    # powerlevel10k takes every word that comes before its instant prompt is gone for a mistake.
    [[ ${+__p9k_instant_prompt_active} -eq 0 || ${+functions[p10k]} -eq 0 ]] || p10k clear-instant-prompt
    builtin print -ru2 -- "envhook: $1"
  fi
}

__envhook_say_held() {
  builtin local __envhook_line
  for __envhook_line in "$__envhook_held[@]"; do __envhook_say "$__envhook_line"; done
  __envhook_held=()
}

# Says __envhook_news, but of more than ten lines of a kind only how many.
__envhook_say_news() {
  builtin local __envhook_line __envhook_kind __envhook_many=
  builtin local -A __envhook_count
  for __envhook_line __envhook_kind in "$__envhook_news[@]"; do (( __envhook_count[$__envhook_kind] += 1 )); done
  for __envhook_line __envhook_kind in "$__envhook_news[@]"; do
    case $(( __envhook_count[$__envhook_kind] > 10 )):$__envhook_kind in
      0:*|1:name) ;;
      1:reason) __envhook_line="$__envhook_count[reason] directories on the way here are not loaded; look: envhook status" ;;
      1:loaded) __envhook_line="loaded $__envhook_count[loaded] directories; look: envhook status" ;;
      1:unloaded) __envhook_line="unloaded $__envhook_count[unloaded] directories" ;;
    esac
    (( ! __envhook_count[$__envhook_kind] )) || __envhook_say "$__envhook_line"
    (( __envhook_count[$__envhook_kind] <= 10 )) || [[ $__envhook_kind == name ]] || __envhook_count[$__envhook_kind]=0
  done
}

# Says $2 about directory $1, which makes a line about its unloading superfluous.
__envhook_blame() {
  __envhook_blamed+=("$1")
  __envhook_tell "$2"
}

# Says what the plan at index $1 brought: signs and names, sorted, the first ten. Silent for a layer that is only
# back on top of a changed one below, and in a subshell.
__envhook_report_loaded() {
  builtin local __envhook_first
  builtin local -a __envhook_line
  [[ $ENVHOOK_LOG != (off|error) && $__envhook_fields[$1+7] != *' silent '* && $ZSH_SUBSHELL == 0 ]] || return 0
  ! __envhook_returns $1 || return 0
  for __envhook_first in ${(s: :)__envhook_fields[$1+14+3*__envhook_fields[$1+12]]}; do
    [[ $__envhook_first == <0-99999> && -n $__envhook_signs[__envhook_first+1] ]] || continue
    __envhook_line+=("$__envhook_signs[__envhook_first+1]$__envhook_names[__envhook_first+1]")
  done
  (( $#__envhook_line )) || return 0
  (( $#__envhook_line <= 10 )) || __envhook_line[11,-1]=("and $(( $#__envhook_line - 10 )) more")
  __envhook_say "loaded $__envhook_fields[$1+9] (${(j: :)__envhook_line})" loaded
}

# True when the plan at index $1 was loaded until just now.
__envhook_returns() {
  builtin local __envhook_i=${__envhook_before[(Ie)$__envhook_fields[$1+3]]}
  [[ $(( __envhook_i % 4 )) == 1 && $__envhook_before[__envhook_i+1] == $__envhook_fields[$1+6] ]]
}

# Says which of the layers in __envhook_before, from index $1 on, are gone, inner first, unless a reason was given.
__envhook_report_gone() {
  builtin local __envhook_i
  [[ $ENVHOOK_LOG != (off|error) && $ZSH_SUBSHELL == 0 ]] || return 0
  for (( __envhook_i = $#__envhook_before - 3; __envhook_i > $1; __envhook_i -= 4 )); do
    [[ -n $__envhook_before[__envhook_i+2] ]] || continue
    (( ! ${__envhook_blamed[(Ie)$__envhook_before[__envhook_i]]} )) || continue
    (( ${__envhook_layers[(Ie)$__envhook_before[__envhook_i]]} % 4 == 1 )) || __envhook_say "unloaded $__envhook_before[__envhook_i+2]" unloaded
  done
}

# Sets __envhook_now to path $1 for a person: ~ for the home directory, nothing that a terminal would obey.
__envhook_shown() {
  __envhook_now=$1
  if [[ $1 == *[^\ -~]* ]]; then
    __envhook_now=${(qqqq)1}
  elif [[ -n $__envhook_home && $1 == $__envhook_home/* ]]; then
    __envhook_now=\~${1#$__envhook_home}
  fi
}

# --- install ------------------------------------------------------------------------------------
# Arguments: Node, the program it runs, the data directory, the run directory, the home directory, the names of
# variables that must not reach Node. Pinned here, so that nothing a .env file sets can move them.
__envhook_install() {
  if [[ ! -o interactive ]]; then
    __envhook_uninstall
    return 0
  fi
  if [[ -o restricted ]]; then
    __envhook_decline 'this zsh is restricted'
    return 0
  fi
  if ! builtin zmodload -F zsh/system b:sysread b:syswrite 2>/dev/null || ! builtin zmodload -F zsh/parameter p:functions p:parameters 2>/dev/null; then
    __envhook_decline 'this zsh lacks its modules zsh/system and zsh/parameter'
    return 0
  fi
  # No environment holds a list: where there is none, every name of ours was inherited.
  [[ ${(t)__envhook_installed} == array ]] || builtin unset -m '__envhook_*' || builtin : # it fails where there is none
  builtin typeset -g __envhook_front __envhook_node=$1 __envhook_main=$2 __envhook_data=$3 __envhook_run=$4 __envhook_home=${5%/}
  builtin typeset -g __envhook_integers='(COLUMNS|EGID|ERRNO|EUID|FUNCNEST|GID|HISTSIZE|LINES|OPTIND|RANDOM|SAVEHIST|SECONDS|SHLVL|TRY_BLOCK_ERROR|TRY_BLOCK_INTERRUPT|UID)'
  builtin typeset -ga __envhook_meddlers
  __envhook_meddlers=(${(s: :)6})
  builtin typeset -ga precmd_functions preexec_functions chpwd_functions __envhook_passed
  __envhook_come_first
  __envhook_passed=()
  (( ! $#__envhook_installed )) || return 0
  builtin typeset -g __envhook_pwd= __envhook_identity=
  builtin typeset -ga __envhook_held
  builtin typeset -ga __envhook_installed
  __envhook_installed=(yes)
  builtin typeset -ga __envhook_absent __envhook_fields __envhook_slots __envhook_layers __envhook_undo
  builtin typeset -ga __envhook_vain __envhook_granted __envhook_told __envhook_sessions __envhook_misses __envhook_owned __envhook_watched
  builtin typeset -ga __envhook_known __envhook_watches __envhook_lacks __envhook_plains __envhook_assigns __envhook_undos
  builtin typeset -ga __envhook_tests __envhook_checks __envhook_loaded_as __envhook_lines __envhook_fresh
  __envhook_adopt
  (( 1 )) # as above
}

# Says that it cannot work in this shell, since $1, and takes itself out.
__envhook_decline() {
  builtin print -ru2 "envhook: $1, nothing will be loaded"
  __envhook_uninstall
}

# Puts the entries in front, so that a prompt program sees the variables of the place and a timer does not count ours,
# wherever our line stands. Who comes before us later is passed once: a program that insists keeps its place.
__envhook_come_first() {
  builtin local __envhook_list
  builtin local -a __envhook_names
  for __envhook_list in precmd_functions preexec_functions chpwd_functions; do
    __envhook_names=("${(@P)__envhook_list}")
    [[ $__envhook_names[1] != __envhook_prompt && ${(tP)__envhook_list} == array*~*readonly* ]] || continue
    (( ! ${__envhook_passed[(Ie)$__envhook_list $__envhook_names[1]]} )) || continue
    __envhook_passed+=("$__envhook_list $__envhook_names[1]")
    builtin set -A $__envhook_list __envhook_prompt "${(@)__envhook_names:#(__envhook_prompt|)}"
  done
  __envhook_front=$precmd_functions[1]
}

# Takes everything back: the variables, the entries, the functions, the names.
__envhook_uninstall() {
  builtin local __envhook_list
  builtin local -a __envhook_names
  if [[ ${(t)__envhook_installed} == array ]]; then
    [[ -o restricted ]] || __envhook_rest
    for __envhook_list in precmd_functions preexec_functions chpwd_functions; do
      [[ ${(tP)__envhook_list} == array*~*readonly* ]] || continue # zsh passes over an entry without a function
      __envhook_names=("${(@P)__envhook_list}")
      __envhook_names=("${(@)__envhook_names:#__envhook_prompt}")
      builtin set -A $__envhook_list "$__envhook_names[@]"
      (( $#__envhook_names )) || builtin unset -v $__envhook_list
    done
  fi
  builtin unfunction -m '__envhook_*'
  builtin unset -m '__envhook_*'
}

# --- old zsh ------------------------------------------------------------------------------------
# What 5.0 does otherwise: zsh/system has no sysopen, so a process sets the file's mode, at a load only.
if [[ -o interactive && ! -o restricted ]] && ! builtin zmodload -F zsh/system b:sysopen 2>/dev/null; then
  __envhook_session_put() {
    (
      builtin umask 077
      builtin print -rn -- "$__envhook_state" >$1
    )
  }
fi
