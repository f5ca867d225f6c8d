// A tour of envhook, played in a real bash: what is typed is below, what is printed is what comes of it.
//
//   npm run tour               plays it and fails if README.md, docs/tour.md or docs/tour.svg say anything else
//   npm run tour -- --write    plays it and writes them
//
// It uses Node's own modules only.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { draw } from './picture.mjs';
import { findProgram, shells, withShell } from './terminal.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const files = {
  'shop/.env': `# What the shop needs on a developer's machine.
DATABASE_URL=postgres://shop:kx7Qz9@localhost:5432/shop
API_KEY='pa$word with a # in it'
PORT=8080
`,
  'shop/.env.staging': 'DATABASE_URL=postgres://shop@db.staging.example/shop\n',
  'shop/web/.env': 'PORT=3001\nAPI_URL="http://localhost:$PORT/v1"\n',
};

/**
 * Each chapter is shown in docs/tour.md, and in one more place.
 *
 * @type {{ title: string, shown: 'picture' | 'readme', text: string, lines: string[] }[]}
 */
const chapters = [
  {
    title: 'Nothing is loaded until you have looked',
    shown: 'picture',
    text: 'A project with a `.env`, in a shell that has a `PORT` already. Of a value its length is shown, and the end of a long one.',
    lines: ['cd shop', 'envhook diff', 'envhook allow', 'printenv PORT API_KEY', 'envhook why PORT'],
  },
  {
    title: 'Leaving puts everything back',
    shown: 'picture',
    text: 'And coming back asks nothing: these bytes are allowed.',
    lines: ['cd ..', 'printenv PORT', 'cd shop'],
  },
  {
    title: 'Another byte is another file',
    shown: 'picture',
    text: 'An edit, by whomever, unloads the directory. Only what is new has to be read.',
    lines: ['echo NEW_FLAG=on >>.env', 'printenv API_KEY || echo not set', 'envhook allow'],
  },
  {
    title: 'Change a file',
    shown: 'readme',
    text: 'Your own change through envhook stays allowed. Comments, order and quotes stay as they are.',
    lines: ['envhook set PORT=9090'],
  },
  {
    title: 'Profiles',
    shown: 'readme',
    text: 'A file `.env.staging` is a profile. It is to be allowed like any other file.',
    lines: ['envhook use staging', 'envhook allow', 'envhook why DATABASE_URL'],
  },
  {
    title: 'Directories in directories',
    shown: 'readme',
    text: 'In a mono-repo the inner directory goes over the outer one, and each is allowed for itself.',
    lines: ['cd web', 'envhook allow', 'envhook status', 'cd ~'],
  },
  {
    title: 'One command, from anywhere',
    shown: 'readme',
    text: 'For cron, CI, editors, and every shell without a hook.',
    lines: ['envhook exec ~/shop/web -- printenv API_URL PORT', 'printenv PORT'],
  },
];

const DESCRIPTION =
  'A terminal: cd into a project, its .env is not loaded; envhook diff, envhook allow, and it is; ' +
  'leaving unloads it; an edit blocks it until it is allowed again.';
const MARKERS = /(<!-- tour -->\n)[\s\S]*?(<!-- \/tour -->)/;

async function main() {
  if (findProgram('bash') === undefined) throw new Error('the tour needs bash');
  const played = await withShell('bash', makeProject, async (type) => {
    await type(shells.bash.set);
    await type(shells.bash.hook);
    const result = [];
    for (const chapter of chapters) result.push({ ...chapter, steps: await play(type, chapter.lines) });
    return result;
  });
  const made = pagesOf(played);
  if (process.argv.includes('--write')) write(made);
  else check(made);
}

function makeProject(home) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
}

async function play(type, lines) {
  const steps = [];
  for (const line of lines) steps.push({ line, output: await type(line) });
  return steps;
}

/** What each file has to hold. */
function pagesOf(played) {
  const stepsOf = (place) => played.filter(({ shown }) => shown === place).flatMap(({ steps }) => steps);
  return {
    'README.md': read('README.md').replace(
      MARKERS,
      (_all, start, end) => `${start}\n${transcript(stepsOf('readme'))}\n${end}`,
    ),
    'docs/tour.md': tourPage(played),
    'docs/tour.svg': draw(stepsOf('picture'), DESCRIPTION),
  };
}

function tourPage(played) {
  const parts = played.map(({ title, text, steps }) => `## ${title}\n\n${text}\n\n${transcript(steps)}`);
  const shown = Object.entries(files).map(
    ([path, content]) => `\`~/${path}\`\n\n\`\`\`sh\n${content}\`\`\`\n`,
  );
  return `# A tour

Made by \`npm run tour -- --write\`, which types these lines into a real bash; \`.ci/run\` fails if one comes out
otherwise. The shell has the hook (\`${shells.bash.hook}\`), \`PORT\` is 3000
in it, and its home directory has three files:

${shown.join('\n')}
${parts.join('\n')}`;
}

function transcript(steps) {
  const lines = steps.flatMap(({ line, output }) => [`$ ${line}`, ...output]);
  return `\`\`\`console\n${lines.join('\n')}\n\`\`\`\n`;
}

function write(made) {
  mkdirSync(join(root, 'docs'), { recursive: true });
  for (const [path, content] of Object.entries(made)) writeFileSync(join(root, path), content);
  console.log(`wrote ${Object.keys(made).join(', ')}`);
}

function check(made) {
  const wrong = Object.entries(made).filter(([path, content]) => read(path) !== content);
  for (const [path, content] of wrong) console.log(`${path}\n${differences(read(path), content)}`);
  if (wrong.length > 0) {
    console.log('what the tour prints is not what is written; look at it, then: npm run tour -- --write');
    process.exitCode = 1;
  } else console.log(`${Object.keys(made).join(', ')}: as played`);
}

/** What differs, between the lines that begin and those that end alike. */
function differences(written, played) {
  const [old, now] = [written.split('\n'), played.split('\n')];
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const part = (lines, sign) => lines.slice(start, lines.length - end).map((line) => `${sign} ${line}`);
  return [`@ line ${start + 1}`, ...part(old, '-'), ...part(now, '+')].join('\n');
}

function read(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}

await main();
