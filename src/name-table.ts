/*
 * Names that mean something to programs which have nothing to do with the project that sets them. What the lists say is
 * looked up in names.ts; a test shows that no entry is in vain, and how seldom the files of real projects are asked about.
 */

/** Names that are treated alike. */
export interface NameRow {
  /** What comes of it: for a sentence that begins with the name. */
  reason: string;
  /** Where that is written. */
  source: string;
  /** The reader of these names takes any case, and `-` for `_`: they are written in lower case here. */
  folded?: true;
  /** Names; a `*` at the end or the start stands for any part; `!` before what a pattern would take and does not mean. */
  names: string;
}

/** What a name does to whoever sets it unread. */
export type Effect = 'runs a program' | 'sends data elsewhere' | 'changes the shell';

/** Never set, neither in a shell nor for a command: it would take something over that is not the project's. */
export const NEVER: readonly NameRow[] = [
  {
    reason: 'belongs to envhook',
    source: 'README, "Settings"',
    folded: true,
    names: 'envhook_* __envhook_*',
  },
  {
    reason: 'is where another environment manager keeps its state',
    source:
      'direnv, mise, shadowenv, devbox, devenv, flox, lorri, Nix, hermit, pkgx, autoenv, zsh-autoenv, smartcd, ondir: what their hooks read back',
    names: `
      DIRENV_* __MISE_* MISE_SHELL __RTX_* RTX_SHELL __shadowenv_* SHADOWENV_* DEVBOX_* __DEVBOX_*
      DEVENV_* _DEVENV_* FLOX_* _FLOX_* _flox_* LORRI_* IN_LORRI_SHELL IN_NIX_SHELL __NIX_*
      __ETC_PROFILE_* HERMIT_* _HERMIT_* _PKGX_* _pkgx_* AUTOENV_* autoenv_* _autoenv_* AACTIVATOR_*
      SMARTCD_* smartcd_* _smartcd_* VARSTASH_* varstash_* __varstash_* ONDIRWD GUIX_ENVIRONMENT
    `,
  },
  {
    reason: 'is where a version manager keeps its state',
    source:
      'fnm, volta, nvm, asdf, sdkman, rvm, chruby, proto, vfox, gvm, perlbrew, phpbrew, jabba, the family of rbenv: what their functions read back, or read code from',
    names: `
      FNM_* VOLTA_HOME _VOLTA_* NVM_* ASDF_DIR ASDF_DATA_DIR ASDF_BIN ASDF_INSTALL_* ASDF_PLUGIN_*
      ASDF_DOWNLOAD_PATH ASDF_CMD_FILE SDKMAN_* sdkman_* __sdkman_* rvm_* _rvm_* __rvm_* RUBIES
      RUBY_ROOT RUBY_AUTO_VERSION PROTO_HOME _PROTO_* VFOX_* __VFOX_* GVM_ROOT GVM_OVERLAY_PREFIX
      GVM_PATH_BACKUP gvm_* PERLBREW_* PHPBREW_* JABBA_HOME JENV_ROOT JENV_DIR JENV_SHELL
      JENV_HOOK_PATH PYENV_ROOT PYENV_DIR PYENV_SHELL PYENV_HOOK_PATH PYENV_VIRTUAL_ENV
      PYENV_ACTIVATE_SHELL PYENV_VIRTUALENV_* _PYENV_* RBENV_ROOT RBENV_DIR RBENV_SHELL
      RBENV_HOOK_PATH NODENV_ROOT NODENV_DIR NODENV_SHELL NODENV_HOOK_PATH GOENV_ROOT GOENV_DIR
      GOENV_SHELL GOENV_HOOK_PATH PLENV_ROOT PLENV_DIR PLENV_SHELL PLENV_HOOK_PATH PHPENV_ROOT
      PHPENV_DIR PHPENV_SHELL PHPENV_HOOK_PATH SWIFTENV_ROOT EXENV_ROOT TFENV_ROOT TFENV_CONFIG_DIR
    `,
  },
  {
    reason: 'is what an activated environment is undone from',
    source: "virtualenv's activate, conda activate, mamba, pixi, Environment Modules, Lmod, spack, opam",
    names: `
      _OLD_VIRTUAL_* _OLD_FISH_PROMPT_OVERRIDE CONDA_EXE CONDA_SHLVL CONDA_PREFIX CONDA_PREFIX_*
      CONDA_PYTHON_EXE CONDA_DEFAULT_ENV CONDA_PROMPT_MODIFIER CONDA_STACKED_* CONDA_ENV_VARS_*
      CONDA_BACKUP_* CONDA_PS1_BACKUP _CONDA_* __CONDA_* _CE_* MAMBA_EXE MAMBA_ROOT_PREFIX __MAMBA_*
      PIXI_EXE PIXI_IN_SHELL PIXI_PROJECT_* MODULEPATH LOADEDMODULES _LMFILES_* MODULESHOME
      MODULERCFILE MODULES_CMD MODULES_RUN_QUARANTINE MODULES_RUNENV_* __MODULES_* LMOD_* __LMOD_*
      _ModuleTable* SPACK_* OPAM_LAST_ENV OPAM_SWITCH_PREFIX
    `,
  },
  {
    reason: 'changes how the shell itself works',
    source: 'bash(1), zshparam(1), zshall(1) "Startup Files", fish "Special variables", sudo env_delete',
    names: `
      BASH_* SHELLOPTS BASHOPTS __BASH_FUNC* POSIXLY_CORRECT ZSH ZSH_* ZDOTDIR STTY FPATH MODULE_PATH
      fish_* __fish_* PROMPT_COMMAND INPUTRC XONSHRC XONSH_* NU_LIB_DIRS NU_PLUGIN_DIRS
      PROMPT_COMMAND_RIGHT
    `,
  },
  {
    reason: 'changes how the shell itself works',
    source: 'bash(1) "Shell Variables", zshparam(1) "Parameters Used By The Shell"',
    names: `
      IFS GLOBIGNORE GLOBSORT EXECIGNORE CDPATH ignoreeof auto_resume KEYBOARD_HACK MAILPATH NULLCMD
      READNULLCMD TMOUT TMPPREFIX TMPSUFFIX CORRECT_IGNORE CORRECT_IGNORE_FILE ZLE_* ZLS_* ZBEEP
      zle_highlight zle_bracketed_paste ARGV0 FCEDIT INSIDE_EMACS EMACS
    `,
  },
  {
    reason: 'changes how the shell itself works',
    source: 'bash(1), zshparam(1), bash-preexec, powerlevel10k, spaceship, pure, liquidprompt, git-prompt.sh',
    names: `
      PROMPT_DIRTRIM PROMPT PROMPT2 PROMPT3 PROMPT4 PROMPT_EOL_MARK RPROMPT RPROMPT2 RPS1 RPS2 SPROMPT
      PS0 PS1 PS2 PS3 PS4 POSTEDIT precmd_functions preexec_functions chpwd_functions
      periodic_functions zshaddhistory_functions zshexit_functions zsh_directory_name_functions __bp_*
      bash_preexec_* POWERLEVEL9K_* P9K_* SPACESHIP_* PURE_PROMPT_* PURE_GIT_* LP_PS1* GIT_PS1_*
    `,
  },
  {
    reason: 'is where the shell keeps its history',
    source: 'bash(1), zshparam(1)',
    names: `
      HISTFILE HISTSIZE HISTFILESIZE HISTCONTROL HISTIGNORE HISTTIMEFORMAT HISTCHARS histchars
      HISTORY_IGNORE SAVEHIST
    `,
  },
  {
    reason: 'says who and where you are',
    source: `POSIX "Environment Variables", XDG Base Directory Specification, sudo's user variables`,
    names: `
      HOME PWD OLDPWD SHELL XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_BIN_HOME
      XDG_RUNTIME_DIR _
    `,
  },
];

