# envhook's hook for fish 3.2 and later; section "old fish" makes up for what 3.2 to 3.5 lack.
#
# What it touches, and why:
#   events fish_postexec, fish_prompt, fish_preexec   a change takes effect at the prompt, and for the very next command
#   event  PWD                         `cd project; and make` sees the variables
#   signal INT                         while something changes: see __envhook_pass_on
#   global variables that trusted .env files name, and ENVHOOK_SESSION (see "session")
#   _OLD_VIRTUAL_PATH, _OLD_NODE_VIRTUAL_PATH   a saved PATH: what a directory added goes when it does
# A universal variable is never touched: a global hides it for a while. Every other name starts with __envhook_
# and none is exported. fish gives $status and $pipestatus back after an event and traces no event handler.
# A plan is data: read by builtins, checked to its end mark, compared, then applied. A prompt at which nothing
# changed starts no process; Node runs only for a directory without a plan.
#
# What decides the speed of fish code is the number of commands, about 9 µs each, and of command substitutions
# and pipes, about 90 µs each. So `read <file` stands for (string ... <file), lists of numbers for `math`, and one
# command for a whole list where there is one.
#
# Sections, the same in every shell's file: state, entry points, watching, finding, plans, choosing,
# loading, undoing, session, messages, install. Here state comes third: at each call of a function fish counts the lines
# before it.

# --- entry points -------------------------------------------------------------------------------
function __envhook_prompt --on-event fish_prompt --on-event fish_preexec
    set -e __envhook_looked; and return
    __envhook_unchanged "$__envhook_most" "/$ENVHOOK_DISABLE$PWD"; and return
    set -e __envhook_busy # left by an interrupt: no update is running when the prompt comes
    __envhook_update
end

# After a command, and so before all that others do at the prompt: whose line comes first in config.fish does not
# count. fish calls handlers in the order in which they were defined.
function __envhook_after --on-event fish_postexec
    __envhook_prompt
    set -g __envhook_looked
end

# At once after cd. A variable that a caller of cd made local and exported would be taken for the global one of
# that name, so that then the prompt does the work.
function __envhook_moved --on-variable PWD
    test "/$ENVHOOK_DISABLE$PWD" = "$__envhook_pwd"; or __envhook_update moved
end

# ENVHOOK_DISABLE=1: unload and rest.
function __envhook_rest
    set -g __envhook_pwd
    set -q __envhook_layers_each[1]; or return
    set -g __envhook_blamed
    __envhook_remember
    __envhook_pop_to 1
    __envhook_session_write
    test ! -d $__envhook_run/heard; or __envhook_be_heard
    __envhook_report_gone
end

# --- watching -----------------------------------------------------------------------------------
# True when the place, which is $argv[2], and every file that the last look depended on is as it was. The first argument
# is how many bytes one `read` takes at most.
function __envhook_unchanged --argument-names fish_read_limit here
    test "$here" = "$__envhook_pwd" $__envhook_expected; or return
    for i in $__envhook_records_each
        read -l -d / now <$__envhook_records[$i]
        test "$now" = "$__envhook_heads[$i]"; or return
    end
    for i in $__envhook_files_each # as __envhook_same
        begin
            read -lz -d / now
            test "$now" = "$__envhook_bytes[$i]"; and not read -z -n 1 -d / now
            or return
        end <$__envhook_files[$i]
        string match -rq '\x00' <$__envhook_files[$i]; and return 1
    end
    set -q __envhook_doubtful[1]; or return 0
    set fish_read_limit # what judges sets its own
    for i in $__envhook_doubtful
        __envhook_judge $i
        test "$__envhook_now" = "$__envhook_verdicts[$i]"; or return
    end
    return 0
end

# Adds what the verdict on slot $argv[1] depends on to what __envhook_unchanged looks at, most of it by way of
# __envhook_due.
function __envhook_watch --argument-names slot
    set -l plan __envhook_plan_$slot
    set -l file __envhook_file_$slot
    switch $__envhook_verdicts[$slot]
        case load block
        case none
            if test -f $$file
                set -ga __envhook_doubtful $slot
            else
                set -ga __envhook_due -a ! -f $$file
            end
            return
        case '*'
            set -ga __envhook_doubtful $slot
            return
    end
    set -l fields $$plan
    if test -f "$fields[6]"
        set -ga __envhook_due -a -f $fields[6] -a -r $fields[6] -a -O $fields[6]
        set -ga __envhook_records_each $slot
        set -g __envhook_records[$slot] $fields[6]
        set -g __envhook_heads[$slot] "$fields[7]"
    else if test -n "$fields[6]"
        set -ga __envhook_due -a ! -f $fields[6]
    end
    set -l dir __envhook_dir_$slot
    set dir $$dir
    set -l whose __envhook_whose_$slot
    set -ga __envhook_due -a $$whose $dir
    test $dir = "$fields[5]"; or __envhook_watch_directory $slot $dir "$fields[5]"
    test -z "$fields[9]"; or set -ga __envhook_doubtful $slot
    test $dir = /; and set dir ''
    set -l next 1
    set -q __envhook_files_each[1]; and set next $__envhook_next[$__envhook_files_each[-1]]
    set -l inputs $fields[14..-1]
    set -l each __envhook_inputs_$slot
    for i in $$each
        if test "$inputs[2]" = -
            set -ga __envhook_due -a ! -f $dir/$inputs[1]
        else
            set -ga __envhook_due -a -f $dir/$inputs[1] -a -r $dir/$inputs[1] -a $$whose $dir/$inputs[1]
            set -ga __envhook_files $dir/$inputs[1]
            set -ga __envhook_bytes "$inputs[3]"
            set -ga __envhook_files_each $next
            set next $__envhook_next[$next]
        end
        set -e inputs[1..3]
    end
end

function __envhook_watch_directory
    set -ga __envhook_due -a $argv[2] -ef $argv[3]
end

# Sets __envhook_now to the verdict on slot $argv[1]: none (no plan), stale (another approval), load, block, or
# changed, - or = (the input was absent or there), and the name of the first such input.
function __envhook_judge --argument-names slot
    set -g __envhook_now none
    set -l plan __envhook_plan_$slot
    if not set -q $plan
        set -l unfit __envhook_unfit_$slot
        set -l file __envhook_file_$slot
        __envhook_fields $$file envhook-plan; or return
        test "$__envhook_fields" = "$$unfit"; or set __envhook_now stale
        return
    end
    set __envhook_now stale
    set -l fields $$plan
    set -l dir __envhook_dir_$slot
    set dir $$dir
    __envhook_headed "$fields[6]" "$fields[7]" $__envhook_most; or return
    set -l whose __envhook_whose_$slot
    test $$whose $dir; or return
    test $dir = "$fields[5]"; or __envhook_one_directory $dir "$fields[5]"; or return
    test -z "$fields[9]"; or __envhook_in_time $fields[9]; or return
    test $dir = /; and set dir ''
    set -l inputs $fields[14..-1]
    set -l each __envhook_inputs_$slot
    for i in $$each
        if test "$inputs[2]" = -
            test ! -f $dir/$inputs[1]
        else if test -f $dir/$inputs[1]
            test $$whose $dir/$inputs[1]; or return # stale: another account's
            __envhook_same $dir/$inputs[1] "$inputs[3]" $__envhook_most
        else
            builtin false
        end
        or begin
            set __envhook_now changed$inputs[2]$inputs[1]
            return
        end
        set -e inputs[1..3]
    end
    set __envhook_now $fields[3]
    string match -q '* session=*' -- "$fields[8]"; or return
    # An approval for one shell: this one, or the one that started it?
    __envhook_know_oneself
    string match -q "* session=$__envhook_self *" -- "$fields[8]"
    or builtin contains -- "$fields[7]" $__envhook_granted
    or set __envhook_now block
end

# Sets __envhook_self to what no other shell of this user is: process id, time of its start, and of which boot.
function __envhook_know_oneself
    set -q __envhook_self; and return
    set -g __envhook_self $fish_pid
    if test -r /proc/$fish_pid/stat -a -r /proc/sys/kernel/random/boot_id
        read -lz -d / stat </proc/$fish_pid/stat
        read -l boot </proc/sys/kernel/random/boot_id
        set stat (string split ' ' -- (string replace -r '(?s)^.*\) ' '' -- $stat | string collect)) # its name may hold anything
        set __envhook_self $fish_pid-$stat[20]-$boot
    else
        set -lx LC_ALL C
        set -lx TZ UTC0
        set __envhook_self $fish_pid-(/bin/ps -o lstart= -p $fish_pid | string replace -ra '[^A-Za-z0-9]' '')
    end
end

# True when file $argv[1] begins with the line $argv[2]; with no line, when it is not there. Reads $argv[3] bytes at most.
function __envhook_headed --argument-names file head fish_read_limit
    set -l now ''
    test -f "$file" -a -r "$file" -a -O "$file"; and read -d / now <$file
    test "$now" = "$head"
end

# True when file $argv[1] holds the bytes $argv[2] and nothing else; reads $argv[3] at most. The delimiter keeps `read`
# from stripping: one variable takes all, up to a NUL. What follows a NUL the next `read` sees, and one at the end
# only a search finds.
function __envhook_same --argument-names file bytes fish_read_limit
    test -r $file; or return
    begin
        read -lz -d / now
        test "$now" = "$bytes"; and not read -z -n 1 -d / now
    end <$file
    and not string match -rq '\x00' <$file
end

# True when both paths lead to one directory.
function __envhook_one_directory
    test $argv[1] -ef $argv[2]
end

# True while an approval with a time limit (seconds since 1970) holds.
function __envhook_in_time
    test (__envhook_clock) -lt $argv[1]
end

