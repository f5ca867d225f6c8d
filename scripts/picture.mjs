// Draws a terminal session as an SVG for a README: text in the reader's own monospaced font, in colours that follow the
// reader's light or dark scheme. Nothing is loaded from elsewhere.

const COLUMNS = 86;
const CHARACTER = 8.43; // 14 px in most monospaced fonts
const LINE = 19;
const PAUSE = 7; // above a prompt
const MARGIN = 20;
const BAR = 36;

/** @type {[name: string, light: string, dark: string][]} */
const COLOURS = [
  ['window', '#ffffff', '#0d1117'],
  ['edge', '#d0d7de', '#30363d'],
  ['dot', '#d0d7de', '#30363d'],
  ['text', '#1f2328', '#e6edf3'],
  ['prompt', '#59636e', '#9198a1'],
  ['command', '#1f2328', '#ffffff'],
  ['envhook', '#0969da', '#58a6ff'],
  ['blocked', '#9a6700', '#d29922'],
  ['new', '#1a7f37', '#3fb950'],
  ['changed', '#9a6700', '#d29922'],
  ['gone', '#cf222e', '#f85149'],
];

/**
 * @param {{ line: string, output: string[] }[]} steps what was typed, and what was printed.
 * @param {string} description what it shows, for who does not see it.
 */
export function draw(steps, description) {
  let y = BAR;
  const rows = steps.flatMap(({ line, output }, index) => {
    if (index > 0) y += PAUSE;
    const typed = wrap(`$ ${line}`).map((text, row) => (row === 0 ? typedRow(text) : mark('command', text)));
    const printed = output.flatMap((text) => {
      const isBlocked = /is not allowed|since you allowed it/.test(text);
      return wrap(text).map((part) => printedRow(part, isBlocked));
    });
    return [...typed, ...printed].map((content) => {
      y += LINE;
      return `<text x="${MARGIN}" y="${y}">${content}</text>`;
    });
  });
  const width = Math.ceil(2 * MARGIN + COLUMNS * CHARACTER);
  const height = y + MARGIN;
  const dots = [0, 1, 2].map(
    (at) => `<circle class="dot" cx="${MARGIN + 6 + 20 * at}" cy="${BAR / 2}" r="6"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve">
<title>${escapeXml(description)}</title>
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; white-space: pre; }
.command { font-weight: 600; }
${COLOURS.map(([name, light]) => rule(name, light)).join('\n')}
@media (prefers-color-scheme: dark) {
${COLOURS.map(([name, , dark]) => rule(name, dark)).join('\n')}
}
</style>
<rect class="window edge" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${dots.join('\n')}
${rows.join('\n')}
</svg>
`;
}

function rule(name, colour) {
  if (name === 'text') return `text { fill: ${colour}; }`;
  return `.${name} { ${name === 'edge' ? 'stroke' : 'fill'}: ${colour}; }`;
}

function typedRow(text) {
  return mark('prompt', text.slice(0, 2)) + mark('command', text.slice(2));
}

// `envhook:` and the signs of variables stand out; what was not loaded does as a whole.
function printedRow(text, isBlocked) {
  return text
    .split(/(^envhook:|(?<=^|[ (])[+~-] ?[A-Z][A-Z_0-9]*)/)
    .map((part) => {
      if (part === 'envhook:') return mark('envhook', part);
      const kind = { '+': 'new', '~': 'changed', '-': 'gone' }[part[0]];
      if (kind !== undefined && /^.? ?[A-Z]/.test(part)) return mark(kind, part);
      return isBlocked ? mark('blocked', part) : escapeXml(part);
    })
    .join('');
}

function mark(kind, text) {
  return text === '' ? '' : `<tspan class="${kind}">${escapeXml(text)}</tspan>`;
}

/** Lines of at most COLUMNS characters, broken at blanks where there are some; what goes on is set in. */
function wrap(text) {
  const rows = [];
  let rest = text;
  while (rest.length > COLUMNS) {
    const blank = rest.lastIndexOf(' ', COLUMNS);
    const at = blank > 2 ? blank : COLUMNS;
    rows.push(rest.slice(0, at));
    rest = `  ${rest.slice(at).trimStart()}`;
  }
  return [...rows, rest];
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
