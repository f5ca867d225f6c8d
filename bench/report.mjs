// Prints what was measured: for each row the median of every tool, and how many times longer a peer takes.

/** A row of the table, as text, under its heading when the row before it (if any) has another. */
export function formatRow(row, before) {
  const heading = headingOf(row);
  const above = before !== undefined && headingOf(before) === heading ? '' : `\n${heading}\n`;
  return `${above}  ${row.label.padEnd(46)} ${formatTools(row)}`;
}

/** One line per number to hold. */
export function formatNumbers(numbers) {
  return numbers.map((number) => {
    const verdict = number.held === undefined ? 'gap   ' : number.held ? 'held  ' : 'MISSED';
    const what = number.shell === undefined ? number.what : `${number.shell}: ${number.what}`;
    return `${verdict} ${what}: ${figure(number)}`;
  });
}

/** Microseconds or milliseconds with three digits. */
export function formatTime(value, unit) {
  if (unit === 'ms') return `${digits(value)} ms`;
  return value < 1000 ? `${digits(value)} µs` : `${digits(value / 1000)} ms`;
}

/** Whether a row's samples are milliseconds of whole processes, not microseconds inside a shell. */
export function unitOf(row) {
  return row.outside ? 'ms' : 'µs';
}

function headingOf({ group, shell, label }) {
  return shell === undefined || shell === label ? group : `${group}, ${shell}`;
}

function formatTools(row) {
  const own = row.tools.envhook?.median;
  return Object.entries(row.tools)
    .map(([name, result]) => {
      const spread = `(${formatTime(result.low, unitOf(row))} to ${formatTime(result.high, unitOf(row))})`;
      const times = name === 'envhook' || own === undefined ? '' : ` = ${digits(result.median / own)}x`;
      const processes = result.processes === undefined ? '' : `, ${digits(result.processes)} processes`;
      return `${name} ${formatTime(result.median, unitOf(row))} ${spread}${times}${processes}`;
    })
    .join(' | ');
}

function figure({ value, low, high, bound, direction, held, unit = '' }) {
  const wanted = `${direction} ${bound}${unit}`;
  if (held === undefined) return `not measured (${wanted})`;
  const spread = low === undefined ? '' : ` (${digits(low)} to ${digits(high)})`;
  return `${digits(value)}${unit}${spread}, ${wanted}`;
}

function digits(value) {
  if (value === 0) return '0';
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