# Prints the seconds since 1970: the time of any file plus its age. fish has no other clock of its own.
function __envhook_clock
    set -l path path # a fish without this builtin does not even read a file that names it
    builtin math (builtin $path mtime -- /) + (builtin $path mtime -R -- /)
end

# --- state --------------------------------------------------------------------------------------
# Pinned at install: __envhook_node, __envhook_main, __envhook_data, __envhook_run, __envhook_home (_parts: its names,
# each with a slash behind it, and _depth: how many), __envhook_unwanted: variables that must not reach Node.
# __envhook_pwd        /$ENVHOOK_DISABLE$PWD that the rest describes; empty: look again
# __envhook_expected   arguments of `test`, each condition after -a: what holds as long as nothing changed
# __envhook_due        the part of these that has not been added yet
# __envhook_records, _heads, _records_each   approval records and their first lines, by slot; the slots
# __envhook_files, _bytes, _files_each       files in force, their approved bytes, the indexes of both
# __envhook_doubtful   slots that each prompt has to judge again
# __envhook_slots      per env directory on the way up, inner to outer: its slot
# __envhook_plain      those of them that have no env file, and are another account's
# __envhook_dir_N, _file_N   a directory that was come across, whose slot is N, and its plan file: fish copies a list to
#                      look at one item or to add one
# __envhook_slot_NAME  the slot of a directory, NAME is its path in letters that a name can have; _slot_last: how many
# __envhook_verdicts   per slot on the way up: the verdict
# __envhook_looks, _looks_each   places, as in __envhook_pwd, that were looked at since a plan was last read, and whose
#                      directories all load or are silent; their indexes
# __envhook_look_NAME_N   NAME as it was after the look at place N
# __envhook_plan_N     fields of the plan of slot N (src/plan.ts); erased: none. 1 magic, 2 version, 3 kind,
#                      4 directory, 5 real directory, 6 record, 7 head, 8 flags, 9 expires, 10 label,
#                      11 shown directory, 12 message, 13 count of inputs, three per input, count of entries ...
# __envhook_about_N    the first twelve fields
# __envhook_planned_N  the directory, if that plan is here
# __envhook_whose_N    what `test` is to ask of the directory and its files: -O, unless the plan says that it is another's
# __envhook_unfit_N    what stands in the plan file of slot N instead of a plan
# __envhook_inputs_N   indexes of the inputs
# __envhook_entry_rows_N, _order_N, _names_N, _values_N, _modes_N, _steps_N   the plan's entries: indexes, their order
#                      by name, columns; the value is the count of steps unless the mode is text; no modes: all
#                      are text; the steps of all entries one after the other
# __envhook_sound_N    set when the entries are all text, with names that are names, and small enough to fit anyhow
# __envhook_line_N     what the message says of them when all are new
# __envhook_layers, _layer_heads, _layer_labels, _layers_each   per loaded directory, outer to inner, and the indexes
# __envhook_rows_N, _names_N, _was_N, _old_N, _values_N, _prefix_N, _suffix_N   undo table of layer N: indexes, names,
#                      what it was (unset, shell, export; one element for all: unset), old and loaded value as
#                      exported, what was added to a list before and after
# __envhook_universals_N   names in layer N that were no globals but exported universals
# __envhook_lists_N    names in layer N whose old value was not exactly one element; __envhook_list_N_NAME_: the
#                      elements (the end keeps fish from taking it for a path variable)
# __envhook_granted    record heads of what the parent shell had loaded
# __envhook_self       what no other shell is, once it was asked for
# __envhook_asked      directories, records and heads of plans that Node was asked for again since it was unsure
# __envhook_told       what has been said about the directories on the way up
# __envhook_lines      of one update: what it is going to print
# __envhook_said, _blamed, _wanted, _before, _before_each, _before_heads, _before_labels   of one update: what it
#                      has to say, about which directories, the slots to load, and the layers as they were
# __envhook_absent, _left_out   of one load: the indexes of the entries that have no value, the names of those to be told
# __envhook_names, _values, _prefix, _suffix, _was, _old, _lists, _universals, _changes, _failure   of one load
# __envhook_sessions, _states   ids and contents of the states written so far
# __envhook_mark_N     the directory and record head of layer N, if no name in it was anything before
# __envhook_marks      since a plan was last read: the marks of all layers together, the id of their state; and so on
# __envhook_looked     set between a look after a command and the prompt
# __envhook_mask       the user's umask while ours is in force
# __envhook_busy       set while an update runs: setting a variable may run handlers of the user's that change PWD
# __envhook_interrupt  set when an interrupt came meanwhile
# __envhook_most       how many bytes `read` takes at most: as many as the largest approved file has, and 4 KiB
# __envhook_numbers, _next, _thirds   1, 2, 3 ...; 2, 3, 4 ...; 3, 6, 9 ...: as far as needed
# What is exported was inherited: nothing of ours ever is.
for __envhook_thirds in (set -nx | string match '__envhook_*')
    set -e $__envhook_thirds
end
set -g __envhook_numbers 0 1 2 3 4 5 6 7 8 9
set -a __envhook_numbers 1$__envhook_numbers 2$__envhook_numbers 3$__envhook_numbers 4$__envhook_numbers \
    5$__envhook_numbers 6$__envhook_numbers 7$__envhook_numbers 8$__envhook_numbers 9$__envhook_numbers
set -e __envhook_numbers[1]
set -g __envhook_next $__envhook_numbers[2..-1] 100
set -e __envhook_thirds

# --- finding ------------------------------------------------------------------------------------
# Looks at everything again, from the directories above to the variables.
function __envhook_update
    set -q __envhook_installed; and not set -q __envhook_busy; or return 0 # functions that were copied without their state
    function __envhook_interrupted --on-signal INT
        set -g __envhook_interrupt yes
    end
    set -g __envhook_busy yes
    set -l fish_trace # a trace would show values; fish 3.1 traces handlers, too
    set -g __envhook_pwd # an interrupt from here on makes the next prompt look again
    if set -q __envhook_mask[1]
        set -g umask $__envhook_mask
        set -e __envhook_mask
    end
    if test "$ENVHOOK_DISABLE" = 1
        __envhook_rest
    else
        set -l here "/$ENVHOOK_DISABLE$PWD"
        set -e __envhook_said __envhook_blamed
        set -l complete yes
        if __envhook_recall $here
            __envhook_apply $argv; or set complete
        else
            __envhook_learn
            __envhook_apply $argv; or set complete
            __envhook_keep $here
        end
        set -g __envhook_told $__envhook_said
        test -z "$complete"; or set __envhook_pwd $here
    end
    set -q __envhook_lines[1]; and __envhook_speak
    builtin functions --erase __envhook_interrupted
    set -e __envhook_busy
    set -q __envhook_interrupt; and __envhook_pass_on
    return 0
end

# While something changes, an interrupt waits: in the middle of it one can leave fish (seen in 3.6) returning from a
# function for ever, and then it runs no command any more. Passes it on, unless the user's own handlers had it already.
function __envhook_pass_on
    set -e __envhook_interrupt
    string match -q '*INT*' -- (builtin functions --handlers-type signal); or /bin/kill -s INT $fish_pid
end

# Finds and reads what counts here, and decides.
function __envhook_learn
    set -e __envhook_slots __envhook_plain __envhook_verdicts __envhook_expected \
        __envhook_records __envhook_heads __envhook_records_each \
        __envhook_files __envhook_bytes __envhook_files_each __envhook_doubtful
    if test $__envhook_slot_last -ge 40
        set -e (set -ng | string match '__envhook_slot_*')
        set -g __envhook_slot_last 0
        __envhook_forget
    end
    __envhook_find
    __envhook_read_plans
    __envhook_choose
    set -g __envhook_due
    for i in $__envhook_slots
        __envhook_watch $i
        set -q __envhook_due[400]; or continue # to append to a long list again and again would take a minute
        set -ga __envhook_expected $__envhook_due
        set -g __envhook_due
    end
    set -ga __envhook_expected $__envhook_due
end

# True when an earlier look from place $argv[1] is as good as a new one: all that it depended on is as it was.
function __envhook_recall
    for i in $__envhook_looks_each
        test "$__envhook_looks[$i]" = "$argv[1]"; or continue
        set -e __envhook_doubtful __envhook_records_each __envhook_files_each
        set -l kept __envhook_look_expected_$i
        set -g __envhook_expected $$kept
        set kept __envhook_look_wanted_$i
        set -g __envhook_wanted $$kept
        set kept __envhook_look_records_each_$i
        if set -q $kept[1]
            for name in records_each records heads files_each files bytes
                set kept __envhook_look_$name\_$i
                set -g __envhook_$name $$kept
            end
        end
        __envhook_unchanged $__envhook_most "$__envhook_pwd"; and return
        set __envhook_looks[$i] ''
    end
    return 1
end

# Keeps the look from place $argv[1] if it had nothing to say, nothing to ask Node for, and nothing that has to be
# judged anew each time.
function __envhook_keep
    set -q __envhook_doubtful[1]; or set -q __envhook_said[1]; or builtin contains none $__envhook_verdicts; and return
    set -q __envhook_looks_each[8]; and __envhook_forget
    set -l i 1
    set -q __envhook_looks_each[1]; and set i $__envhook_next[$__envhook_looks_each[-1]]
    for name in expected wanted records_each records heads files_each files bytes
        set -l now __envhook_$name
        set -g __envhook_look_$name\_$i $$now
    end
    set -g __envhook_looks[$i] $argv[1]
    set -ga __envhook_looks_each $i
end

# What was kept is as old as the plans.
function __envhook_forget
    set -e __envhook_looks_each __envhook_looks __envhook_marks
end

