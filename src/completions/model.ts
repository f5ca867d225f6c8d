import type { Argument, Command, Option } from 'commander';
import { units } from '../daemon/unit.js';
import { shells } from '../shells/index.js';

/**
 * What can stand in one place of a command line: one of some words, a path, what `envhook __complete` lists there, or
 * from there on a directory, `--`, both or none, and then a command with its own arguments.
 */
export type Kind =
  | { words: readonly string[] }
  | { path: 'file' | 'directory' }
  | { listed: 'profiles' | 'names' | 'assignments' }
  | { command: true };

export interface CompletedOption {
  /** `--json`, `-h` */
  flags: string[];
  description: string;
  /** Of the value it takes, if it takes one; an unknown kind is undefined. */
  value?: { kind: Kind | undefined };
}

/** One command as a completion sees it. The program itself has the path ''. */
export interface CompletedCommand {
  /** `allow`, `daemon status` */
  path: string;
  subcommands: { name: string; aliases: string[]; summary: string }[];
  options: CompletedOption[];
  /** One per argument. */
  kinds: (Kind | undefined)[];
  /** Whether the last argument may be repeated. */
  isVariadic: boolean;
}

/** The options of any command that take a value, as they are typed. */
export function valuedFlags(commands: readonly CompletedCommand[]): string[] {
  const valued = commands.flatMap(({ options }) => options).filter(({ value }) => value !== undefined);
  return [...new Set(valued.flatMap(({ flags }) => flags))];
}

/**
 * Every command of a program, the program first, as it is declared: nothing here knows a command's name. One with
 * several names is there once for each.
 */
export function completedCommands(command: Command, path = ''): CompletedCommand[] {
  const visible = command
    .createHelp()
    .visibleCommands(command)
    .filter((it) => it.name() !== 'help');
  const own: CompletedCommand = {
    path,
    subcommands: visible.map((it) => ({
      name: it.name(),
      aliases: it.aliases(),
      summary: it.summary() || it.description(),
    })),
    options: [...command.createHelp().visibleOptions(command), ...globalOptions(command)].map(optionOf),
    kinds: command.registeredArguments.map(argumentKind),
    isVariadic: command.registeredArguments.at(-1)?.variadic ?? false,
  };
  const below = visible.flatMap((it) =>
    [it.name(), ...it.aliases()].flatMap((name) => completedCommands(it, `${path} ${name}`.trim())),
  );
  return [own, ...below];
}

// Those of the program that every command takes: its version is none.
function globalOptions(command: Command): Option[] {
  const options = command.createHelp().visibleGlobalOptions(command);
  return options.filter(({ long }) => long !== '--version');
}

function optionOf(option: Option): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined && flag !== null);
  const takesValue = option.required || option.optional;
  const value = { kind: option.argChoices ? { words: option.argChoices } : kindOf(option.attributeName()) };
  return { flags, description: option.description, ...(takesValue ? { value } : {}) };
}

function argumentKind(argument: Argument): Kind | undefined {
  return argument.argChoices ? { words: argument.argChoices } : kindOf(argument.name());
}

function kindOf(name: string): Kind | undefined {
  return KINDS.get(name);
}

// By the name that an argument or option has in --help.
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['dir', { path: 'directory' }],
  ['file', { path: 'file' }],
  ['profile', { listed: 'profiles' }],
  ['name', { listed: 'names' }],
  ['consent', { listed: 'names' }],
  ['assignments', { listed: 'assignments' }],
  ['shell', { words: ['bash', 'zsh', 'fish'] }],
  ['format', { words: [...shells.keys()] }],
  ['supervisor', { words: [...units.keys()] }],
  ['words', { command: true }],
]);
