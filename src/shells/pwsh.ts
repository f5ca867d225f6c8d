import type { Shell } from './index.js';
import { powershell } from './powershell.js';

/** PowerShell by the name that direnv has for it. */
export const pwsh: Shell = { ...powershell, name: 'pwsh' };
