// Prints what was measured: for each row the median of every tool, and how many times longer a peer takes.

/** The table of all rows, as text. Rows of one group and shell stand together. */
export function formatRows(results) {
  const lines = [];
  let above;
  for (const row of results) {
    const heading = `${row.group}${row.shell && row.shell !== row.label ? `, ${row.shell}` : ''}`;
    if (heading !== above) lines.push('', heading);
    above = heading;
    lines.push(`  ${row.label.padEnd(46)} ${formatTools(row)}`);
  }
  return lines.join('\n');
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
