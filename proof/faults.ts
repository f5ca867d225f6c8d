import { interruptEverywhere } from './interrupts.js';
import { killEverywhere } from './kill.js';
import type { Part } from './part.js';
import { starve } from './starved.js';

/** What happens when something breaks in the middle, is full, is missing, or is interrupted. */
export const faults: Part = {
  name: 'faults',
  async run(options, report) {
    await starve(options, report);
    await interruptEverywhere(options, report);
    await killEverywhere(options, report);
  },
};
