import type { CommandFile } from '../cli.js';
import { allow } from './allow.js';
import { deny } from './deny.js';
import { exportCommand } from './export.js';
import { hook, unhook } from './hook.js';
import { prune } from './prune.js';
import { status } from './status.js';

/** Every command, in the order of --help. */
export const commands: readonly CommandFile[] = [allow, deny, status, exportCommand, prune, hook, unhook];