# Fills __envhook_slots with the directories that have an env file, inner to outer: from the present one up to
# the home directory, or to / outside it, and what lies between these and is not the user's own. Goes down, since one
# command splits a path.
function __envhook_find
    set -l at ''
    set -l level 1
    set -l odd
    __envhook_split_path
    if set -q __envhook_parts[99]
        set -q __envhook_parts[1000]; and return
        __envhook_many 1000
    end
    if set -q __envhook_home_parts[1]
        set -l above $__envhook_parts[1..$__envhook_home_depth]/
        if test "$above" = "$__envhook_home_parts"
            set at $__envhook_home
            set level $__envhook_next[$__envhook_home_depth]
        end
    end
    while builtin true
        if test -f $at/.env -o -f $at/.env.local
            __envhook_find_slot "$at"
        else
            set -ga __envhook_expected -a ! -f $at/.env -a ! -f $at/.env.local
            test -e $at/.env -o -e $at/.env.local -o -L $at/.env; and set -p odd $at/.env
            set -q __envhook_slots[1]; and __envhook_find_plain $at
        end
        set -q __envhook_parts[$level]; or break
        set at $at/$__envhook_parts[$level]
        set level $__envhook_next[$level]
    end
    for file in $odd
        __envhook_odd $file
    end
end

# Puts the slot of directory $argv[1] (empty: the root) in front.
function __envhook_find_slot --argument-names dir
    set -l plan $__envhook_run/plans$dir/.envhook-plan
    test -n "$dir"; or set dir /
    set -l slot __envhook_slot_(string escape --style=var -- $dir)
    if not set -q $slot
        set __envhook_slot_last (builtin math $__envhook_slot_last + 1)
        set -g __envhook_dir_$__envhook_slot_last $dir
        set -g __envhook_file_$__envhook_slot_last $plan
        set -g $slot $__envhook_slot_last
    end
    set -gp __envhook_slots $$slot
end

# A directory below an env directory, without an env file of its own. What is not the user's may be a stranger's, where
# the way up ends, or root's: its plan says which.
function __envhook_find_plain
    if test -O $argv[1]
        set -ga __envhook_expected -a -O $argv[1]
    else
        __envhook_find_slot $argv
        set -ga __envhook_plain $__envhook_slots[1]
    end
end

# Sets __envhook_parts to the names that make up the present directory: a named group takes all matches.
function __envhook_split_path
    set -g __envhook_parts
    string match -qra '/(?<__envhook_parts>[^/]+)' -- $PWD
end

# Says what a .env is that is no file. A directory of that name (a Python venv) is nobody's mistake, and
# what somebody else put there is not this user's business.
function __envhook_odd
    set -l what 'is no regular file'
    if test -L $argv[1] -a ! -e $argv[1]
        set what 'is a broken link'
    else if test ! -O $argv[1] -o -d $argv[1]
        return
    else if test -p $argv[1]
        set what 'is a named pipe'
    else if test -S $argv[1]
        set what 'is a socket'
    else if test -b $argv[1] -o -c $argv[1]
        set what 'is a device'
    end
    __envhook_tell (__envhook_shown $argv[1])": $what; nothing is loaded from it, put a regular file there"
end

# --- plans --------------------------------------------------------------------------------------
# Reads the plan of every directory found; has Node make the missing ones, all in one run, and reads again.
function __envhook_read_plans
    set -l ask
    for i in $__envhook_slots
        __envhook_read_plan $i
        __envhook_unknown $i; or continue
        set -l dir __envhook_dir_$i
        set -a ask $$dir
    end
    set -q ask[1]; or return
    __envhook_compile $ask
    set -e __envhook_verdicts
    for i in $__envhook_slots
        __envhook_read_plan $i
    end
end

# True when only Node can say what the verdict on slot $argv[1] means: no plan fits, or a file is not what the
# plan was made for and that is not known to be refused.
function __envhook_unknown
    set -l about __envhook_about_$argv[1]
    switch "$__envhook_verdicts[$argv[1]]$$about[1][8]"
        case 'none*'
            return 0
        case 'changed*'
            test $$about[1][3] = block
            or string match -q '* always *' -- "$$about[1][8]"
            or builtin contains -- $argv[1] $__envhook_plain
        case '* unsure *' # of a value that another shell's variables went into: once
            builtin contains -- "$$about[1][4..7]" $__envhook_asked; and return 1
            set -ga __envhook_asked "$$about[1][4..7]"
            set -g __envhook_planned_$argv[1] ''
            return 0
        case '*'
            return 1
    end
end

# Reads the plan of slot $argv[1] and appends its verdict. A plan to load that has been read already is as good as the
# one on the disk as long as all that it was made from is the same. Not all that is in the way may show in another.
function __envhook_read_plan --argument-names slot
    set -l plan __envhook_plan_$slot
    set -l planned __envhook_planned_$slot
    set -l dir __envhook_dir_$slot
    set -l file __envhook_file_$slot
    if test "$$planned" = $$dir
        __envhook_judge $slot
        if test $__envhook_now = load
            set -g __envhook_verdicts[$slot] $__envhook_now
            return
        end
    end
    set -g $planned '' # until all of it is there: an interrupt would leave half a plan
    set -e $plan __envhook_unfit_$slot __envhook_sound_$slot __envhook_line_$slot
    __envhook_forget
    set -g __envhook_now none
    if __envhook_fields $$file envhook-plan
        set -g $plan $__envhook_fields
        if __envhook_whole $slot $$dir
            __envhook_judge $slot
        else
            set __envhook_now stale
        end
        if test $__envhook_now = stale # unfit: as if it were not there, until it changes
            set __envhook_now none
            set -g __envhook_unfit_$slot $$plan
            set -e $plan
        else
            set $planned $$dir
        end
    end
    set -g __envhook_verdicts[$slot] $__envhook_now
end

# True when $argv[1] is a file of the user's own in the run directory, which is the user's own, too.
function __envhook_private
    test -f $argv[1] -a -r $argv[1] -a -O $argv[1] -a ! -L $argv[1] -a -O $__envhook_run -a ! -L $__envhook_run
end

# Fills __envhook_fields from such a file, which begins with the field $argv[2].
function __envhook_fields
    __envhook_private $argv[1]; and __envhook_ends $argv[1] $argv[2] 1114112; or return
    set -g __envhook_fields (string split0 <$argv[1])
    return 0
end

# True when file $argv[1] has the first field $argv[2] and an end: `string` would take 5 GB for what somebody made 64 MB
# of. A line is no longer than $argv[3] bytes (what goes into an environment and a file), and there are no more than
# four files can have.
function __envhook_ends --argument-names file first fish_read_limit
    begin
        read -lz -d / now
        test "$now" = $first; or return
        for i in $__envhook_numbers[1..28]
            for j in $__envhook_numbers[1..99]
                for k in $__envhook_numbers[1..99]
                    read -l now; and continue
                    test $status -eq 1 # 122: too long
                    return
                end
            end
        end
    end <$file
    return 1
end

# True when __envhook_plan_$argv[1] is one complete plan for directory $argv[2], to the end mark. Takes the entries
# apart: fields 2 and 3 of three fields each are picked by a list of indexes, 3, 6, 9 ...
function __envhook_whole --argument-names slot dir
    set -l plan __envhook_plan_$slot
    set -l fields $$plan
    set -q fields[16]; or return
    if test "$fields[-1] $fields[4]" != "envhook-end $dir"
        # A disk that ignores case has one plan for all spellings of a path.
        test "$fields[-1]" = envhook-end; and __envhook_one_directory $dir "$fields[4]"; or return
        set fields[4] $dir
    end
    # magic, version, kind, count of inputs, time limit, record
    string match -qr '^envhook-plan 2 (load|block) (0|[1-9][0-9]{0,2}|1000) ([0-9]|[1-9][0-9]{1,10})? (/|\z)' \
        -- "$fields[1] $fields[2] $fields[3] $fields[13] $fields[9] $fields[6]"
    or return
    set -l inputs $fields[13]
    set -g __envhook_about_$slot $fields[1..12]
    set -g __envhook_whose_$slot -O
    switch "$fields[3]$fields[13]$fields[8]"
        case '* roots *'
            set __envhook_whose_$slot -e
        case '* foreign *'
            set __envhook_whose_$slot ! -O
        case block2 # a directory on the way, see __envhook_find_plain
            test -n "$fields[12]"; or set __envhook_whose_$slot ! -O
    end
    set -e fields[1..13] fields[-1]
    set -g __envhook_inputs_$slot
    if test $inputs -gt 0
        __envhook_count_to $inputs
        set -l last $__envhook_thirds[$inputs]
        set -q fields[$last]; or return
        __envhook_allow_for "$fields[1..$last]"
        set -e fields[1..$last]
        set -g __envhook_inputs_$slot $__envhook_numbers[1..$inputs]
    end
    __envhook_number "$fields[1]"; and set -q fields[2]; or return
    set -l count $fields[1]
    set -e __envhook_entry_modes_$slot
    set -g __envhook_entry_names_$slot
    set -g __envhook_entry_values_$slot
    set -g __envhook_entry_rows_$slot
    set -g __envhook_entry_order_$slot $fields[2]
    set -e fields[1..2]
    if test $count -eq 0
        not set -q fields[1]
        return
    end
    __envhook_count_to $count
    set -l pick $__envhook_thirds[1..$count]
    set -g __envhook_entry_rows_$slot $__envhook_numbers[1..$count]
    set -l shifted '' '' $fields
    set -g __envhook_entry_values_$slot $fields[$pick]
    set -l modes $shifted[$pick]
    set -e shifted[1]
    if not string match -qv text -- $modes
        set -g __envhook_entry_names_$slot $shifted[$pick]
        set -q fields[$pick[-1]]; or return
        set -e fields[1..$pick[-1]]
        not set -q fields[1]
        return
    end
    __envhook_walk $slot $count $fields
