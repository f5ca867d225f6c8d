/** What a shell can hold as a variable's name; everything else only `exec` can pass on. */
export function isShellName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/**
 * Why a name is never set in a shell, or undefined if it may be. The lists hold what bash 5, zsh 5.9 and fish 3
 * themselves own, run, or build paths from: the manuals' sections on shell variables, tried one by one.
 */
export function neverSetReason(name: string): string | undefined {
  if (/^(__)?envhook_/i.test(name)) return 'belongs to envhook';
  return NEVER_SET.find((it) => isRuledBy(it, name))?.reason;
}

/**
 * Why a name is set only after consent, or undefined if no consent is needed: other programs take it as code to
 * run, or as somebody to talk to. An aid for the reader of a file, not a wall: a program may trust any variable.
 */
export function askedForReason(name: string): string | undefined {
  return ASKED_FOR.find((it) => isRuledBy(it, name))?.reason;
}

interface Rule {
  names: Set<string>;
  /** What a name must begin and end with. */
  patterns: { start: string; end: string }[];
  reason: string;
}

// A rule over whole names; one `*` stands for any part. Not regular expressions: to make them takes a run longer than
// all the names it looks up.
function rule(reason: string, names: string): Rule {
  const words = names.trim().split(/\s+/);
  const patterns = words.filter((word) => word.includes('*')).map((word) => word.split('*'));
  return {
    names: new Set(words),
    patterns: patterns.map(([start = '', end = '']) => ({ start, end })),
    reason,
  };
}

function isRuledBy({ names, patterns }: Rule, name: string): boolean {
  if (names.has(name)) return true;
  return (
    /^\w+$/.test(name) &&
    patterns.some(
      ({ start, end }) =>
        name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end),
    )
  );
}

const NEVER_SET: Rule[] = [
  rule(
    'belongs to the shell',
    `UID EUID GID EGID PPID USERNAME _ SHELLOPTS BASHOPTS BASH BASH_* BASHPID DIRSTACK FUNCNAME GROUPS HISTCMD LINENO
    PIPESTATUS RANDOM SRANDOM SECONDS EPOCHREALTIME EPOCHSECONDS OPTIND OPTARG OPTERR REPLY COMP_* COMPREPLY COPROC
    MAPFILE READLINE_* COLUMNS LINES SHLVL ERRNO TTY TTYIDLE ARGC ARGV0 CPUTYPE HOST MACHTYPE OSTYPE HOSTTYPE VENDOR
    ZSH_* ZDOTDIR STTY status pipestatus argv path fpath cdpath manpath module_path mailpath fignore psvar options
    aliases galiases saliases functions commands builtins parameters modules dirstack history historywords jobdirs
    jobstates jobtexts nameddirs userdirs usergroups reswords patchars signals funcstack functrace funcsourcetrace
    funcfiletrace dis_* watch histchars keymaps widgets errnos sysparams mapfile terminfo termcap prompt
    version hostname umask FISH_VERSION`,
  ),
  rule(
    'changes how the shell itself works',
    `IFS ENV POSIXLY_CORRECT GLOBIGNORE GLOBSORT FUNCNEST EXECIGNORE FIGNORE CDPATH CHILD_MAX IGNOREEOF INPUTRC KEYTIMEOUT
    LISTMAX MAILCHECK MAILPATH MAIL NULLCMD READNULLCMD TMOUT TIMEFMT TIMEFORMAT REPORTTIME REPORTMEMORY WATCH WATCHFMT
    LOGCHECK DIRSTACKSIZE WORDCHARS FPATH MODULE_PATH ZLE_* ZLS_* PROMPT_COMMAND PROMPT_DIRTRIM PROMPT PROMPT2 PROMPT3
    PROMPT4 PROMPT_EOL_MARK RPROMPT RPROMPT2 RPS1 RPS2 SPROMPT PS0 PS1 PS2 PS3 PS4 POSTEDIT fish_* __fish_* FCEDIT`,
  ),
  rule('is where the shell keeps its history', 'HIST* SAVEHIST histchars'),
  rule(
    'says who and where you are',
    `HOME PWD OLDPWD USER LOGNAME SHELL XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_BIN_HOME
    XDG_RUNTIME_DIR`,
  ),
];

const ASKED_FOR: Rule[] = [
  rule('decides which programs run', 'PATH'),
  rule(
    'loads code or data into every program',
    'LD_* DYLD_* GCONV_PATH LOCPATH NLSPATH GLIBC_TUNABLES MALLOC_* HOSTALIASES RESOLV_HOST_CONF',
  ),
  rule(
    'loads code into programs of its language',
    `NODE_OPTIONS NODE_PATH NODE_REPL_* NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED NPM_CONFIG_* npm_config_* PYTHON*
    PERL* RUBY* GEM_HOME GEM_PATH BUNDLE_GEMFILE BUNDLE_PATH JAVA_* _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH MAVEN_OPTS
    GRADLE_OPTS LUA_* PHPRC PHP_INI_SCAN_DIR GOFLAGS GOPROXY GONOSUMDB GOTOOLCHAIN RUSTC RUSTC_* RUSTFLAGS DENO_DIR
    BUN_OPTIONS DOTNET_STARTUP_HOOKS ERL_* R_PROFILE* JULIA_* GUILE_* TCLLIBPATH AWKPATH AWKLIBPATH`,
  ),
  rule(
    'is or configures a program that others start',
    `EDITOR VISUAL PAGER MANPAGER BROWSER *_PAGER *_EDITOR *_ASKPASS SSH_AUTH_SOCK GIT_* LESSOPEN LESSCLOSE LESSKEY* CC CXX
    MAKEFLAGS MAKEFILES RSYNC_RSH CVS_RSH SVN_SSH HGRCPATH FZF_DEFAULT_* RIPGREP_CONFIG_PATH VIMINIT EXINIT GVIMINIT
    VIMRUNTIME`,
  ),
  rule(
    'says whom to talk to or to trust',
    `*_proxy *_PROXY OPENSSL_* SSL_CERT_* SSL_KEYLOGFILE SSLKEYLOGFILE CURL_CA_BUNDLE CURL_HOME REQUESTS_CA_BUNDLE
    DOCKER_HOST DOCKER_CONFIG KUBECONFIG GNUPGHOME KRB5_* AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_CA_BUNDLE
    AWS_ENDPOINT_URL*`,
  ),
];
