import type { Examination, Verdict } from '../examine.js';
import { type Approval, changesBetween, formatChanges } from '../trust.js';
import type { DaemonEvent } from './protocol.js';

/** An event before it gets its time. */
export type Happening = Omit<DaemonEvent, 'at'>;

/** What is remembered of a look at a directory. */
export interface Seen {
  /** First line of its record. */
  head: string;
  state: Approval['state'] | undefined;
  verdict: Verdict['kind'];
  text: string;
  /** A digest of its files. */
  content: string;
}

/**
 * What happened between two looks at a directory.
 *
 * @param former the record as it was before this look, which may have accepted an edit.
 */
export function happenings(
  before: Seen | undefined,
  after: Seen,
  former: Approval | undefined,
  { directory, approval, changes }: Pick<Examination, 'directory' | 'approval'> & { changes: string[] },
): Happening[] {
  const found: Happening[] = [];
  const accepted = former !== undefined && approval !== undefined && former.id !== approval.id;
  const say = (event: Happening['event'], names: string[], text: string) =>
    found.push({ event, directory, names, text });
  const isEdited = before !== undefined && before.content !== after.content;
  if (accepted) say('edit', namesOf(former.variables, approval.variables), 'accepted');
  else if (before?.head !== after.head) say(RECORD_EVENTS[after.state ?? 'none'], [], '');
  else if (isEdited) say('edit', changes, '');
  const isBlocked = after.state === 'allowed' && after.verdict !== 'allowed';
  if (isBlocked && before?.text !== after.text) say('block', [], after.text);
  return found;
}

/** `+NEW ~CHANGED -GONE` between two sets of keyed digests. */
export function namesOf(before: Record<string, string>, now: Record<string, string>): string[] {
  return formatChanges(changesBetween(before, now)).split(' ').filter(Boolean);
}

const RECORD_EVENTS = { allowed: 'allow', denied: 'deny', none: 'forget' } as const;