end

# Lets `read` take as many bytes as the approved text $argv[1] has. 4 KiB are enough for 1,024 characters.
function __envhook_allow_for
    string match -qr '(?s)^.{1024}' -- $argv[1]; or return
    set -l size (string length -- $argv[1])
    string match -qr '[^\x00-\x7f]' -- $argv[1]; and set size (builtin math $size x 4)
    test $size -le $__envhook_most; or set -g __envhook_most $size
end

# Takes apart the $argv[2] entries that follow, some of which have steps; true when that is all there is.
function __envhook_walk
    set -l slot $argv[1]
    set -l names
    set -l values
    set -l modes
    set -l steps
    set -l fields $argv[3..-1]
    for i in $__envhook_numbers[1..$argv[2]]
        set -q fields[3]; or return
        set -a modes "$fields[1]"
        set -a names "$fields[2]"
        set -a values "$fields[3]"
        set -e fields[1..3]
        test "$modes[-1]" = text; and continue
        __envhook_number $values[-1]; or return
        test $values[-1] -gt 0; or continue
        __envhook_count_to $values[-1]
        set -l last $__envhook_thirds[$values[-1]]
        set -q fields[$last]; or return
        set -a steps $fields[1..$last]
        set -e fields[1..$last]
    end
    set -g __envhook_entry_names_$slot $names
    set -g __envhook_entry_values_$slot $values
    set -g __envhook_entry_modes_$slot $modes
    set -g __envhook_entry_steps_$slot $steps
    not set -q fields[1]
end

# True for a number of things in a plan: Node allows 1,000 names.
function __envhook_number
    string match -qr '^(0|[1-9][0-9]{0,2}|1000)\z' -- "$argv[1]"
end

# Makes __envhook_numbers and __envhook_next long enough for index $argv[1].
function __envhook_many
    set -q __envhook_next[$argv[1]]; and return
    set -l two 0(string split '' 0123456789) $__envhook_numbers[10..99]
    set -a __envhook_numbers 1$two 2$two 3$two 4$two 5$two 6$two 7$two 8$two 9$two 1000
    set -g __envhook_next $__envhook_numbers[2..-1] 1001
end

# Makes __envhook_thirds long enough for index $argv[1].
function __envhook_count_to
    set -q __envhook_thirds[$argv[1]]; and return
    __envhook_many $argv[1]
    set -g __envhook_thirds (for i in $__envhook_numbers[1..$argv[1]]; builtin math $i + $i + $i; end)
end

# Has Node make the plans of the directories given. What the shell's variables tell Node, its loader and its
# libraries is not meant for this process, and goes to it under other names (bin/envhook): a local that is not
# exported hides a global. Only `env` takes an exported universal away. Locals have our prefix: Node asks for others.
function __envhook_compile
    if not test -x $__envhook_node -a -f $__envhook_main
        __envhook_tell 'Node or envhook is no longer where it was; open a new shell, or install envhook again'
        return
    end
    set -l __envhook_start $__envhook_node
    set -l __envhook_moved
    for __envhook_name in $__envhook_unwanted
        set -qx $__envhook_name; or continue
        set -a __envhook_moved $__envhook_name
        set -qUx $__envhook_name; and set __envhook_start /usr/bin/env -u$__envhook_unwanted $__envhook_node
    end
    read -lx __ENVHOOK_SAVED __ENVHOOK_SAVED_$__envhook_moved </dev/null
    set __ENVHOOK_SAVED "$__envhook_moved"
    for __envhook_name in $__envhook_moved
        set __ENVHOOK_SAVED_$__envhook_name "$$__envhook_name"
    end
    read -lu __envhook_name $__envhook_moved </dev/null
    command $__envhook_start $__envhook_main compile $__envhook_data $__envhook_run $__envhook_home $argv </dev/null >&2
end

# --- choosing -----------------------------------------------------------------------------------
# Fills __envhook_wanted with the slots of the plans to load, outer to inner, and says why the rest is not.
function __envhook_choose
    set -g __envhook_wanted
    set -l reasons
    set -l dirs
    for i in $__envhook_slots
        set -l about __envhook_about_$i
        set -l dir __envhook_dir_$i
        switch $__envhook_verdicts[$i]
            case load
                set -p __envhook_wanted $i
                string match -q '* root *' -- "$$about[1][8]"; and break
            case block
                string match -qr '^block.* (root|foreign) ' -- "$$about[1][3]$$about[1][8]"; and break
                test -n "$$about[1][12]"; or continue
                set -a reasons "$$about[1][12]"
                set -a dirs $$dir
            case 'changed*'
                test $$about[1][3] = load; and not builtin contains -- $i $__envhook_plain; or continue
                set -a reasons (__envhook_changed $i)'; look: envhook diff, accept: envhook allow'
                set -a dirs $$dir
            case none # whose it is only Node can say: nothing from above a stranger's
                builtin contains -- $i $__envhook_plain; and break
        end
        set -q reasons[32]; or continue # in portions, as in __envhook_learn
        __envhook_tell $reasons
        set -ga __envhook_blamed $dirs
        set reasons
        set dirs
    end
    __envhook_tell $reasons
    set -ga __envhook_blamed $dirs
end

# Prints what happened to the input that the verdict on slot $argv[1] names.
function __envhook_changed
    set -l plan __envhook_plan_$argv[1]
    set -l dir __envhook_dir_$argv[1]
    set dir $$dir
    test $dir = /; and set dir ''
    set -l name (string replace -r '^changed.' '' -- $__envhook_verdicts[$argv[1]])
    set -l what 'is gone since you allowed it'
    if string match -q 'changed-*' -- $__envhook_verdicts[$argv[1]]
        set what 'is new since you allowed this directory'
    else if test -f $dir/$name
        set what 'changed since you allowed it'
    end
    set -l names
    if __envhook_readable $dir/$name
        set -l fields $$plan
        set -l at (builtin contains -i -- $name $fields[14..-1])
        set at (builtin math $at + 15) # its bytes
        set -l now
        begin
            set -l fish_read_limit $__envhook_most
            read -z -d / now <$dir/$name
            test $status -ne 122 # too many
        end
        and set names (__envhook_differences "$fields[$at]" "$now")
    end
    set -l about __envhook_about_$argv[1]
    builtin printf '%s\n' "$$about[1][11]/$name $what$names"
end

function __envhook_readable
    test -f $argv[1] -a -r $argv[1]
end

# The names, in parentheses, whose lines differ between the approved text and the present one. An aid for the eye,
# without a process: a value of several lines is `envhook diff`'s.
function __envhook_differences --argument-names approved present
    set -l form '^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=.*'
    set -l old (string split \n -- $approved)
    set -l new (string split \n -- $present)
    test (builtin count $old $new) -le 400; or return
    set -l olds (string replace -rf -- $form '$1' $old)
    set -l news
    set -l names
    set -l signs
    for line in $new
        set -l name (string replace -rf -- $form '$1' $line); or continue
        set -a news $name
        builtin contains -- $line $old; and continue
        set -a names $name
        set -a signs +
        builtin contains -- $name $olds; and set signs[-1] '~'
    end
    for name in $olds
        builtin contains -- $name $news; and continue
        set -a names $name
        set -a signs -
    end
    set -q names[1]; or return
    set -l marks
    read -l __envhook_of_$names </dev/null # names of variables come sorted
    for name in (set -nl | string replace -rf '^__envhook_of_' '')
        set -a marks $signs[(builtin contains -i -- $name $names)]$name
    end
    set -l more (builtin math (builtin count $marks) - 10)
    test $more -gt 0; and set marks $marks[1..10] "and $more more"
    builtin printf ' (%s)\n' "$marks"
end

# Takes the loaded directories to what is wanted: unloads down to the first difference, loads the rest. False
# when that must wait for the prompt, because a caller's local variable is in the way.
function __envhook_apply
    set -l first 1
    while set -q __envhook_wanted[$first]; and set -q __envhook_layers_each[$first]
        set -l about __envhook_about_$__envhook_wanted[$first]
        test "$__envhook_layers[$first]" = "$$about[1][4]"; or break
        test "$__envhook_layer_heads[$first]" = "$$about[1][7]"; or break
        set first $__envhook_next[$first]
    end
    set -q __envhook_wanted[$first]; or set -q __envhook_layers_each[$first]; or return 0
    if set -q argv[1]
        for i in $__envhook_layers_each[$first..-1]
            set -l names __envhook_names_$i
            __envhook_any -ql $$names; and return 1
        end
        for i in $__envhook_wanted[$first..-1]
            set -l names __envhook_entry_names_$i
            __envhook_any -ql $$names; and return 1
        end
    end
    __envhook_remember
    __envhook_pop_to $first
    for slot in $__envhook_wanted[$first..-1]
        __envhook_push $slot
    end
    __envhook_session_write
    test ! -d $__envhook_run/heard; or __envhook_be_heard
    __envhook_report_gone
    return 0
end

# True when one of the names $argv[2..-1] is a variable: with -q as $argv[1] any, with -ql a local one. What a function that
# led here has made local and exported all its callees see.
function __envhook_any
    while set -q argv[2]
        set -l __envhook_some $argv[2..251]
        set $argv[1] $__envhook_some 2>/dev/null # the status is how many are not, up to 255
        set -l __envhook_free $status
        test $__envhook_free -eq 0; or set -e __envhook_some[1..$__envhook_free]
        set -q __envhook_some[1]; and return 0
        set -e argv[2..251]
    end
    return 1
end

