import type { Shell } from './index.js';
import { posix } from './posix.js';

export const zsh: Shell = { ...posix, name: 'zsh' };