/**
 * Never set in a shell, which keeps something else under the name: it runs a number of it, refuses it or loses what it had.
 * For a command, or in a file, it is a name like any other.
 */
export const NOT_IN_A_SHELL: readonly NameRow[] = [
  {
    reason: 'belongs to the shell',
    source: 'bash(1) and zshparam(1) "Parameters Set By The Shell", zshmodules(1), fish "Special variables"',
    names: `
      UID EUID GID EGID PPID USERNAME BASH BASHPID DIRSTACK FUNCNAME GROUPS HISTCMD LINENO PIPESTATUS
      RANDOM SRANDOM SECONDS EPOCHREALTIME EPOCHSECONDS OPTIND OPTARG OPTERR REPLY COMP_CWORD COMP_KEY
      COMP_LINE COMP_POINT COMP_TYPE COMP_WORDBREAKS COMP_WORDS COMPREPLY COPROC MAPFILE
      READLINE_ARGUMENT READLINE_LINE READLINE_MARK READLINE_POINT COLUMNS LINES SHLVL ERRNO TTY
      TTYIDLE ARGC CPUTYPE MACHTYPE OSTYPE HOSTTYPE VENDOR TRY_BLOCK_ERROR TRY_BLOCK_INTERRUPT ZFTP_*
      ZCURSES_* PSVAR status pipestatus argv path fpath cdpath manpath module_path mailpath fignore
      psvar options aliases galiases saliases functions functions_source commands builtins parameters
      modules dirstack history historywords jobdirs jobstates jobtexts nameddirs userdirs usergroups
      reswords patchars signals funcstack functrace funcsourcetrace funcfiletrace dis_* watch keymaps
      widgets errnos sysparams mapfile epochtime langinfo terminfo termcap zsh_eval_context
      zsh_scheduled_events prompt version hostname umask last_pid status_generation FISH_VERSION
      CMD_DURATION HOSTFILE CHILD_MAX LOGCHECK LISTMAX KEYTIMEOUT MAILCHECK DIRSTACKSIZE FUNCNEST
      REPORTTIME REPORTMEMORY TIMEFMT TIMEFORMAT WORDCHARS IGNOREEOF WATCHFMT FIGNORE WATCH
    `,
  },
  {
    reason: 'changes how the shell itself works',
    source: 'POSIX sh, ENV; it is a common name for a kind of deployment, too',
    names: 'ENV',
  },
  {
    reason: 'says who and where you are',
    source: 'POSIX "Environment Variables", mail(1)',
    names: 'USER LOGNAME MAIL',
  },
];

/**
 * Set after consent. By what they do, in the order in which they are asked for. A program may trust any variable: this is
 * an aid for the reader of a file, not a wall.
 */