# Keeps the layers as they are for the messages.
function __envhook_remember
    set -g __envhook_before $__envhook_layers
    set -g __envhook_before_each $__envhook_layers_each
    set -g __envhook_before_heads $__envhook_layer_heads
    set -g __envhook_before_labels $__envhook_layer_labels
end

# --- loading ------------------------------------------------------------------------------------
# Loads the plan of slot $argv[1]. All values are worked out and all names checked before the first is set, and the
# undo columns stand before that, too: an interrupt leaves a layer without a head, which the next prompt
# takes back.
function __envhook_push --argument-names slot
    set -l about __envhook_about_$slot
    set -l fields $$about
    set -g __envhook_failure
    set -e __envhook_absent __envhook_left_out
    if not __envhook_work_out $slot; or not __envhook_examine $slot
        __envhook_blame $fields[4] "$fields[10]: $__envhook_failure; nothing is loaded from it"
        return
    end
    set -l layer 1
    set -q __envhook_layers_each[1]; and set layer $__envhook_next[$__envhook_layers_each[-1]]
    set -l rows __envhook_entry_rows_$slot
    set -l rows $$rows
    if builtin contains -- '' $__envhook_names # of hidden entries no row is left
        for i in $rows[-1..1]
            test -z "$__envhook_names[$i]"; or continue
            set -e __envhook_names[$i]
            set -e __envhook_values[$i]
            set -e __envhook_prefix[$i]
            set -e __envhook_suffix[$i]
            set -e __envhook_was[$i]
            set -e __envhook_old[$i]
            set -e rows[-1]
        end
    end
    __envhook_enter $slot $layer $rows
    set -g __envhook_layer_heads[$layer] '' # the mark of a layer that is not complete
    set -g __envhook_layer_labels[$layer] "$fields[10]"
    set -g __envhook_layers[$layer] $fields[4]
    set -g __envhook_layers_each[$layer] $layer # from here on it is there
    if not __envhook_set_all $rows
        __envhook_pop_to $layer
        __envhook_blame $fields[4] "$fields[10]: $__envhook_failure; nothing is loaded from it"
        return
    end
    set __envhook_layer_heads[$layer] "$fields[7]"
    __envhook_report_loaded $slot "$fields[4]" "$fields[7]" "$fields[8]" "$fields[10]"
    for name in $__envhook_left_out
        set -l why 'is left out, since its value is not the one you consented to'
        __envhook_tell "$fields[10]: $name $why; look: envhook diff, accept: envhook allow"
    end
end

# Writes the undo table of layer $argv[2], which the plan of slot $argv[1] makes, with the rows that follow.
function __envhook_enter --argument-names slot layer
    set -g __envhook_rows_$layer $argv[3..-1]
    set -g __envhook_names_$layer $__envhook_names
    set -g __envhook_was_$layer $__envhook_was
    set -g __envhook_old_$layer $__envhook_old
    set -g __envhook_values_$layer $__envhook_values
    set -g __envhook_lists_$layer $__envhook_lists
    set -g __envhook_universals_$layer $__envhook_universals
    set -g __envhook_prefix_$layer $__envhook_prefix
    set -g __envhook_suffix_$layer $__envhook_suffix
    for __envhook_name in $__envhook_lists
        set -g __envhook_list_$layer\_$__envhook_name\_ $$__envhook_name
    end
    set -g __envhook_mark_$layer
    if not set -q __envhook_entry_modes_$slot; and test "$__envhook_was" = unset
        set -l about __envhook_about_$slot
        set __envhook_mark_$layer "$$about[1][7]$$about[1][4]"
    end
end

# Sets and exports the names in the rows given. fish says what it protects only when it is set.
function __envhook_set_all
    builtin true # a `set` that succeeds leaves the status of what was before it
    for __envhook_i in $argv
        if not set -gx $__envhook_names[$__envhook_i] $__envhook_values[$__envhook_i]
            or test "$$__envhook_names[$__envhook_i]" != "$__envhook_values[$__envhook_i]"
            set -g __envhook_failure "$__envhook_names[$__envhook_i] is read-only in this shell"
            return 1
        end
    end 2>/dev/null
    return 0
end

# Fills __envhook_names (empty: evaluated only) and __envhook_values from the plan of slot $argv[1], against the
# environment as it is now; false with __envhook_failure when that cannot be.
function __envhook_work_out --argument-names slot
    set -l names __envhook_entry_names_$slot
    set -l values __envhook_entry_values_$slot
    set -l modes __envhook_entry_modes_$slot
    set -g __envhook_prefix
    set -g __envhook_suffix
    set -g __envhook_names $$names
    if not set -q $modes
        set -g __envhook_values $$values
        set -q __envhook_sound_$slot; and return
    else
        set -g __envhook_names
        set -g __envhook_values
        set -l steps __envhook_entry_steps_$slot
        set -l steps $$steps
        set -l rows __envhook_entry_rows_$slot
        for i in $$rows
            set -l mode $$modes[1][$i]
            set -a __envhook_prefix ''
            set -a __envhook_suffix ''
            if test $mode = text
                set -a __envhook_values "$$values[1][$i]"
            else
                set -l last 0
                set -l own
                if test $$values[1][$i] -gt 0
                    set last $__envhook_thirds[$$values[1][$i]]
                    set own $steps[1..$last]
                    set -e steps[1..$last]
                end
                if not __envhook_run_steps $$names[1][$i] $own
                    test -z "$__envhook_failure"; or return
                    test $mode = hidden; or set -ga __envhook_left_out $$names[1][$i]
                    set mode hidden
                    set -ga __envhook_absent $i
                    set -a __envhook_values ''
                end
            end
            set -l name $$names[1][$i]
            test $mode = hidden; and set name ''
            set -a __envhook_names "$name"
        end
    end
    if string match -qr '(?s)^.{32768}.{32768}.' -- "$__envhook_names $__envhook_values"
        __envhook_fits
        return
    end
    set -q $modes; or not __envhook_are_names $__envhook_names; or set -g __envhook_sound_$slot
    return 0
end

# Works out the value of $argv[1] by the steps that follow (src/plan.ts) and appends it to __envhook_values; of an
# addition its prefix and suffix, too. False when there is none, with __envhook_failure unless it is only this one: what
# was consented to is another value.
function __envhook_run_steps
    set -l name $argv[1]
    set -e argv[1]
    set -l value ''
    set -l after ''
    set -l self no
    while set -q argv[3]
        set -l kind $argv[1]
        set -l operand $argv[2]
        set -l skip $argv[3]
        set -e argv[1..3]
        set -l text $operand
        set -l is full
        test "$kind" = s; and set operand $name
        if not builtin contains -- "$kind" t = '!'
            __envhook_look_up $operand
            set is $__envhook_is
            set text "$__envhook_text"
        end
        switch "$kind $is"
            case '= *' '! *' # the value that was consented to, as far as it is ours
                test "$kind$after" = "=$operand"; and continue
                return 1
            case '$ unset'
                set text "\$$operand"
                set skip 0
            case 't *' '$ *' '{ *'
                set skip 0
            case 's *'
                set __envhook_prefix[-1] "$value"
                set value "$value$text"
                set self yes
                set after ''
                continue
            case '*- full' '- empty'
            case '*+ unset' ':+ empty'
                set text ''
            case '*- *' '*+ *' # the word follows
                continue
            case '* full' # of :? and ?, from here on
            case ':*' '* unset'
                set -g __envhook_failure "$name needs $argv[2]"
                return 1
        end
        set value "$value$text"
        set after "$after$text"
        if __envhook_number "$skip"; and test $skip -gt 0
            __envhook_count_to $skip
            set -e argv[1..$__envhook_thirds[$skip]]
        end
    end
    test $self = no; or set __envhook_suffix[-1] "$after"
    if string match -qr '(?s)^.{32768}.' -- $value
        set -g __envhook_failure "$name would be longer than 32 KiB"
        return 1
    end
    set -a __envhook_values "$value"
    return 0
end

# Sets __envhook_is (unset, empty, full) and __envhook_text for operand $argv[1]: @N is the Nth value of this plan,
# everything else a name in the shell.
function __envhook_look_up
    set -g __envhook_is unset
    set -g __envhook_text ''
    if string match -qr '^@([0-9]|[1-9][0-9]{1,2})\z' -- $argv[1]
        set __envhook_is empty
        set -l index (builtin math 1 + (string replace @ '' -- $argv[1]))
        builtin contains -- $index $__envhook_absent; and set __envhook_is unset
        set __envhook_text "$__envhook_values[$index]"
    else if test -n "$argv[1]"; and __envhook_are_names $argv[1]; and set -q $argv[1]
        set __envhook_is empty
        set __envhook_text "$$argv[1]"
    end
    test -z "$__envhook_text"; or set __envhook_is full
end

# True when each argument is empty or what fish may take for a variable's name and nothing else, and is not ours.
function __envhook_are_names
    not string match -qvr '^((?!(?i:(__)?envhook_)|argv\z)[A-Za-z_][A-Za-z0-9_]*)?\z' -- $argv
end

# True when the environment with the new values can still be handed to a program. Without /proc it is macOS, which takes
# 1 MiB with the arguments.
function __envhook_fits
    set -l texts
    for name in (set -nx)
        set -a texts "$name=$$name"
    end
    set -l size (builtin math (string length -- $texts $__envhook_names $__envhook_values | string join +))
    set -l most 1048576 '1 MiB'
    test -r /proc/self/environ; or set most 524288 '512 KiB'
    test $size -le $most[1]; and return
    set -g __envhook_failure "the environment would be larger than $most[2]"
    return 1
end

