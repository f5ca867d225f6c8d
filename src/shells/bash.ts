import type { Shell } from './index.js';
import { posix } from './posix.js';

export const bash: Shell = { ...posix, name: 'bash' };
