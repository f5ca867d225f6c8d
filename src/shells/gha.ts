import { github } from './github.js';
import type { Shell } from './index.js';

/** GitHub Actions by the name that direnv has for it. */
export const gha: Shell = { ...github, name: 'gha' };