# Fills __envhook_was, __envhook_old, __envhook_lists (the names whose old value is not one element),
# __envhook_universals (the names that an exported universal has, and no global) and __envhook_changes for the names
# and values of slot $argv[1]; false with __envhook_failure when a name is none. Where no name is set yet, one
# `unset` stands for a whole column, and nothing for a column of empty values. Here and wherever a user's variable is
# looked at, locals have our prefix, too.
function __envhook_examine
    set -g __envhook_was
    set -g __envhook_old
    set -g __envhook_lists
    set -g __envhook_universals
    set -g __envhook_changes
    set -q __envhook_names[1]; or return 0
    if not set -q __envhook_sound_$argv[1]; and not __envhook_are_names $__envhook_names
        set -g __envhook_failure 'the plan names what is no variable'
        return 1
    end
    set -l __envhook_rows __envhook_entry_rows_$argv[1]
    set -l __envhook_rows $$__envhook_rows
    if not set -q __envhook_entry_modes_$argv[1]
        set -q $__envhook_names # the status is how many are not, up to 255
        if test $status -eq $__envhook_rows[-1] -a $__envhook_rows[-1] -lt 255
            or begin
                test $__envhook_rows[-1] -ge 255
                and not __envhook_any -q $__envhook_names
            end
            set __envhook_was unset
            set __envhook_changes +$__envhook_names
            return 0
        end
    end
    for __envhook_i in $__envhook_rows
        set -l __envhook_name $__envhook_names[$__envhook_i]
        set -a __envhook_was unset
        set -a __envhook_old ''
        set -a __envhook_changes ''
        test -n "$__envhook_name"; or continue
        if not set -q $__envhook_name
            set __envhook_changes[-1] +$__envhook_name
            continue
        end
        test "$$__envhook_name" = "$__envhook_values[$__envhook_i]"; or set __envhook_changes[-1] "~$__envhook_name"
        if set -qg $__envhook_name
            set __envhook_was[-1] shell
            set -qgx $__envhook_name; and set __envhook_was[-1] export
            set __envhook_old[-1] "$$__envhook_name"
            set -q $__envhook_name\[1]; and not set -q $__envhook_name\[2]; or set -a __envhook_lists $__envhook_name
        else if set -qUx $__envhook_name
            set __envhook_was[-1] export
            set -a __envhook_universals $__envhook_name
            set __envhook_old[-1] "$$__envhook_name"
        end
    end
    return 0 # `set` leaves the status of what was before it
end

# --- undoing ------------------------------------------------------------------------------------
# Unloads every layer from index $argv[1] on, inner first. A layer goes after its variables are back: an interrupt
# before that makes the next prompt do it again, which changes nothing more.
function __envhook_pop_to
    while set -q __envhook_layers_each[$argv[1]]
        __envhook_restore $__envhook_layers_each[-1] 2>/dev/null # what was made read-only cannot be put back
        set -l last $__envhook_layers_each[-1]
        set -e __envhook_layers_each[$last] __envhook_layers[$last] \
            __envhook_layer_heads[$last] __envhook_layer_labels[$last]
    end
end

# Puts the variables of layer $argv[1] back. What the user changed meanwhile stays as it is, less the items that
# the directory added to a list.
function __envhook_restore
    set -l __envhook_rows __envhook_rows_$argv[1]
    set -l __envhook_column __envhook_names_$argv[1]
    set -g __envhook_names $$__envhook_column
    set __envhook_column __envhook_values_$argv[1]
    set -g __envhook_values $$__envhook_column
    set __envhook_column __envhook_was_$argv[1]
    set -g __envhook_was $$__envhook_column
    set -l __envhook_gone
    set -l __envhook_now $$__envhook_names\x1d\x1e\x1d
    set -l __envhook_then $__envhook_values\x1d\x1e\x1d
    if test "$__envhook_was" = unset -a "$__envhook_now" = "$__envhook_then"; and set -q $__envhook_names
        set __envhook_gone $__envhook_names # the same as below, at once
    else
        for __envhook_i in $$__envhook_rows
            set -q $__envhook_names[$__envhook_i]; or continue
            if test "$$__envhook_names[$__envhook_i]" != "$__envhook_values[$__envhook_i]"
                __envhook_take_back $argv[1] $__envhook_i $__envhook_names[$__envhook_i]
            else if test "$__envhook_was" = unset -o "$__envhook_was[$__envhook_i]" = unset
                set -a __envhook_gone $__envhook_names[$__envhook_i]
            else
                __envhook_put_back $argv[1] $__envhook_i
            end
        end
        for __envhook_i in _OLD_VIRTUAL_PATH _OLD_NODE_VIRTUAL_PATH
            set -qg $__envhook_i; and __envhook_take_back_saved $argv[1] $__envhook_i
        end
    end
    set -q __envhook_gone[1]; and set -eg $__envhook_gone
    set __envhook_column __envhook_lists_$argv[1]
    for __envhook_i in $$__envhook_column
        set -e __envhook_list_$argv[1]_$__envhook_i\_
    end
end

# Gives the variable in row $argv[2] of layer $argv[1] the value that it had.
function __envhook_put_back
    set -l __envhook_name $__envhook_names[$argv[2]]
    set -l __envhook_column __envhook_universals_$argv[1]
    if builtin contains -- $__envhook_name $$__envhook_column
        set -eg $__envhook_name
        return
    end
    set -l __envhook_how -gx
    test $__envhook_was[$argv[2]] = export; or set __envhook_how -gu
    set __envhook_column __envhook_lists_$argv[1]
    if builtin contains -- $__envhook_name $$__envhook_column
        set __envhook_column __envhook_list_$argv[1]_$__envhook_name\_
        set $__envhook_how $__envhook_name $$__envhook_column
    else
        set __envhook_column __envhook_old_$argv[1]
        set $__envhook_how $__envhook_name "$$__envhook_column[1][$argv[2]]"
    end
end

# Takes what row $argv[2] of layer $argv[1] added to a list out of what variable $argv[3] is now, which stays exported or
# not. In quotes a path variable is one string.
function __envhook_take_back
    set -g __envhook_list ":$$argv[3]:"
    __envhook_take_items $argv[1..2]; or return
    set -g $argv[3] (string replace -r '(?s)^:?(.*?):?\z' '$1' -- $__envhook_list | string collect)
end

# The same for variable $argv[2], in which a virtual environment, activated in there, has saved PATH. What it saved
# before is part of what PATH was.
function __envhook_take_back_saved
    set -l __envhook_row (builtin contains -i -- PATH $__envhook_names); or return
    set -l __envhook_old __envhook_old_$argv[1]
    set -l __envhook_around (string split --max 1 -- ":$$argv[2]:" ":$$__envhook_old[1][$__envhook_row]:")
    set -q __envhook_around[2]; or __envhook_take_back $argv[1] $__envhook_row $argv[2]
end

# Takes what row $argv[2] of layer $argv[1] added out of __envhook_list, which begins and ends with a colon; false when it
# was not there.
function __envhook_take_items --argument-names layer row
    set -l prefix __envhook_prefix_$layer
    set -l suffix __envhook_suffix_$layer
    set -l whole $__envhook_list
    __envhook_take_out -m1 (string replace -r ':\z' '' -- "$$prefix[1][$row]" | string collect)
    __envhook_take_out -rm1 (string replace -r '^:' '' -- "$$suffix[1][$row]" | string collect)
    test "$__envhook_list" != "$whole"
end

# Takes the items $argv[2] out: the first or the last such, as option $argv[1] of `string split` has it.
function __envhook_take_out
    test -n "$argv[2]"; or return
    set -l parts (string split $argv[1] -- ":$argv[2]:" $__envhook_list)
    set -q parts[2]; and set -g __envhook_list "$parts[1]:$parts[2]"
end

# --- session ------------------------------------------------------------------------------------
# A child shell inherits the variables and must be able to put back what they replaced. ENVHOOK_SESSION
# names a file beside the plans that says how. A file is written once per state and never changed, since a
# child may start from it much later. An entry is only ever undone where its variable has the loaded value.
function __envhook_session_write
    set -eg ENVHOOK_SESSION
    set -q __envhook_layers_each[1]; or return
    set -l mark
    for layer in $__envhook_layers_each
        set -l one __envhook_mark_$layer
        set -a mark "$$one"
    end
    if builtin contains -- '' $mark
        set mark
    else
        set mark "$mark"
        __envhook_session_again "$mark"; and return
    end
    __envhook_session_state $mark
end

# Lets the daemon know, while somebody wants to hear of loads: an empty file named as the state that is now in force.
function __envhook_be_heard
    test -O $__envhook_run/heard -a ! -L $__envhook_run/heard; or return
    set -l id $fish_pid-
    set -q ENVHOOK_SESSION; and set id $ENVHOOK_SESSION
    builtin echo -n 2>/dev/null >$__envhook_run/heard/$id
end

# True when a state with marks $argv[1] was written since a plan was last read: it says the same.
function __envhook_session_again
    set -l i 2
    for one in $__envhook_marks
        if test "$one" = "$argv[1]"
            test -f $__envhook_run/sessions/$__envhook_marks[$i]; or return
            set -gx ENVHOOK_SESSION $__envhook_marks[$i]
            return 0
        end
        set i $__envhook_next[$i]
    end
    return 1
end

