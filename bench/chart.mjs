// Draws the chart of the README: bars on a logarithmic scale, since the shortest and the longest differ a thousandfold.

import { formatTime, unitOf } from './report.mjs';

const WIDTH = 860;
const LABELS = 250;
const BAR = 13;
const COLORS = { envhook: '#2da44e', direnv: '#d4762c', mise: '#8250df', 'by hand': '#8c959f' };
const SHOWN = [
  ['prompt', 'prompt, nothing changed'],
  ['enter-10', 'cd in and out, 10 variables'],
];

/** The SVG of the rows that a person feels at every prompt. */
export function drawChart(results, note) {
  const groups = SHOWN.flatMap(([id, title]) =>
    results.filter((row) => row.id === id).map((row) => ({ title: `${row.shell}: ${title}`, row })),
  );
  const scale = scaleOf(groups.flatMap(({ row }) => Object.values(row.tools).map(({ median }) => median)));
  let y = 34;
  const parts = [];
  for (const { title, row } of groups) {
    parts.push(text(LABELS - 12, y + 11, title, 'end'));
    for (const [name, result] of Object.entries(row.tools)) {
      parts.push(bar(name, result, y, scale, row));
      y += BAR + 2;
    }
    y += 12;
  }
  parts.push(...legend(), text(LABELS, y + 8, note, 'start', 'note'));
  return wrap(parts, y + 20);
}

// From half the smallest to the largest; a number gives the length of its bar.
function scaleOf(values) {
  const [low, high] = [Math.log10(Math.min(...values) / 2), Math.log10(Math.max(...values))];
  return (value) => ((Math.log10(value) - low) / (high - low)) * (WIDTH - LABELS - 160);
}

function bar(name, result, y, scale, row) {
  const length = scale(result.median).toFixed(1);
  const own = row.tools.envhook?.median;
  const times = name === 'direnv' || name === 'mise' ? `, ${Math.round(result.median / own)}x` : '';
  const label = `${formatTime(result.median, unitOf(row))}${times}`;
  return (
    `<rect x="${LABELS}" y="${y}" width="${length}" height="${BAR}" rx="2" fill="${COLORS[name]}"/>` +
    text(LABELS + Number(length) + 6, y + 11, label)
  );
}

function legend() {
  return Object.entries(COLORS).map(
    ([name, color], i) =>
      `<rect x="${LABELS + i * 110}" y="10" width="12" height="12" rx="2" fill="${color}"/>` +
      text(LABELS + 17 + i * 110, 20, name),
  );
}

function text(x, y, words, anchor = 'start', kind = 'label') {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${kind}">${escaped}</text>`;
}

function wrap(parts, height) {
  const style =
    'text{font:12px system-ui,sans-serif;fill:#57606a}.note{font-size:11px}' +
    '@media(prefers-color-scheme:dark){text{fill:#9198a1}}';
  const title =
    'Time at a prompt and for entering and leaving a project: envhook, direnv, mise and a shell by hand';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${title}</title>
<style>${style}</style>
${parts.join('\n')}
</svg>
`;
}
