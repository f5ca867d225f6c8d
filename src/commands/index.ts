import type { CommandFile } from '../cli.js';
import { allow } from './allow.js';
import { check } from './check.js';
import { complete } from './complete.js';
import { completions } from './completions.js';
import { daemon } from './daemon.js';
import { deny } from './deny.js';
import { diff } from './diff.js';
import { doctor } from './doctor.js';
import { dump } from './dump.js';
import { edit } from './edit.js';
import { events } from './events.js';
import { exec } from './exec.js';
import { exportCommand } from './export.js';
import { get } from './get.js';
import { hook, unhook } from './hook.js';
import { list } from './list.js';
import { prune } from './prune.js';
import { reload } from './reload.js';
import { set } from './set.js';
import { status } from './status.js';
import { unset } from './unset.js';
import { use } from './use.js';
import { version } from './version.js';
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
  edit,
  set,
  unset,
  get,
  list,
  exportCommand,
  dump,
  daemon,
  events,
  reload,
  doctor,
  prune,
  hook,
  unhook,
  completions,
  complete,
  version,
];