# Writes the present state, whose marks are $argv[1], unless it was written before.
function __envhook_session_state
    set -g __envhook_out
    set -g __envhook_part
    for layer in $__envhook_layers_each
        __envhook_session_layer $layer
        set -q __envhook_part[400]; or continue # in portions, as in __envhook_learn
        set -a __envhook_out $__envhook_part
        set __envhook_part
    end
    set -a __envhook_out $__envhook_part
    set -l marked $__envhook_out\x1d
    set -g __envhook_state "$marked"
    if builtin contains -- "$__envhook_state" $__envhook_states
        set -l i 1
        while test "$__envhook_state" != "$__envhook_states[$i]"
            set i $__envhook_next[$i]
        end
        if test -f $__envhook_run/sessions/$__envhook_sessions[$i]
            __envhook_session_name $__envhook_sessions[$i] $argv
            return
        end
        set __envhook_sessions[$i] -
        set __envhook_states[$i] -
    end
    set -l folder $__envhook_run/sessions
    test -d $folder -a -w $folder -a -O $folder -a ! -L $folder; or return
    set -l count (builtin count $__envhook_sessions)
    __envhook_many $count
    set -q __envhook_next[$count]; or test $count -eq 0; or return
    set -l id $fish_pid-(__envhook_clock)-$count
    test ! -e $folder/$id -a ! -L $folder/$id; or return
    __envhook_session_put $folder/$id envhook-session 1 $__envhook_layers_each[-1] $__envhook_out; or return
    set -a __envhook_sessions $id
    set -a __envhook_states $__envhook_state
    __envhook_session_name $id $argv
end

# Tells children of state $argv[1], and keeps it for marks $argv[2].
function __envhook_session_name
    set -gx ENVHOOK_SESSION $argv[1]
    set -q argv[2]; and not set -q __envhook_marks[40]; or return 0
    set -ga __envhook_marks $argv[2] $argv[1]
end

# Appends the fields of layer $argv[1] to __envhook_part.
function __envhook_session_layer
    set -l rows __envhook_rows_$argv[1]
    set -l rows $$rows
    set -l names __envhook_names_$argv[1]
    set -l was __envhook_was_$argv[1]
    set -l old __envhook_old_$argv[1]
    set -l loaded __envhook_values_$argv[1]
    set -l prefix __envhook_prefix_$argv[1]
    set -l suffix __envhook_suffix_$argv[1]
    set -l count 0
    set -q rows[1]; and set count $rows[-1]
    set -a __envhook_part $__envhook_layers[$argv[1]] "$__envhook_layer_heads[$argv[1]]" \
        "$__envhook_layer_labels[$argv[1]]" $count
    # In portions: to look at one item of a list, or to append one, fish copies all of it.
    while set -q rows[1]
        set -l part $rows[1..32]
        set -l name $$names[1][$part]
        set -l state $$was[1][$part]
        set -l before $$old[1][$part]
        set -l value $$loaded[1][$part]
        set -l head $$prefix[1][$part]
        set -l tail $$suffix[1][$part]
        set -l fields
        for i in $__envhook_numbers[1..32]
            set -q name[$i]; or break
            set -q state[$i]; or set state[$i] unset # one stands for all
            set -a fields $name[$i] $state[$i] "$before[$i]" "$value[$i]" "$head[$i]" "$tail[$i]"
        end
        set -a __envhook_part $fields
        set -e rows[1..32]
    end
end

# Writes the fields $argv[2..-1] to file $argv[1], for the user's eyes only. The end mark comes last: half a file is
# no state.
function __envhook_session_put
    set -g __envhook_mask $umask
    set -g umask 077
    builtin printf '%s\0' $argv[2..-1] envhook-end 2>/dev/null >$argv[1]
    set -l failed $status
    set -g umask $__envhook_mask
    set -e __envhook_mask
    return $failed
end

# Takes over what the parent shell loaded, if the file that says so is ours and whole.
function __envhook_adopt
    set -l id "$ENVHOOK_SESSION"
    set -eg ENVHOOK_SESSION
    string match -qr '^[0-9-]+\z' -- $id; or return
    __envhook_fields $__envhook_run/sessions/$id envhook-session; or return
    set -l fields $__envhook_fields
    test "$fields[1] $fields[2] $fields[-1]" = 'envhook-session 1 envhook-end'; or return
    __envhook_number "$fields[3]"; or return
    set -l layers $fields[3]
    set -e fields[1..3] fields[-1]
    test $layers -gt 0; and __envhook_session_whole $layers $fields; or return
    for layer in $__envhook_numbers[1..$layers]
        set -a __envhook_layers "$fields[1]"
        set -a __envhook_layer_heads "$fields[2]"
        set -ga __envhook_granted "$fields[2]"
        set -a __envhook_layer_labels "$fields[3]"
        set -a __envhook_layers_each $layer
        set -l count $fields[4]
        set -e fields[1..4]
        for column in rows names was old values prefix suffix lists universals
            set -g __envhook_$column\_$layer
        end
        while test $count -gt 0
            __envhook_believe $layer $fields[1..6]
            set -e fields[1..6]
            set count (builtin math $count - 1)
        end
    end
    __envhook_put_in_place 2>/dev/null # what was made read-only stays
    __envhook_session_write
    test ! -d $__envhook_run/heard; or __envhook_be_heard
end

# Puts what the layers added to a list where a load here would put it: config.fish, or path_helper of macOS, may have
# moved other items in front of it. What was taken out meanwhile stays out, but a login shell's start makes PATH anew.
function __envhook_put_in_place
    for layer in $__envhook_layers_each
        set -l rows __envhook_rows_$layer
        set -l names __envhook_names_$layer
        set -l prefix __envhook_prefix_$layer
        set -l suffix __envhook_suffix_$layer
        for i in $$rows
            test -z "$$prefix[1][$i]$$suffix[1][$i]"; or __envhook_put_list $$names[1][$i]
        end
    end
end

# The same for variable $argv[1]: from the inner to the outer layer, as far as it was added to, what was added is taken
# out, and then put around what is left.
function __envhook_put_list
    set -qg $argv[1]; or return
    set -g __envhook_list ":$$argv[1]:"
    set -l __envhook_before
    set -l __envhook_after
    for __envhook_layer in $__envhook_layers_each[-1..1]
        set -l __envhook_column __envhook_names_$__envhook_layer
        set -l __envhook_row (builtin contains -i -- $argv[1] $$__envhook_column); or continue
        set __envhook_column __envhook_values_$__envhook_layer
        test ":$$__envhook_column[1][$__envhook_row]:" != "$__envhook_list"; or break
        set __envhook_column __envhook_prefix_$__envhook_layer
        set -l __envhook_around "$$__envhook_column[1][$__envhook_row]"
        set __envhook_column __envhook_suffix_$__envhook_layer
        set -a __envhook_around "$$__envhook_column[1][$__envhook_row]"
        test "$__envhook_around" != ' '; and string match -qr '(?s)^(|[^:].*:)\z' -- $__envhook_around[1]
        and string match -qr '(?s)^(|:.*[^:])\z' -- $__envhook_around[2]
        or break
        __envhook_take_items $__envhook_layer $__envhook_row; or status is-login; or continue
        set -p __envhook_before "$__envhook_around[1]"
        set -p __envhook_after "$__envhook_around[2]"
    end
    set -l __envhook_whole (string replace -r '(?s)^:?(.*?):?\z' '$1' -- $__envhook_list | string collect)
    for __envhook_i in $__envhook_layers_each
        set -q __envhook_before[$__envhook_i]; or break
        set __envhook_whole "$__envhook_before[$__envhook_i]$__envhook_whole$__envhook_after[$__envhook_i]"
    end
    test "$$argv[1]" = "$__envhook_whole"; or set -g $argv[1] $__envhook_whole
end

# True when the fields from $argv[2] on are $argv[1] layers.
function __envhook_session_whole
    set -l layers $argv[1]
    set -e argv[1]
    __envhook_many $layers
    for i in $__envhook_numbers[1..$layers]
        __envhook_number "$argv[4]"; or return
        set -l count $argv[4]
        set -e argv[1..4]
        test $count -gt 0; or continue
        __envhook_count_to $count
        for half in 1 2
            set -q argv[$__envhook_thirds[$count]]; or return
            set -e argv[1..$__envhook_thirds[$count]]
        end
    end
    not set -q argv[1]
end

# Adds the undo entry $argv[2..7] to layer $argv[1]. Whether its variable has the loaded value shows when it is undone:
# of a name in several layers, the outer entries fit only after the inner ones are undone. What the parent
# had not exported is unset here.
function __envhook_believe
    __envhook_are_names $argv[2]; and set -q $argv[2][1]; or return
    test "$argv[3]" = export; or set argv[3..4] unset ''
    set -l __envhook_rows __envhook_rows_$argv[1]
    set -a __envhook_names_$argv[1] $argv[2]
    set -a __envhook_was_$argv[1] "$argv[3]"
    set -a __envhook_old_$argv[1] "$argv[4]"
    set -a __envhook_values_$argv[1] "$argv[5]"
    set -a __envhook_prefix_$argv[1] "$argv[6]"
    set -a __envhook_suffix_$argv[1] "$argv[7]"
    set -a $__envhook_rows $__envhook_numbers[(builtin count $$__envhook_rows x)]
end

# --- messages -----------------------------------------------------------------------------------
# Says each argument, which stays said as long as the directories on the way up give the same reason for it.
function __envhook_tell
    set -ga __envhook_said $argv
    test "$ENVHOOK_LOG" = off; and return
    set -l news
    for one in $argv
        builtin contains -- $one $__envhook_told; or set -a news $one
    end
    set -ga __envhook_lines $news
end

# Prints what an update has to say: of more than ten lines of a kind only how many they are.
function __envhook_speak
    set -q __envhook_lines[11]; and __envhook_sum_up
    builtin printf 'envhook: %s\n' $__envhook_lines >&2
    set -e __envhook_lines
end

