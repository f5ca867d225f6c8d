import type { Context } from '../context.js';
import { openingsOf } from '../openings.js';
import { type Finding, finding } from './finding.js';
import { approvalsIn } from './storage.js';

/** What others may do about directories that are allowed. */
export function checkOpenings({ places }: Context): Finding[] {
  const allowed = approvalsIn(places).filter(({ state }) => state === 'allowed');
  const lines = new Set(allowed.flatMap(({ path }) => openingsOf(path, places.home)));
  const findings = [...lines].map((line) => finding('approvals', 'warning', line, HINT));
  const rest = findings.length - SHOWN;
  if (rest <= 0) return findings;
  return [...findings.slice(0, SHOWN), finding('approvals', 'warning', `and ${rest} more like these`)];
}

const SHOWN = 10;
const HINT = 'keep it where only you can write: chmod go-w';
