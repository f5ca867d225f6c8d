import type { CommandFile } from '../cli.js';
import { allow } from './allow.js';
import { check } from './check.js';
import { daemon } from './daemon.js';
import { deny } from './deny.js';
import { diff } from './diff.js';
import { events } from './events.js';
import { exec } from './exec.js';
import { exportCommand } from './export.js';
import { get } from './get.js';
import { hook, unhook } from './hook.js';
import { list } from './list.js';
import { prune } from './prune.js';
import { set } from './set.js';
import { status } from './status.js';
import { unset } from './unset.js';
import { use } from './use.js';
import { why } from './why.js';

/** Every command, in the order of --help. */
export const commands: readonly CommandFile[] = [
  allow,
  deny,
  diff,
  status,
  why,
  use,
  check,
  exec,
  set,
  unset,
  get,
  list,
  exportCommand,
  daemon,
  events,
  prune,
  hook,
  unhook,
];