export const ASKED_FOR: Readonly<Record<Effect, readonly NameRow[]>> = {
  'runs a program': [
    {
      reason: 'decides which programs run',
      source: 'POSIX "Environment Variables"',
      names: 'PATH',
    },
    {
      reason: 'loads code or data into every program',
      source: 'ld.so(8), glibc unsecvars.h, dyld(1), sudo env_delete',
      names: `
        LD_* DYLD_* LDR_* _RLD* SHLIB_PATH LIBPATH GCONV_PATH GETCONF_DIR LOCPATH NLSPATH I18NPATH
        PATH_LOCALE GLIBC_TUNABLES MALLOC_* GMON_OUT_PREFIX TZDIR ARGP_HELP_FMT DATEMSK NIS_PATH
        NIS_DEFAULTS
      `,
    },
    {
      reason: 'loads code into Node.js and the programs that it starts',
      source: 'node(1) "Environment", Bun and Deno manuals, corepack, electron, esbuild',
      names: `
        NODE_OPTIONS NODE_PATH NODE_REPL_* NODE_COMPILE_CACHE NODE_V8_COVERAGE
        NODE_REDIRECT_WARNINGS NODE_ICU_DATA NODE_CHANNEL_FD NODE_GYP_FORCE_PYTHON BUN_*
        !BUN_VERSION !BUN_ENV DENO_* !DENO_ENV !DENO_DEPLOYMENT_ID !DENO_VERSION !DENO_REGION
        COREPACK_* ELECTRON_RUN_AS_NODE ELECTRON_OVERRIDE_DIST_PATH ESBUILD_BINARY_PATH
        SWC_BINARY_PATH SASS_BINARY_PATH NAPI_RS_NATIVE_LIBRARY_PATH TS_NODE_COMPILER
        TS_NODE_REQUIRE PRISMA_QUERY_ENGINE_BINARY PRISMA_SCHEMA_ENGINE_BINARY
        PRISMA_MIGRATION_ENGINE_BINARY PRISMA_INTROSPECTION_ENGINE_BINARY PRISMA_FMT_BINARY
        PRISMA_QUERY_ENGINE_LIBRARY CYPRESS_RUN_BINARY CYPRESS_INSTALL_BINARY
        PUPPETEER_EXECUTABLE_PATH PLAYWRIGHT_NODEJS_PATH PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH
        PLAYWRIGHT_FIREFOX_EXECUTABLE_PATH PLAYWRIGHT_WEBKIT_EXECUTABLE_PATH CHROME_PATH CHROME_BIN
        LEFTHOOK_BIN LEFTHOOK_CONFIG
      `,
    },
    {
      reason: 'configures npm, pnpm or yarn, which run programs and know your tokens',
      source: 'npm config(7): any case, - as _; yarn and pnpm the same; npm_* from npm scripts(7)',
      folded: true,
      names: `
        npm_config_* pnpm_config_* pnpm_home yarn_* !yarn_version npm_execpath npm_node_execpath
        pnpm_script_src_dir
      `,
    },
    {
      reason: 'loads code into Python and the programs written in it',
      source: 'python(1) "Environment variables", sudo env_delete, virtualenv',
      names: `
        PYTHON* !PYTHONUNBUFFERED !PYTHONDONTWRITEBYTECODE !PYTHONIOENCODING !PYTHONHASHSEED
        !PYTHONUTF8 !PYTHONFAULTHANDLER !PYTHONOPTIMIZE !PYTHONASYNCIODEBUG !PYTHONDEVMODE
        !PYTHON_VERSION !PYTHON_ENV !PYTHON_GIL !PYTHON_COLORS VIRTUAL_ENV IPYTHONDIR MPLBACKEND
        MPLCONFIGDIR SETUPTOOLS_USE_DISTUTILS INVOKE_RUN_SHELL JUPYTER_CONFIG_DIR
        JUPYTER_CONFIG_PATH JUPYTER_PATH PYLINTRC PYLINTHOME MYPYPATH PYTEST_ADDOPTS PYTEST_PLUGINS
        COVERAGE_PROCESS_START COVERAGE_RCFILE
      `,
    },
    {
      reason: 'loads code into programs of its language',
      source:
        'perlrun(1), ruby(1), bundle-config(1), sudo env_delete; java, erl(1), Rscript, julia, lua(1), php, tclsh, guile, awk, ghc, ocaml manuals',
      names: `
        PERLIO_DEBUG PERLLIB PERL5* PERL_* PERLDB_OPTS PERLDOC* RUBYLIB RUBYOPT RUBYPATH RUBYSHELL
        RUBYGEMS_GEMDEPS RUBY_DEBUG_* IRBRC GEM_HOME GEM_PATH GEM_SPEC_CACHE GEMRC RAKEOPT BUNDLE_*
        !BUNDLE_WITHOUT !BUNDLE_JOBS !BUNDLE_RETRY !BUNDLE_FROZEN !BUNDLE_DEPLOYMENT BUNDLER_*
        JAVA_* !JAVA_VERSION _JAVA_OPTIONS JDK_JAVA_OPTIONS JDK_HOME JRE_HOME JVM_OPTS MVNW_*
        COURSIER_* CLASSPATH IBM_JAVA_OPTIONS MAVEN_OPTS MAVEN_ARGS MAVEN_CONFIG MAVEN_HOME
        MAVEN_CMD_LINE_ARGS MAVEN_PROJECTBASEDIR M2_HOME GRADLE_OPTS GRADLE_HOME GRADLE_USER_HOME
        SBT_OPTS ANT_OPTS ANT_HOME ANT_ARGS LEIN_* KOTLIN_HOME SCALA_HOME GROOVY_* CATALINA_OPTS
        CATALINA_HOME CATALINA_BASE LUA_PATH* LUA_CPATH* LUA_INIT* LUAROCKS_CONFIG PHPRC
        PHP_INI_SCAN_DIR PSModulePath PHP_PEAR_* COMPOSER COMPOSER_* !COMPOSER_MEMORY_LIMIT
        !COMPOSER_ALLOW_SUPERUSER !COMPOSER_NO_INTERACTION !COMPOSER_PROCESS_TIMEOUT
        !COMPOSER_VERSION DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE
        DOTNET_ROOT* DOTNET_HOST_PATH DOTNET_MSBUILD_SDK_RESOLVER_* DOTNET_CLI_HOME
        DOTNET_BUNDLE_EXTRACT_BASE_DIR CORECLR_* COR_PROFILER* COR_ENABLE_PROFILING
        ASPNETCORE_HOSTINGSTARTUPASSEMBLIES MSBUILD* NUGET_* !NUGET_API_KEY MONO_* ERL_*
        ELIXIR_ERL_OPTIONS ERTS_* ESCRIPT_* MIX_HOME MIX_ARCHIVES MIX_EXS MIX_PATH MIX_REBAR*
        MIX_DEPS_PATH MIX_BUILD_* MIX_INSTALL_* HEX_HOME HEX_MIRROR* HEX_API_URL REBAR_* R_HOME
        R_PROFILE* R_ENVIRON* R_LIBS* R_DEFAULT_PACKAGES R_STARTUP_DEBUG JULIA_* GUILE_* TCLLIBPATH
        TCL_LIBRARY TK_LIBRARY AWKPATH AWKLIBPATH GHC_* GHCRTS GHCUP_* STACK_ROOT STACK_YAML
        STACK_CONFIG STACK_XDG CABAL_DIR CABAL_CONFIG CABAL_BUILDDIR OCAMLPATH OCAMLRUNPARAM
        OCAMLFIND_* CAML_LD_LIBRARY_PATH OPAM* SBCL_HOME SBCL_CORE RACKET_* PLT_* PLTCOLLECTS
        PLTADDONDIR PLTUSERHOME SWIPL* OCTAVE_PATH OCTAVE_SITE_INITFILE OCTAVE_VERSION_INITFILE
        MATLABPATH NIMBLE_DIR ZIG_* !ZIG_VERSION CRYSTAL_PATH CRYSTAL_OPTS SWIFT_EXEC FLUTTER_ROOT
        PUB_CACHE ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK_HOME N_PREFIX
      `,
    },
    {
      reason: 'changes what go, cargo or rustc runs, or where it fetches code',
      source: 'go help environment, The Cargo Book "Environment Variables", rustup',
      names: `
        GOFLAGS GOPROXY GOPRIVATE GONOPROXY GONOSUMDB GONOSUMCHECK GOSUMDB GOINSECURE GOAUTH GOENV
        GOROOT GOPATH GOBIN GOTOOLDIR GOTOOLCHAIN GOVCS GOCACHE GOCACHEPROG GOMODCACHE GOTMPDIR
        GOWORK GODEBUG GOPACKAGESDRIVER GO_EXTLINK_ENABLED GO_LDSO GCCGO GCCGOTOOLDIR CGO_*
        !CGO_ENABLED CARGO CARGO_* !CARGO_TERM_* !CARGO_INCREMENTAL !CARGO_PKG_* !CARGO_BUILD_JOBS
        RUSTC RUSTC_* RUSTDOC RUSTDOCFLAGS RUSTFLAGS RUSTFMT RUSTUP_* CLIPPY_ARGS CLIPPY_CONF_DIR
        CROSS_CONFIG CROSS_CONTAINER_* SCCACHE_* CCACHE_* DISTCC_*
      `,
    },
    {
      reason: 'changes what the C compiler, the linker or make runs',
      source:
        'gcc(1) "Environment", GNU make "Implicit Variables", autoconf "Site Defaults", pkg-config(1), cmake-env-variables(7), xcrun(1)',
      names: `
        CC CXX CPP AS AR LD NM RANLIB STRIP OBJCOPY OBJDUMP FC F77 LEX YACC M4 LDSHARED CFLAGS
        CXXFLAGS CPPFLAGS FFLAGS FCFLAGS LDFLAGS LDLIBS ASFLAGS ARFLAGS LFLAGS YFLAGS HOSTCC HOSTCXX
        HOSTCFLAGS HOSTLDFLAGS CC_FOR_BUILD CXX_FOR_BUILD CROSS_COMPILE COMPILER_PATH
        GCC_EXEC_PREFIX LIBRARY_PATH CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH
        OBJCPLUS_INCLUDE_PATH DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES COLLECT_* CCC_*
        CLANG_CONFIG_FILE_* MAKE MAKEFLAGS GNUMAKEFLAGS MFLAGS MAKEFILES MAKESHELL MAKEINFO
        MAKEOVERRIDES MAKE_COMMAND MAKECONF MAKESYSPATH MAKEOBJDIR MAKEOBJDIRPREFIX NINJAFLAGS
        CONFIG_SITE CONFIG_SHELL PKG_CONFIG PKG_CONFIG_* PKGCONF ACLOCAL ACLOCAL_PATH AUTOCONF
        AUTOHEADER AUTOMAKE AUTOM4TE LIBTOOL LIBTOOLIZE CMAKE_* CTEST_* VCPKG_* CONAN_* MESON_*
        BAZEL_* BAZELISK_* USE_BAZEL_VERSION SDKROOT DEVELOPER_DIR TOOLCHAINS LLVM_PROFILE_FILE
        LLVM_CONFIG_PATH LIBCLANG_PATH NVCC* CUDA_NVCC* PROTOC PROTOC_INCLUDE
      `,
    },
    {
      reason: 'is or configures a program that others start',
      source:
        'POSIX "Environment Variables", environ(7), git(1), less(1), fzf(1), vim "startup", GNU emacs "Environment", VS Code',
      names: `
        EDITOR VISUAL PAGER BROWSER *_PAGER *_EDITOR *_BROWSER *_ASKPASS SUDO_PROMPT
        ALTERNATE_EDITOR CVSEDITOR HGEDITOR HGMERGE P4* MANPAGER MANPATH MANOPT MANROFFOPT
        MANROFFSEQ MANCONFIG MAN_DISABLE_SECCOMP GROFF_* GROTTY_* LESS LESSOPEN LESSCLOSE LESSKEY*
        LESSECHO LESSEDIT LESSGLOBALTAGS LESSHISTFILE LESSSECURE* LESSMETACHARS LESSMETAESCAPE
        LESSHISTSIZE LESSBINFMT LESSUTFBINFMT LESSPREFIX LESSVIEW LESSANSI* LESSCHAR* MORE
        INFO_PRINT_COMMAND INFOPATH VIM VIMINIT EXINIT GVIMINIT VIMRUNTIME MYVIMRC MYGVIMRC NVIM_*
        NVIM EMACSLOADPATH EMACSPATH EMACSDATA EMACSDOC EMACS_* KAKOUNE_* HELIX_RUNTIME
        MICRO_CONFIG_HOME OPENER MOST_INITFILE VSCODE_* NNN_* LF_CONFIG_HOME VIFM MYVIFMRC TERMCMD
        TERMINAL FZF_* SKIM_* _ZO_* ATUIN_* MCFLY_* HSTR_CONFIG RIPGREP_CONFIG_PATH BAT_CONFIG_PATH
        BAT_CONFIG_DIR BAT_OPTS BAT_CACHE_PATH BAT_STYLE BATPIPE STARSHIP_* POSH_* TMUX TMUX_TMPDIR
        TMUX_PLUGIN_MANAGER_PATH SCREENRC SYSSCREENRC SCREENDIR ZELLIJ_* BYOBU_* MAILRC MAILCAPS
        MAILCAP
      `,
    },
    {
      reason: 'changes which programs and hooks version control runs',
      source: 'git(1) "Environment Variables" and its sources, hg "environment", svn, cvs(1), bzr, jj',
      names: `
        GIT_ALLOW_PROTOCOL GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_* GIT_CEILING_DIRECTORIES
        GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_* GIT_CURL_* GIT_DIFF_OPTS GIT_DIR
        GIT_DISCOVERY_ACROSS_FILESYSTEM GIT_EXEC_PATH GIT_EXTERNAL_DIFF* GIT_GRAFT_FILE
        GIT_HTTP_PROXY_AUTHMETHOD GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE GIT_MAN_VIEWER
        GIT_MERGETOOL_GUI GIT_NO_LAZY_FETCH GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX
        GIT_PROTOCOL GIT_PROTOCOL_FROM_USER GIT_PROXY_* GIT_QUARANTINE_PATH GIT_REDIRECT_*
        GIT_REFERENCE_BACKEND GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_SSH GIT_SSH_COMMAND
        GIT_SSH_VARIANT GIT_SSL_* GIT_TEMPLATE_DIR GIT_TEXTDOMAINDIR GIT_TRACE GIT_TRACE_*
        GIT_TRACE2* GIT_WORK_TREE GIT_ASK_YESNO GIT_LFS_* HG HGRCPATH HGRCSKIPREPO HGMODULEPOLICY
        CHGHG SVN_SSH SVN_MERGE CVS_RSH CVS_SERVER CVSROOT CVSIGNORE BZR_* BRZ_* JJ_CONFIG
        FOSSIL_HOME DARCS_* PRE_COMMIT_HOME
      `,
    },
    {
      reason: 'adds options or a program to a tool that you run by hand',
      source: `GNU tar "TAR_OPTIONS", rsync(1), xz(1), zip(1), unzip(1), GNU grep, gawk, bc(1), patch(1), valgrind, sanitizers, TeX's texmf.cnf, ImageMagick, psql(1), mysql(1), sqlplus`,
      names: `
        TAR_OPTIONS WGETRC SYSTEM_WGETRC WGET2RC TASKRC TASKDATA TEXEDIT MFEDIT MPEDIT ACK_OPTIONS
        ACKRC APT_CONFIG DPKG_ROOT DPKG_ADMINDIR RPM_CONFIGDIR LYNX_* ELINKS_CONFDIR SHELLCHECK_OPTS
        TAPE RSH RSYNC_RSH RSYNC_CONNECT_PROG RSYNC_OLD_ARGS XZ_OPT XZ_DEFAULTS GZIP ZIP ZIPOPT
        UNZIP UNZIPOPT ZIPINFO ZIPINFOOPT GREP_OPTIONS BC_ENV_ARGS DC_ENV_ARGS PATCH_GET
        DIFF_OPTIONS INDENT_PROFILE CTAGS ETAGS GTAGSCONF GTAGSLABEL GTAGSROOT VALGRIND_* ASAN_*
        LSAN_OPTIONS MSAN_OPTIONS TSAN_OPTIONS UBSAN_OPTIONS *_SYMBOLIZER_PATH DEBUGINFOD_*
        STRACE_OPTS TEXINPUTS TEXMF* shell_escape shell_escape_commands openout_any openin_any
        MAGICK_* MAGIC GS_OPTIONS GS_LIB GS_DEVICE PSQLRC PGSYSCONFDIR PGSERVICEFILE PGLOCALEDIR
        PSQL_HISTORY MYSQL_HOME MYSQL_TEST_LOGIN_FILE LIBMYSQL_PLUGIN* MYSQL_HISTFILE SQLITE_HISTORY
        SQLPATH ORACLE_PATH ORACLE_HOME TNS_ADMIN ODBCINI ODBCSYSINI ODBCINSTINI REDISCLI_RCFILE
        REDISCLI_HISTFILE FAKEROOT* QEMU_LD_PREFIX QEMU_SET_ENV WINEPREFIX WINELOADER WINESERVER
        WINEDLLPATH WINEDLLOVERRIDES PARALLEL PARALLEL_* SUDO_* DOAS_* LIBGUESTFS_* VAGRANT_*
        PACKER_* ANSIBLE_* PULUMI_HOME TERRAGRUNT_* TG_TF_PATH TG_PROVIDER_CACHE_DIR TF_CLI_*
        TERRAFORM_CONFIG TF_PLUGIN_CACHE_DIR TF_DATA_DIR TF_REATTACH_PROVIDERS TF_LOG_PATH
        TOFU_CLI_* TFENV_*
      `,
    },
    {
      reason: 'is a helper that handles your keys, or says where it is',
      source: 'ssh(1), ssh-agent(1), gpg(1), pass(1), SOPS, p11-kit',
      names: `
        SSH_AUTH_SOCK SSH_AGENT_PID SSH_ASKPASS_REQUIRE SSH_SK_PROVIDER SSH_SK_HELPER
        SSH_PKCS11_HELPER GNUPGHOME GPG_AGENT_INFO PINENTRY_USER_DATA PASSWORD_STORE_*
        SOPS_AGE_KEY_CMD SOPS_GPG_EXEC SOPS_KEYSERVICE SOPS_ENABLE_LOCAL_KEYSERVICE P11_KIT_*
        PKCS11_* SASL_PATH SASL_CONF_PATH VAR_ACE USR_ACE DLC_ACE GSETTINGS_*
      `,
    },
    {
      reason: 'loads plug-ins or starts services of the desktop',
      source:
        'D-Bus specification (unixexec:), XDG Base Directory Specification, GTK, Qt, GStreamer, Vulkan and ALSA manuals',
      names: `
        DBUS_* XDG_DATA_DIRS XDG_CONFIG_DIRS GTK_* GTK2_* GTK3_MODULES GIO_* GDK_PIXBUF_MODULE*
        GST_PLUGIN_* GST_REGISTRY* GST_PRESET_PATH GST_DEBUG_FILE GI_TYPELIB_PATH QT_*
        !QT_QPA_PLATFORM !QT_SCALE_FACTOR QML2_IMPORT_PATH QML_IMPORT_PATH QML_* KDEDIRS KDEHOME
        LIBGL_DRIVERS_PATH LIBVA_DRIVERS_PATH LIBVA_DRIVER_NAME VDPAU_DRIVER_PATH VK_ICD_FILENAMES
        VK_DRIVER_FILES VK_ADD_* VK_LAYER_PATH VK_IMPLICIT_LAYER_PATH VK_INSTANCE_LAYERS VK_LOADER_*
        OCL_ICD_* LADSPA_PATH OMP_TOOL_LIBRARIES OMPI_MCA_* PMIX_MCA_* PRTE_MCA_*
        CUDA_INJECTION64_PATH NVTX_INJECTION64_PATH HWLOC_PLUGINS_PATH GDAL_DRIVER_PATH
        GDAL_PYTHON_DRIVER_PATH HDF5_PLUGIN_PATH LV2_PATH ALSA_* PULSE_SERVER PULSE_CONFIG*
        PULSE_CLIENTCONFIG PULSE_SCRIPT PULSE_COOKIE PIPEWIRE_* FONTCONFIG_* XLOCALEDIR XCOMPOSEFILE
        SYSTEMD_* NOTIFY_SOCKET LISTEN_FDS LISTEN_PID
      `,
    },
    {
      reason: 'changes which programs a cloud or container tool runs',
      source:
        'kubectl, helm, gcloud "CLOUDSDK_" properties, az, Docker CLI and podman manuals, krew, minikube, google-auth AIP-4117',
      names: `
        KUBECTL_* KUBERC KUBECACHEDIR KREW_ROOT KUSTOMIZE_PLUGIN_* APPTAINER_* SINGULARITY_*
        AWS_VAULT_* K9S_* K9SCONFIG HELM_* !HELM_VERSION MINIKUBE_HOME SKAFFOLD_* CLOUDSDK_*
        !CLOUDSDK_CORE_PROJECT !CLOUDSDK_CORE_ACCOUNT !CLOUDSDK_COMPUTE_REGION
        !CLOUDSDK_COMPUTE_ZONE !CLOUDSDK_ACTIVE_CONFIG_NAME BOTO_CONFIG BOTO_PATH
        GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES AZURE_CONFIG_DIR AZURE_EXTENSION_DIR
        AZURE_EXTENSION_DEV_SOURCES DOCKER_CLI_PLUGIN_* DOCKER_CONFIG BUILDX_CONFIG CONTAINERS_CONF*
        CONTAINERS_STORAGE_CONF CONTAINERS_REGISTRIES_CONF CONTAINERS_HELPER_BINARY_DIR PODMAN_*
        SAM_CLI_* AWS_DATA_PATH AWS_CONFIG_FILE GH_CONFIG_DIR GH_PATH GLAB_CONFIG_DIR NIX_* GUIX_*
        MISE_* RTX_* ASDF_CONFIG_FILE ASDF_DEFAULT_TOOL_VERSIONS_FILENAME
        ASDF_TOOL_VERSIONS_FILENAME VOLTA_* PROTO_CONFIG_* HOMEBREW_* MAMBARC MAMBA_* CONDARC
        CONDA_* PIXI_* POETRY_* !POETRY_VERSION !POETRY_NO_INTERACTION !POETRY_HTTP_BASIC_* PIPENV_*
        !PIPENV_VERBOSITY PIPX_* PDM_* HATCH_* RYE_* TOX_* NOX_*
      `,
    },
    {
      reason: 'configures a coding agent, which runs programs',
      source:
        'CVE-2025-61260 (CODEX_HOME); the manuals of Claude Code, Codex, Gemini CLI, Copilot CLI, Cursor, aider, goose, opencode, Amp, Qwen Code',
      names: `
        CODEX_* !CODEX_API_KEY CLAUDE_CODE_* CLAUDE_CONFIG_DIR CLAUDE_ENV_FILE CLAUDE_BASH_*
        CLAUDE_PROJECT_DIR CLAUDE_PLUGIN_* GEMINI_CLI_* GEMINI_SANDBOX* GEMINI_SYSTEM_MD
        GEMINI_CONFIG_* GEMINI_TELEMETRY_* SEATBELT_PROFILE SANDBOX_MOUNTS SANDBOX_FLAGS
        CURSOR_AGENT_* CURSOR_CONFIG_DIR CURSOR_DATA_DIR COPILOT_HOME COPILOT_ALLOW_ALL
        COPILOT_CUSTOM_INSTRUCTIONS_DIRS COPILOT_PROVIDER_* COPILOT_GH_HOST GOOSE_PROVIDER__*
        GOOSE_MODE GOOSE_PATH_ROOT GOOSE_RECIPE_PATH OPENCODE_* QWEN_CODE_* QWEN_HOME AMP_URL
        AMP_SETTINGS_FILE AMP_TOOLBOX AIDER_* CRUSH_* CONTINUE_GLOBAL_DIR CLINE_* AUGMENT_*
        WINDSURF_*
      `,
    },
  ],
  'sends data elsewhere': [
    {
      reason: 'says through whom to talk: a proxy',
      source: 'curl(1), Python urllib.request, Go net/http, wget: any case',
      folded: true,
      names: `
        http_proxy https_proxy ftp_proxy ftps_proxy all_proxy no_proxy socks_proxy socks4_proxy
        socks5_proxy socks5h_proxy rsync_proxy grpc_proxy ws_proxy wss_proxy gopher_proxy
        telnet_proxy imap_proxy imaps_proxy pop3_proxy smtp_proxy smtps_proxy ldap_proxy ldaps_proxy
        sftp_proxy scp_proxy smb_proxy dict_proxy tftp_proxy mqtt_proxy rtsp_proxy cgi_http_proxy
        auto_proxy *_http_proxy *_https_proxy
      `,
    },
    {
      reason: 'says whom to trust, or keeps a copy of keys',
      source:
        'openssl(1) "Environment", curl(1), NSS SSLKEYLOGFILE, requests, node(1), krb5 "Environment", sudo env_delete',
      names: `
        OPENSSL_* !OPENSSL_VERSION SSL_CERT_DIR SSL_CERT_FILE SSL_KEYLOGFILE SSLKEYLOGFILE QLOGDIR
        CURL_* REQUESTS_CA_BUNDLE WEBSOCKET_CLIENT_CA_BUNDLE HTTPLIB2_CA_CERTS
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED
        NODE_USE_SYSTEM_CA NODE_USE_ENV_PROXY AWS_CA_BUNDLE KRB5* AUTHSTATE GNUTLS_* NSS_* MOZ_*
        PERL_LWP_SSL_* HTTPS_CA_FILE HTTPS_CA_DIR
      `,
    },
    {
      reason: 'changes which machine a name means',
      source: 'resolver(5), glibc unsecvars.h, sudo env_delete, hesiod(3)',
      names: 'HOSTALIASES LOCALDOMAIN RES_OPTIONS RESOLV_HOST_CONF RESOLV_* HESIOD_CONFIG HES_DOMAIN ',
    },
    {
      reason: 'sends what is fetched or published, and the credentials for it, elsewhere',
      source:
        'pip "Configuration", uv "Environment variables", twine, RubyGems, wget(1), curl(1) .netrc, JSR, huggingface_hub',
      names: `
        PIP_* !PIP_NO_CACHE_DIR !PIP_DISABLE_PIP_VERSION_CHECK !PIP_DEFAULT_TIMEOUT !PIP_VERSION
        !PIP_NO_INPUT !PIP_PROGRESS_BAR UV_* !UV_VERSION !UV_LINK_MODE !UV_COMPILE_BYTECODE
        !UV_NO_CACHE !UV_THREADPOOL_SIZE TWINE_REPOSITORY* TWINE_CERT FLIT_* RUBYGEMS_HOST NETRC
        JSR_URL ELECTRON_MIRROR ELECTRON_BUILDER_BINARIES_MIRROR PLAYWRIGHT_DOWNLOAD_HOST
        PUPPETEER_DOWNLOAD_* CYPRESS_DOWNLOAD_MIRROR SASS_BINARY_SITE *_CDNURL PUB_HOSTED_URL
        FLUTTER_STORAGE_BASE_URL N_NODE_MIRROR NODE_BUILD_* RUBY_BUILD_* NODEJS_ORG_MIRROR
        PRISMA_ENGINES_MIRROR HF_ENDPOINT EARTHLY_* TURBO_API TURBO_LOGIN CUPS_SERVER
        HTTPIE_CONFIG_DIR
      `,
    },
    {
      reason: 'sends your prompts, files and key to another server',
      source: 'Claude Code, Anthropic, OpenAI, Codex and Gemini CLI manuals on base URLs; ollama',
      names: `
        ANTHROPIC_BASE_URL ANTHROPIC_API_URL ANTHROPIC_BEDROCK_BASE_URL
        ANTHROPIC_BEDROCK_MANTLE_BASE_URL ANTHROPIC_VERTEX_BASE_URL ANTHROPIC_FOUNDRY_BASE_URL
        ANTHROPIC_CUSTOM_HEADERS ANTHROPIC_UNIX_SOCKET CLAUDE_BASE_URL OPENAI_BASE_URL
        OPENAI_API_BASE OPENAI_API_BASE_URL OPENAI_API_HOST OPENAI_PROXY_URL GEMINI_BASE_URL
        GEMINI_API_BASE_URL GOOGLE_GEMINI_BASE_URL GOOGLE_VERTEX_BASE_URL CODE_ASSIST_ENDPOINT
        MISTRAL_BASE_URL GROQ_BASE_URL DEEPSEEK_BASE_URL OPENROUTER_BASE_URL XAI_BASE_URL
        COHERE_BASE_URL TOGETHER_BASE_URL LITELLM_PROXY_API_BASE OLLAMA_HOST
      `,
    },
    {
      reason: 'sends your commands and credentials for a service elsewhere',
      source:
        'aws, vault, gh, glab, docker, kubectl, nomad, consul, gcloud, az, heroku, fly, sentry-cli manuals',
      names: `
        AWS_ENDPOINT_URL* AWS_SHARED_CREDENTIALS_FILE AWS_CONTAINER_CREDENTIALS_*
        AWS_CONTAINER_AUTHORIZATION_TOKEN* AWS_EC2_METADATA_* VAULT_ADDR VAULT_AGENT_ADDR
        VAULT_PROXY_ADDR VAULT_CACERT VAULT_CAPATH VAULT_CLIENT_* VAULT_SKIP_VERIFY
        VAULT_TLS_SERVER_NAME VAULT_CONFIG_PATH BAO_ADDR BAO_* DOCKER_HOST DOCKER_CONTEXT
        DOCKER_CERT_PATH DOCKER_TLS* DOCKER_CONTENT_TRUST_SERVER BUILDKIT_HOST CONTAINER_HOST
        CONTAINER_CONNECTION REGISTRY_AUTH_FILE KUBECONFIG KUBERNETES_MASTER CONSUL_HTTP_*
        !CONSUL_HTTP_TOKEN NOMAD_* !NOMAD_TOKEN GITHUB_HOST HUB_CONFIG OCI_CLI_* SCW_API_URL
        SCW_CONFIG_PATH HCLOUD_ENDPOINT HCLOUD_CONFIG CONTAINERD_ADDRESS ARGOCD_SERVER ARGOCD_OPTS
        GH_HOST GITLAB_HOST GL_HOST GLAB_* GCE_METADATA_* GOOGLE_CLOUD_UNIVERSE_DOMAIN
        GOOGLE_API_CERTIFICATE_CONFIG AZURE_AUTHORITY_HOST IDENTITY_ENDPOINT MSI_ENDPOINT
        IMDS_ENDPOINT HEROKU_API_URL HEROKU_HOST FLY_API_BASE_URL FLY_FLAPS_BASE_URL WRANGLER_*
        CLOUDFLARE_API_BASE_URL SENTRY_URL NETLIFY_API_URL DOPPLER_API_HOST DOPPLER_CONFIG_DIR
        PULUMI_BACKEND_URL PULUMI_API ETCDCTL_*
      `,
    },
    {
      reason: 'says where temporary files go, which others may read or put there',
      source: 'POSIX "Environment Variables", glibc unsecvars.h',
      names: 'TMPDIR TMP TEMP TEMPDIR',
    },
    {
      reason: 'says which display gets what you type',
      source: 'X(7), Wayland, sudo env_keep',
      names: 'DISPLAY WAYLAND_DISPLAY WAYLAND_SOCKET XAUTHORITY XAUTHORIZATION XMODIFIERS',
    },
  ],
  'changes the shell': [
    {
      reason: 'sends text of its own to the terminal',
      source: 'dir_colors(5), grep(1), gcc(1), less(1), jq(1), eza, tree(1)',
      names: `
        LS_COLORS LSCOLORS EXA_* EZA_* TREE_COLORS GREP_COLORS GREP_COLOR GCC_COLORS JQ_COLORS
        PG_COLORS LESS_TERMCAP_* LESS_TERM MC_COLOR_TABLE MC_SKIN MINICOM NINJA_STATUS
      `,
    },
    {
      reason: 'says what the terminal understands',
      source: 'terminfo(5), term(7), sudo env_delete',
      names: 'TERMINFO TERMINFO_DIRS TERMCAP TERMPATH NCURSES_* SLANG_*',
    },
    {
      reason: 'changes a framework that the shell has loaded',
      source: 'oh-my-bash, oh-my-fish, prezto, zplug, antigen, zinit, zgen, antidote, bash-completion',
      names: `
        OSH OSH_* OMF_PATH OMF_CONFIG ZPREZTODIR ZPLUG_* ANTIGEN_* ADOTDIR ZINIT ZPFX ZGEN_*
        ZGENOM_* ANTIDOTE_* SHELDON_* HOMESHICK_* YADM_* fisher_*
      `,
    },
  ],
};
