/** One thing that was looked at. */
export interface Finding {
  /** What it is about, e.g. `storage`. */
  about: string;
  /** `problem`: envhook does not work as it should; `warning`: probably not what is wanted; `note`: good to know. */
  state: 'ok' | 'note' | 'warning' | 'problem' | 'fixed';
  /** Escaped, without values. */
  text: string;
  /** What to type, or to do. */
  hint?: string;
  /** Mends it. */
  fix?: () => void;
}

/** A finding in one line of code. */
export function finding(about: string, state: Finding['state'], text: string, hint?: string): Finding {
  return { about, state, text, ...(hint === undefined ? {} : { hint }) };
}
