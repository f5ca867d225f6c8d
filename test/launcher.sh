# Calls of the launcher, each with what comes of it, for launcher.test.ts: the argument is the directory where
# everything is made the first time. The launcher is there, with a first line that names the shell.
# shellcheck shell=sh
set -eu

base=$1 home=$1/home prefix=$1/prefix checkout=$1/checkout broken=$1/broken
byte=$(printf '\377')
odd="$home/two words/it's/''/\\/\\'/end\\/\$(touch pwned)/\`x\`/a
b/\"/ü/$(printf '\001')/!!/*/-n"
deep=$base/elsewhere/deep
# macOS has no such names.
mkdir -p "$home" && mkdir -p "$home/ü$byte" 2>/dev/null || byte=
me=$(id -u)
user=$(id -un 2>/dev/null) || user=nobody

make() {
  mkdir -p "$prefix/bin" "$prefix/lib/node_modules/envhook/bin" "$checkout/bin" "$broken/bin" "$base/fake" "$base/node" \
    "$odd" "$deep" "$base/all/envhook" "$base/private/envhook" "$base/others/envhook" "$base/broken link" "$base/link/target" \
    "$base/file" "$base/a
drwx------ 1 $me b/envhook/run"
  # The launcher is one file with three names.
  mv "$base/envhook" "$prefix/lib/node_modules/envhook/bin"
  ln "$prefix/lib/node_modules/envhook/bin/envhook" "$checkout/bin/envhook"
  ln "$prefix/lib/node_modules/envhook/bin/envhook" "$broken/bin/envhook"
  for package in "$prefix/lib/node_modules/envhook" "$checkout"; do
    mkdir "$package/dist" "$package/shell"
    touch "$package/dist/cli.cjs" "$package/dist/exporter.cjs"
    touch "$package/shell/envhook.bash" "$package/shell/envhook.zsh" "$package/shell/envhook.fish"
  done

  ln -s ../lib/node_modules/envhook/bin/envhook "$prefix/bin/envhook"
  ln -s ../prefix/bin/envhook "$base/elsewhere/link"
  ln -s "$base/elsewhere/link" "$base/elsewhere/chain"
  ln -s ../link "$deep/relative"
  ln -s elsewhere/deep "$base/linked"
  ln -s nowhere "$base/broken link/envhook"
  ln -s target "$base/link/envhook"
  touch "$base/file/envhook"
  chmod 700 "$base/private/envhook" "$base/others/envhook" "$base/link/target" "$base/a
drwx------ 1 $me b/envhook" "$base/a
drwx------ 1 $me b/envhook/run"
  if [ "$me" = 0 ]; then chown -R 12345 "$base/others"; fi

  # In Node's place, with what shells add to an environment left out. Asked for the home directory it tells it.
  cat >"$base/node/node" <<END
#!/bin/sh
if [ "\$1" = -e ]; then
  printf '%s' '$base/recorded'"\${NODE_OPTIONS-}"
else
  printf '<%s>\\n' "\$@"
  /usr/bin/env | (PATH=/usr/bin:/bin && export LC_ALL=C && sort | grep -Ev '^(PWD|OLDPWD|SHLVL|LOGNAME|_|A__z)=')
fi
END
  chmod 755 "$base/node/node"
  mkdir "$base/recorded"
  ln -s ../../node/node "$prefix/bin/node"
  printf '#!/bin/sh\n: >"%s/happened"\n' "$base" >"$base/fake/ls"
  chmod 755 "$base/fake/ls"
  for name in cat command dash env expr id printf readlink sed sh stat tr; do ln -s ls "$base/fake/$name"; done
}

# Runs the words after the title with no other variables, and says what came of it.
try() {
  printf '%s ---\n' "$1"
  shift
  status=0
  /usr/bin/env -i PATH=/usr/bin:/bin "$@" 2>&1 || status=$?
  echo "status $status"
  if [ -e "$base/happened" ]; then echo HAPPENED; rm "$base/happened"; fi
  printf '\0'
}

hook() {
  title=$1
  shift
  try "$title" HOME="$home" "$@" hook bash
}

paths() {
  for shell in bash zsh fish; do
    try "$shell: every odd name" HOME="$odd" XDG_DATA_HOME="$odd/it's" "$prefix/bin/envhook" hook "$shell"
    try "unhook $shell" "$prefix/bin/envhook" unhook "$shell"
  done
  # shellcheck disable=SC1003 # The backslash is one.
  for end in '\' "'" "\\'" '
' ' '; do
    mkdir -p "$home/$end"
    try "bash: home ends with $end" HOME="$home/$end" "$prefix/bin/envhook" hook bash
    try "fish: home ends with $end" HOME="$home/$end" "$prefix/bin/envhook" hook fish
  done
  for locale in C C.UTF-8; do
    hook "bytes, locale $locale" LC_ALL="$locale" HOME="$home/ü$byte" "$prefix/bin/envhook"
  done
  cd "$deep"
  hook 'a link to a link' "$base/elsewhere/chain"
  hook 'nothing that shells obey' XDG_DATA_HOME="$base/private" ../../linked/relative
  hook 'a relative link in a linked directory' ../../linked/relative
  hook 'a path with dots' ./../../prefix/lib/node_modules/envhook/bin/./envhook
  hook 'variables that shells obey' IFS=/ev0 CDPATH=/ PWD=/ OLDPWD=/ ENV="$base/fake/sh" BASH_ENV="$base/fake/sh" \
    TMPDIR=/nonexistent FPATH="$base/fake" ZDOTDIR="$base/fake" POSIXLY_CORRECT=1 YASH_VERSION=1 KSH_VERSION=1 \
    ZSH_VERSION=5 BASH_VERSION=3 _=/ path=/ status=1 argv=/ TIME_STYLE=relative XDG_DATA_HOME="$base/private" ../../linked/relative
  cd /
}