function __envhook_sum_up
    set -l reasons (string match -vr '^(un)?loaded ' -- $__envhook_lines)
    set -l loaded (string match 'loaded *' -- $__envhook_lines)
    set -l unloaded (string match 'unloaded *' -- $__envhook_lines)
    set -q reasons[11]
    and set reasons (builtin count $reasons)' directories on the way here are not loaded; look: envhook status'
    set -q loaded[11]; and set loaded 'loaded '(builtin count $loaded)' directories; look: envhook status'
    set -q unloaded[11]; and set unloaded 'unloaded '(builtin count $unloaded)' directories'
    set -g __envhook_lines $reasons $loaded $unloaded
end

# Says $argv[2] about directory $argv[1], which makes a line about its unloading superfluous.
function __envhook_blame
    set -ga __envhook_blamed $argv[1]
    __envhook_tell $argv[2]
end

# Says what the plan of slot $argv[1] brought, whose directory, head, flags and label follow: signs and names, sorted,
# the first ten. Silent for a layer that is only back on top of a changed one below.
function __envhook_report_loaded --argument-names slot dir head flags label
    builtin contains -- "$ENVHOOK_LOG" off error; and return
    set -q __envhook_changes[1]; or return
    string match -q '* silent *' -- $flags; and return
    for i in $__envhook_before_each
        test "$__envhook_before[$i]" = $dir; and test "$__envhook_before_heads[$i]" = $head; and return
    end
    set -l line __envhook_line_$slot
    if test "$__envhook_was" = unset; and set -q $line
        set -ga __envhook_lines "loaded $label ($$line)"
        return
    end
    __envhook_sort $slot
    set -l changes $__envhook_changes[$__envhook_order]
    if builtin contains -- '' $changes
        set changes (string match -v '' -- $changes '')
        set -q changes[1]; or return
    end
    set -l more
    if set -q changes[11]
        set more " and "(builtin count $changes[11..-1])" more"
    end
    test "$__envhook_was" = unset; and set -g $line "$changes[1..10]$more"
    set -ga __envhook_lines "loaded $label ($changes[1..10]$more)"
end

# Sets __envhook_order to the indexes of the entries of slot $argv[1] by name. In the plan they count from 0: the next
# of each is wanted, and what has none in a list is 0.
function __envhook_sort
    set -l order __envhook_entry_order_$argv[1]
    set -l before $$order
    set -l after
    set -l first
    if string match -qr '^(?<before>.*?)\b0\b(?<after>.*)$' -- $$order
        set first 1
    end
    set -l left
    set -l right
    string match -qra '(?<left>\d+)' -- "$before"
    string match -qra '(?<right>\d+)' -- "$after"
    set -g __envhook_order $__envhook_next[$left] $first $__envhook_next[$right]
end

# Says which of the layers that were are gone, unless a reason was given.
function __envhook_report_gone
    builtin contains -- "$ENVHOOK_LOG" off error; and return
    set -q __envhook_before[1]; or return
    for i in $__envhook_before_each[-1..1]
        test -n "$__envhook_before_labels[$i]"; or continue
        builtin contains -- $__envhook_before[$i] $__envhook_blamed $__envhook_layers; and continue
        set -ga __envhook_lines "unloaded $__envhook_before_labels[$i]"
    end
end

# Prints path $argv[1] for a person: ~ for the home directory, nothing that a terminal would obey.
function __envhook_shown
    set -l path $argv[1]
    if string match -qr '[^ -~]' -- $path
        string escape -- $path | string replace -ra '[^ -~]' '?'
        return
    end
    if test -n "$__envhook_home"
        set -l rest (string split --max 1 -- $__envhook_home/ $path)
        test -z "$rest[1]"; and set path "~/$rest[2]"
    end
    builtin printf '%s\n' $path
end

# --- install ------------------------------------------------------------------------------------
# Arguments: Node, the program it runs, the data directory, the run directory, the home directory, and the variables
# that must not reach Node. Pinned here, so that nothing a .env file sets can move them.
function __envhook_install
    set -l fish_trace
    set -g __envhook_node $argv[1]
    set -g __envhook_main $argv[2]
    set -g __envhook_data $argv[3]
    set -g __envhook_run $argv[4]
    set -g __envhook_home (string replace -r '/\z' '' -- $argv[5])
    set -g __envhook_unwanted (string split ' ' -- $argv[6])
    set -g __envhook_home_parts (string split --no-empty / -- $__envhook_home)/
    set -g __envhook_home_depth (builtin count $__envhook_home_parts)
    set -q __envhook_installed; and return
    set -g __envhook_installed yes
    set -g __envhook_most 4096
    set -g __envhook_slot_last 0
    for name in pwd expected layers layer_heads layer_labels layers_each granted told sessions states
        set -g __envhook_$name
    end
    __envhook_adopt
end

# Takes everything back: the variables, the events, the functions, the names.
function __envhook_uninstall
    set -l fish_trace
    set -q __envhook_installed; and __envhook_rest
    set -q __envhook_lines[1]; and __envhook_speak
    builtin functions --erase (builtin functions --all --names | string match '__envhook_*')
    set -eg (set -ng | string match '__envhook_*')
end

# --- old fish -----------------------------------------------------------------------------------
# Before 3.6.2 U+FDD0 to U+FDEF are what fish itself writes for a ~, a *, a brace and more that is to be expanded, and they
# are expanded wherever they come from, also out of a variable in quotes. So what has one is not loaded, nor looked at.
if string unescape '\ufdd0' >/dev/null
    for __envhook_it in ends choose run_steps examine same unchanged moved prompt
        builtin functions --erase __envhook_any_$__envhook_it
        builtin functions --copy __envhook_$__envhook_it __envhook_any_$__envhook_it
    end
    set -e __envhook_it

    # Nor is PWD: what such a place is called only `pwd` tells.
    function __envhook_moved --on-variable PWD
        if builtin pwd | string match -rq '[\x{fdd0}-\x{fdef}]'
            set -g __envhook_nowhere
            set -q __envhook_busy; and return
            __envhook_rest
            __envhook_tell "fish $version cannot hold the name of this directory (U+FDD0 to U+FDEF); nothing is loaded here"
            set -q __envhook_lines[1]; and __envhook_speak
        else
            set -e __envhook_nowhere
            __envhook_any_moved
        end
    end

    function __envhook_prompt --on-event fish_prompt --on-event fish_preexec
        set -q __envhook_nowhere; or __envhook_any_prompt
    end

    set -e __envhook_nowhere
    builtin pwd | string match -rq '[\x{fdd0}-\x{fdef}]'; and set -g __envhook_nowhere

    function __envhook_ends
        __envhook_any_ends $argv; and not string match -rq '[\x{fdd0}-\x{fdef}]' <$argv[1]
    end

    function __envhook_choose
        __envhook_any_choose
        for i in $__envhook_slots
            set -l file __envhook_file_$i
            set -l dir __envhook_dir_$i
            __envhook_private $$file; and __envhook_any_ends $$file envhook-plan 1114112
            and not __envhook_ends $$file envhook-plan 1114112
            and __envhook_blame $$dir (__envhook_shown $$dir)"/.env: fish $version cannot hold some of its characters (U+FDD0 to U+FDEF); nothing is loaded from it"
        end
    end

    function __envhook_same
        __envhook_readable $argv[1]; and __envhook_any_same $argv
    end

    function __envhook_unchanged
        test "$argv[2]" = "$__envhook_pwd" $__envhook_expected; or return
        for i in $__envhook_files_each
            __envhook_readable $__envhook_files[$i]; or return
        end
        __envhook_any_unchanged $argv
    end

    # As far as that takes no longer than to read what was approved. What is endless, in /proc, has no size.
    function __envhook_readable --argument-names file
        test -f $file -a -r $file; or return
        begin
            set -l fish_read_limit $__envhook_most
            read -lz -d / now
            not read -lz -n 1 -d / more
        end <$file
        and begin
            test ! -s $file
            or not string match -rq '[\x{fdd0}-\x{fdef}]' <$file
        end
    end

    function __envhook_run_steps
        __envhook_can_hold $argv; and __envhook_any_run_steps $argv
    end

    function __envhook_examine
        __envhook_can_hold $__envhook_names; and __envhook_any_examine $argv
    end

    # False, with __envhook_failure, when one of those that are names has such a character in its value.
    function __envhook_can_hold
        set -l __envhook_some (string match -r '^[A-Za-z_][A-Za-z0-9_]*\z' -- $argv)
        set -q __envhook_some[1]; or return 0
        set --show $__envhook_some | string match -rq '[\x{fdd0}-\x{fdef}*?]'; or return 0 # some are shown as * and ?
        begin
            set --show $__envhook_some
            /usr/bin/env
        end | string match -rq '[\x{fdd0}-\x{fdef}]'
        or return 0
        set -g __envhook_failure "fish $version cannot hold some characters of a variable (U+FDD0 to U+FDEF)"
        return 1
    end
end

# What fish 3.2 to 3.5 do otherwise. No -ef and no age of a file: the clock is a process, for a new session state and an
# approval with a time limit. And how much can be read stays as it was last set when the variable that said so is gone.
if not builtin test / -ef / 2>/dev/null
    function __envhook_watch_directory
        set -ga __envhook_doubtful $argv[1]
    end

    function __envhook_one_directory
        contains -- (builtin realpath -- $argv[1]) $argv[2] (builtin realpath -- $argv[2] 2>/dev/null)
    end

    function __envhook_clock
        /bin/date +%s
    end

    for __envhook_it in unchanged headed same ends changed readable
        builtin functions --erase __envhook_limited_$__envhook_it
        builtin functions --copy __envhook_$__envhook_it __envhook_limited_$__envhook_it
        function __envhook_$__envhook_it --inherit-variable __envhook_it
            __envhook_limited_$__envhook_it $argv
            set -l so $status
            test -n "$fish_read_limit" # a global one is back by itself
            or begin
                set -l fish_read_limit 104857600
            end
            return $so
        end
    end
    set -e __envhook_it
end
