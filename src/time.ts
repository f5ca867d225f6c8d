/** A moment as the clock on the wall has it, with its distance from UTC: `2026-11-26T13:05:09+01:00` (ISO 8601). */
export function localTime(moment: Date): string {
  const ahead = -moment.getTimezoneOffset();
  const local = new Date(moment.getTime() + ahead * 60_000).toISOString().slice(0, 19);
  const distance = Math.abs(ahead);
  return `${local}${ahead < 0 ? '-' : '+'}${twoDigits(distance / 60)}:${twoDigits(distance % 60)}`;
}

/** A time in the largest unit that makes it a whole number: `90 min`, `8 h`, `2 d`. */
export function showSeconds(seconds: number): string {
  const [length, unit] = UNITS.find(([each]) => seconds % each === 0) ?? [1, 's'];
  return `${seconds / length} ${unit}`;
}

const UNITS: [seconds: number, unit: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
];

function twoDigits(count: number): string {
  return String(Math.floor(count)).padStart(2, '0');
}