places() {
  for wrong in '' home /dev/null /nonexistent; do
    hook "home is not '$wrong'" HOME="$wrong" "$prefix/bin/envhook"
  done
  try 'no home, but a variable called as the user is' "$user=/tmp" NODE_OPTIONS=wrong "$prefix/bin/envhook" hook bash
  hook 'no slash at the end' HOME="$home//" XDG_DATA_HOME="$home/a/" "$prefix/bin/envhook"
  hook 'the root directory' HOME=/ XDG_DATA_HOME=/// "$prefix/bin/envhook"
  hook 'a relative XDG_DATA_HOME' XDG_DATA_HOME=data "$prefix/bin/envhook"
  for mode in 700 2700 740 701; do
    chmod "$mode" "$base/all/envhook"
    hook "storage of mode $mode" XDG_DATA_HOME="$base/all" "$prefix/bin/envhook"
  done
  for place in file link 'broken link' "a
drwx------ 1 $me b" others; do
    hook "storage: $place" XDG_DATA_HOME="$base/$place" "$prefix/bin/envhook"
  done
  hook 'the home of others' HOME="$base/others" "$prefix/bin/envhook"
}

messages() {
  hidden=$(printf 'ü\001\033\177\302\200\342\200\213 \377 \357\273\277 \363\240\200\201')
  try 'hidden characters' "$prefix/bin/envhook" hook "b\\n%s
$hidden"
  try 'a backslash, a percent sign' "$prefix/bin/envhook" hook 'a\tb %s \101 -n'
  try 'no shell' "$prefix/bin/envhook" hook
  try 'too many shells' "$prefix/bin/envhook" unhook bash zsh
  hook 'no Node' PATH=bin::. "$checkout/bin/envhook"
  try 'no Node for a command' PATH= "$checkout/bin/envhook" status
  hook 'no file for the shell' PATH="$base/node" "$broken/bin/envhook"
  try 'no bundle' PATH="$base/node" "$broken/bin/envhook" status
}

commands() {
  try 'export' PATH="bin:$base/node" "$checkout/bin/envhook" export bash
  try 'no argument' PATH="$base/node" "$checkout/bin/envhook"
  try 'an empty argument' PATH="$base/node" "$checkout/bin/envhook" exec ''
  try 'bytes as an argument' PATH="$base/node" "$checkout/bin/envhook" exec "ü$byte"
  try 'an empty PATH' PATH= "$prefix/bin/envhook" status
  # What the launcher itself may have, exported by the user.
  names=
  for name in bundle clean data directory euid hidden home install line listing message name newline node old_ifs path \
    prefix present quote replace rest root run saved self shell status target trim_slashes value; do
    names="$names $name=of-the-user"
  done
  # shellcheck disable=SC2086 # Words.
  try 'arguments and variables' PATH="$base/node:/ü$byte" NODE_OPTIONS='--bogus \n' NODE_DEBUG='' NODE_PATH="ü$byte" \
    $names LD_LIBRARY_PATH="/a b:'\\" __ENVHOOK_SAVED=PATH __ENVHOOK_SAVED_PATH=/from/outside CDPATH=/tmp PROJECT='a
b' "$checkout/bin/envhook" export -- 'a  b' '*' "'" '\n' '
' -n
}

attacks() {
  fakes=$base/fake:/usr/bin:/bin
  hook 'fakes on PATH' PATH="$fakes" "$base/elsewhere/chain"
  try 'fakes on PATH, no home' PATH="$fakes" "$prefix/bin/envhook" hook bash
  try 'fakes on PATH, a message' PATH="$fakes" "$prefix/bin/envhook" hook "$(printf 'a\001b')"
  try 'fakes on PATH, a command' PATH="$base/fake:$base/node" "$checkout/bin/envhook" status

  # As bash hands on functions, today and before 2014.
  set --
  for name in cd command echo env eval exec export fail false id ls main printf pwd read readlink sed set test tr \
    true unset; do
    set -- "$@" "BASH_FUNC_$name%%=() { : >'$base/happened'; }" "$name=() { : >'$base/happened'; }"
  done
  hook "somebody's functions" "$@" "$base/elsewhere/chain"
  try "somebody's functions, a message" "$@" "$prefix/bin/envhook" hook "$(printf 'a\001b')"
}

if [ ! -e "$checkout" ]; then make; fi
paths
places
messages
commands
attacks
