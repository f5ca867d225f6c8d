import { refuseValue } from './docker.js';
import type { Shell } from './index.js';

/**
 * systemd's `EnvironmentFile=` (systemd.exec(5)): in double quotes a backslash before one of "\`$ keeps that character,
 * lines may break, nothing is expanded. Noncharacters of Unicode make systemd drop the line.
 */
export const systemd: Shell = {
  name: 'systemd',
  whole: true,
  quote: (text) => `"${text.replace(/["\\`$]/g, '\\$&')}"`,
  set: (name, value) => {
    if (/\p{Noncharacter_Code_Point}/u.test(value)) {
      throw refuseValue(name, 'a noncharacter of Unicode', "systemd's EnvironmentFile");
    }
    return `${name}=${systemd.quote(value)}`;
  },
  unset: () => '',
};
