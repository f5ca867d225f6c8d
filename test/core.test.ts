// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are among what is quoted
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { EnvhookError, EXIT } from '../src/errors.js';
import { envFileNames } from '../src/find.js';
import { askedFor, isShellName, neverSetReason } from '../src/names.js';
import { encodePlan, type Plan, planPath } from '../src/plan.js';
import type { Entry, Step } from '../src/resolve.js';
import { decodeSession, encodeSession, type SessionLayer, type Undo, undoSession } from '../src/session.js';
import { sha256 } from '../src/sha256.js';
import { emit, shells } from '../src/shells/index.js';
import { escapeLines, escapeText, jsonText, showFiles, showPath, typedPath } from '../src/show.js';
import { localTime, showSeconds } from '../src/time.js';
import {
  type Approval,
  changeApproval,
  changesBetween,
  digestEntries,
  digestKey,
  digestOf,
  following,
  formatApproval,
  formatChanges,
  isAllowed,
  parseApproval,
  readApproval,
  recordPath,
} from '../src/trust.js';
import { utf8 } from './shells.js';

/* The pure parts that several programs share: formats, names, texts for a terminal, quoting. */

// An entry of plain text, and the steps of `${OPERAND:?why}`.
const text = (name: string): Extract<Entry, { mode: 'text' }> => ({
  mode: 'text',
  name,
  text: 'x',
  file: '.env',
  line: 1,
});
const askingFor = (operand: string): Step[] => [
  { kind: ':?', operand, skip: 1 },
  { kind: 't', operand: 'why', skip: 0 },
];

const plan: Plan = {
  kind: 'load',
  directory: '/home/me/api',
  realDirectory: '/data/api',
  record: '/home/me/.local/share/envhook/approvals/x.json',
  head: '{"envhook":1,"id":"x",',
  flags: [],
  label: '~/api/.env',
  shownDirectory: '~/api',
  message: '',
  inputs: [
    { name: '.env', bytes: Buffer.from('B=2\nA=1\n') },
    { name: '.env.local', bytes: undefined },
  ],
  entries: [
    { mode: 'text', name: 'B', text: '2', file: '.env', line: 1 },
    { mode: 'hidden', name: 'H', steps: [{ kind: 't', operand: 'x', skip: 0 }], file: '.env', line: 2 },
    { mode: 'addition', name: 'A', steps: [{ kind: 's', operand: '', skip: 0 }], file: '.env', line: 3 },
  ],
};

t.test('a plan is NUL-terminated fields in this order, which the hooks read', async (t) => {
  const fields = (it: Plan) => encodePlan(it).toString().split('\0');
  t.same(fields(plan), [
    'envhook-plan',
    '2',
    'load',
    '/home/me/api',
    '/data/api',
    plan.record,
    plan.head,
    '',
    '',
    '~/api/.env',
    '~/api',
    '',
    ...['2', '.env', '=', 'B=2\nA=1\n', '.env.local', '-', ''],
    ...['3', '2 0'],
    ...['text', 'B', '2'],
    ...['hidden', 'H', '1', 't', 'x', '0'],
    ...['addition', 'A', '1', 's', '', '0'],
    'envhook-end',
    '',
  ]);
  t.same(fields({ ...plan, flags: ['root', 'silent'], expires: 12 }).slice(7, 9), [' root silent ', '12']);
  t.equal(fields({ ...plan, flags: ['root'] })[7], ' root ');
  t.same(fields({ ...plan, inputs: [], entries: [] }).slice(-5), ['0', '0', '', 'envhook-end', '']);

  const many = Array.from({ length: 11 }, (_, n): Entry => ({ ...text(`N${n}`), text: '' }));
  const asking: Entry = { ...text('Z'), mode: 'dynamic', steps: askingFor('@10') };
  t.ok(fields({ ...plan, entries: [...many, asking] }).includes('N10, which is not set or empty: why'));

  const bytes = Buffer.from([0xff, 0x0a]);
  t.ok(encodePlan({ ...plan, inputs: [{ name: '.env', bytes }] }).includes(bytes), 'bytes as they are');

  const steps = [
    { kind: ':?' as const, operand: '@0', skip: 1 },
    { kind: 't' as const, operand: 'set\x1bit', skip: 0 },
  ];
  const required = fields({
    ...plan,
    entries: [...plan.entries.slice(0, 1), { mode: 'dynamic', name: 'D', steps, file: '.env', line: 2 }],
  });
  t.ok(required.includes('B, which is not set or empty: set\\eit'), 'the words of :? are ready to be said');
});

t.test('where a plan is mirrors the path, at its depth', async (t) => {
  const cases: [directory: string, path: string][] = [
    ['/', '/run/plans/.envhook-plan'],
    ['/a', '/run/plans/a/.envhook-plan'],
    ['/a/b', '/run/plans/a/b/.envhook-plan'],
    ['/a b/$(x)/ü', '/run/plans/a b/$(x)/ü/.envhook-plan'],
  ];
  for (const [directory, path] of cases) t.equal(planPath('/run', directory), path);
});

t.test('nothing that a terminal would obey or hide is shown', async (t) => {
  const cases: [text: string, shown: string][] = [
    ['plain ü 漢 👍', 'plain ü 漢 👍'],
    ['a\tb\nc\rd', 'a\\tb\\nc\\rd'],
    ['\x1b[31m\x07\x00\x7f', '\\e[31m\\x07\\x00\\x7f'],
    ['\u009b2J', '\\x9b2J'],
    ['a\u202eb\u2066c\u200fd\u061ce', 'a\\u{202e}b\\u{2066}c\\u{200f}d\\u{61c}e'],
    ['a\u200bb\u2060c\ufeffd\u00ade', 'a\\u{200b}b\\u{2060}c\\u{feff}d\\xade'],
    ['\u2028\u2029', '\\u{2028}\\u{2029}'],
    ['\ud800', '\\u{d800}'],
    ['\'"\\$`', '\'"\\$`'],
    ['a\u034fb\u3164c\u2800d\ufff9e\u180fe', 'a\\u{34f}b\\u{3164}c\\u{2800}d\\u{fff9}e\\u{180f}e'],
    ['a\u{e0041}\u{e0100}', 'a\\u{e0041}\\u{e0100}'],
    ['\u2764\ufe0f but 1\ufe0f', '\u2764\ufe0f but 1\\u{fe0f}'],
  ];
  for (const [text, shown] of cases) {
    t.equal(escapeText(text), shown, shown);
    t.equal(escapeText(shown), shown, 'escaped again, it stays');
    const json = jsonText({ [text]: [text] });
    t.same(JSON.parse(json), { [text]: [text] }, 'JSON says the same');
    t.equal(escapeLines(json), json, 'and a terminal can show it');
  }
  t.equal(jsonText('\u009b\u202e\u{e0041}', 0), '"\\u009b\\u202e\\udb40\\udc41"');
  const paths: [path: string, home: string, shown: string][] = [
    ['/home/me/a', '/home/me', '~/a'],
    ['/home/me', '/home/me', '~'],
    ['/home/meadow', '/home/me', '/home/meadow'],
    ['/a', '', '/a'],
    ['/home/me/\x1b', '/home/me', '~/\\e'],
  ];
  for (const [path, home, shown] of paths) t.equal(showPath(path, home), shown);
  t.equal(showFiles('/h/a', ['.env'], '/h'), '~/a/.env');
  t.equal(showFiles('/h/a', ['.env', '.env.local'], '/h'), '~/a/{.env,.env.local}');
  t.equal(showFiles('/', ['.env'], '/h'), '/.env');
});

t.test('a path in a hint is what it says in every shell, and one word', async (t) => {
  const cases: [path: string, typed: string][] = [
    ['/h/api', '~/api'],
    ['/h', '~'],
    ['/hotel', '/hotel'],
    ['/h/größe/漢/a-b_c+d@e:f,g.h%i=j', '~/größe/漢/a-b_c+d@e:f,g.h%i=j'],
    ['/h/-rf', '~/-rf'],
    ['/h/=ls', "~/'=ls'"],
    ['/h/b$(touch pwned)', "~/'b$(touch pwned)'"],
    ['/h/a;b', "~/'a;b'"],
    ['/h/~', "~/'~'"],
    ["/h/'", "~/\\'"],
    ["/h/it's", "~/'it'\\''s'"],
    ['/h/back\\', "~/'back'\\\\"],
    ['/opt/a b', "'/opt/a b'"],
    ['/h/a\x1b[31m\u202e!', "~/$'a\\033[31m\\342\\200\\256\\041'"],
  ];
  for (const [path, typed] of cases) t.equal(typedPath(path, '/h'), typed);
  const odd = [
    ...cases.map(([path]) => path),
    '/h/`x` "y" *?[z] {a,b} #c !! & | < > ^ a\\\'b \u00a0',
    '/h/\n$x',
  ];
  for (const shell of ['bash', 'zsh', 'fish']) {
    // Only fish takes no path that has to be written with escapes.
    const paths = odd.filter((path) => shell !== 'fish' || escapeText(path) === path);
    const words = paths.map((path) => typedPath(path, '/h')).join(' ');
    const result = spawnSync(shell, ['-c', `printf '%s\\0' ${words}`], {
      env: { HOME: '/h', PATH: process.env['PATH'] },
    });
    if (result.error !== undefined) t.comment(`no ${shell}`);
    else t.same(result.stdout.toString().split('\0').slice(0, -1), paths, shell);
  }
});

t.test('the files of a set, in order', async (t) => {
  t.same(envFileNames(undefined), ['.env', '.env.local']);
  t.same(envFileNames('dev'), ['.env', '.env.local', '.env.dev', '.env.dev.local']);
});

const undo = (name: string, it: Partial<Undo> = {}): Undo => ({
  name,
  before: 'unset',
  old: '',
  loaded: 'new',
  prefix: '',
  suffix: '',
  ...it,
});
const layers: SessionLayer[] = [
  {
    directory: '/a',
    head: '{"envhook":1,',
    label: '/a/.env',
    undo: [undo('A'), undo('B', { before: 'export', old: 'o\nl' })],
  },
  { directory: '/a/b', head: '', label: '/a/b/.env', undo: [] },
];

t.test('a session state comes back as it was, or not at all', async (t) => {
  const bytes = encodeSession(layers);
  t.same(decodeSession(bytes), layers);
  t.same(decodeSession(encodeSession([])), []);
  for (let end = 0; end < bytes.length; end++) {
    if (decodeSession(bytes.subarray(0, end)) !== undefined) t.fail(`cut off at ${end}`);
  }
  const text = bytes.toString();
  const damaged: [title: string, text: string][] = [
    ['magic', text.replace('envhook-session', 'envhook-sessiom')],
    ['version', text.replace('\x001\0', '\x002\0')],
    ['more at the end', `${text}x\0`],
    ['a count too high', text.replace('\x002\0/a\0', '\x003\0/a\0')],
    ['a count too low', text.replace('\x002\0/a\0', '\x001\0/a\0')],
    ['a count that is none', text.replace('/a/.env\x002', '/a/.env\x00x')],
    ['a count that is huge', text.replace('/a/.env\x002', '/a/.env\x0099999999')],
    ['another word for what was', text.replace('unset', 'unsex')],
  ];
  for (const [title, it] of damaged) t.equal(decodeSession(Buffer.from(it)), undefined, title);
});

t.test('undoing takes back what is proved and leaves what the user changed', async (t) => {
  const cases: [title: string, now: string | undefined, entry: Partial<Undo>, after: string | undefined][] = [
    ['was unset', 'new', {}, undefined],
    ['was not exported: a child had nothing', 'new', { before: 'shell', old: 'old' }, undefined],
    ['was exported', 'new', { before: 'export', old: 'old' }, 'old'],
    ['was exported and empty', 'new', { before: 'export' }, ''],
    ['changed by the user', 'mine', { before: 'export', old: 'old' }, 'mine'],
    ['unset by the user', undefined, { before: 'export', old: 'old' }, undefined],
    ['a list that grew', 'x:a:b', { before: 'export', old: 'a', loaded: 'x:a', prefix: 'x:' }, 'a:b'],
    ['a list with the same item of the user', 'x:a:x', { loaded: 'x:a', prefix: 'x:' }, 'a:x'],
    ['a list with an addition at its end', 'c:a:x', { loaded: 'a:x', suffix: ':x' }, 'c:a'],
    ['a list that grew at its end since', 'c:a:x:d', { loaded: 'a:x', suffix: ':x' }, 'c:a:d'],
    ['a list that begins with the item now', 'x:q', { loaded: 'a:x', suffix: ':x' }, 'q'],
    ['a list with the same item of the user in front', 'x:a:x', { loaded: 'a:x', suffix: ':x' }, 'x:a'],
    ['a list whose item the user took out', 'a', { loaded: 'x:a', prefix: 'x:' }, 'a'],
    ['a list with two items', 'z:x:y:a', { loaded: 'x:y:a', prefix: 'x:y:' }, 'z:a'],
  ];
  for (const [title, now, entry, after] of cases) {
    const env = new Map(now === undefined ? [] : [['V', now]]);
    const layer = { directory: '/', head: '', label: '', undo: [undo('V', entry)] };
    t.equal(undoSession(env, [layer]).get('V'), after, title);
    t.equal(env.get('V'), now, 'the caller keeps its own');
  }
  const stacked = [
    undo('V', { before: 'export', old: 'old', loaded: '1' }),
    undo('V', { before: 'export', old: '1', loaded: '2' }),
  ];
  const stack = stacked.map((it) => ({ directory: '/', head: '', label: '', undo: [it] }));
  t.equal(undoSession(new Map([['V', '2']]), stack).get('V'), 'old', 'inner first');
});

t.test('names', async (t) => {
  const never =
    'UID EUID PPID RANDOM SECONDS COLUMNS status history argv path IFS PS1 PS4 PROMPT_COMMAND ENV BASH_ENV HISTFILE HISTFILESIZE TMOUT MAILPATH FPATH ZDOTDIR fish_user_paths HOME PWD OLDPWD SHLVL USER LOGNAME SHELL _ XDG_DATA_HOME XDG_RUNTIME_DIR ENVHOOK_LOG ENVHOOK_ANY __envhook_run BASH_FUNC_x POSIXLY_CORRECT';
  const asked =
    'PATH LD_PRELOAD LD_ANY LD_ DYLD_INSERT_LIBRARIES NODE_OPTIONS PYTHONPATH PERL5LIB RUBYOPT JAVA_TOOL_OPTIONS GIT_SSH_COMMAND OPENSSL_CONF EDITOR PAGER http_proxy HTTPS_PROXY SSL_CERT_FILE KUBECONFIG DOCKER_HOST';
  const free =
    'A DATABASE_URL API_KEY NODE_ENV PORT DEBUG AWS_ACCESS_KEY_ID LC_ALL TZ LANG TERM home uid Path MY_PATH GITHUB_TOKEN XDG_FOO __proto__ constructor toString';
  for (const name of never.split(' ')) t.ok(neverSetReason(name), `${name} is never set`);
  for (const name of asked.split(' '))
    t.same([!!neverSetReason(name), !!askedFor(name)], [false, true], `${name} is asked for`);
  for (const name of free.split(' '))
    t.same([neverSetReason(name), askedFor(name)], [undefined, undefined], `${name} is free`);
  for (const name of ['A', '_', '_a1', 'a', 'A'.repeat(255)]) t.ok(isShellName(name), name.slice(0, 9));
  for (const name of ['', '1A', 'a.b', 'A-B', 'É', 'a[0]', 'A\n', 'a b', '$(x)'])
    t.notOk(isShellName(name), JSON.stringify(name));
});

const approval: Approval = {
  id: 'abc',
  path: '/a',
  state: 'allowed',
  files: { '.env': digestOf(Buffer.from('A=1\n')) },
  variables: { A: 'x' },
  consents: ['PATH'],
  at: '2026-01-01T00:00:00.000Z',
};

t.test('SHA-256 is that of the standard and of Node, for every length', async (t) => {
  const examples: [text: string, digest: string][] = [
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ];
  for (const [text, digest] of examples) t.equal(sha256(Buffer.from(text)), digest, text);
  const inputs = Array.from({ length: 1200 }, (_, length) => [
    randomBytes(length),
    Buffer.alloc(length),
    Buffer.alloc(length, 0xff),
  ]).flat();
  const wrong = inputs.filter((bytes) => sha256(bytes) !== createHash('sha256').update(bytes).digest('hex'));
  t.same(wrong, []);
});

t.test('a record', async (t) => {
  const text = formatApproval(approval);
  t.equal(text.split('\n')[0], '{"envhook":1,"id":"abc",', 'its first line is what shells compare');
  t.same(parseApproval(text), approval);
  const full = { ...approval, profile: 'dev', always: true, expires: 12, session: '7-12-ab-cd' };
  t.same(parseApproval(formatApproval(full)), full);
  const state = text.replace('"allowed"', '"denied"');
  t.equal(parseApproval(state)?.state, 'denied');
  t.notOk(
    Object.hasOwn(parseApproval(text.replace('"path"', '"later": 1, "path"')) ?? {}, 'later'),
    'unknown fields are dropped',
  );
  const damaged: [from: string, to: string][] = [
    ['"envhook":1', '"envhook":2'],
    ['"allowed"', '"maybe"'],
    ['"/a"', '1'],
    ['"x"', '1'],
    ['"PATH"', '1'],
    ['"at"', '"session":7,"at"'],
    ['}\n', ''],
  ];
  for (const [from, to] of damaged)
    t.equal(parseApproval(text.replace(from, to)), undefined, `${from} -> ${to}`);
  for (const other of ['', 'null', '[]', '{}', '1', '"x"', '{"envhook":1}'])
    t.equal(parseApproval(other), undefined, other);
});

t.test('what changed is told from keyed digests', async (t) => {
  const key = Buffer.alloc(32, 1);
  const entry = (name: string, text: string) => ({
    mode: 'text' as const,
    name,
    text,
    file: '.env',
    line: 1,
  });
  const before = digestEntries(key, [entry('A', '1'), entry('B', '1'), entry('__proto__', '1')]);
  const now = digestEntries(key, [entry('B', '2'), entry('C', '1'), entry('__proto__', '1')]);
  const changes = changesBetween(before, now);
  t.same(changes, { added: ['C'], changed: ['B'], gone: ['A'] });
  t.equal(formatChanges(changes), '-A ~B +C');
  t.equal(formatChanges(changesBetween(now, now)), '');
  t.not(before['A'], before['B'], 'the same value twice does not show');
  t.not(
    digestEntries(Buffer.alloc(32, 2), [entry('A', '1')])['A'],
    before['A'],
    'another key, another digest',
  );
  t.match(before['A'], /^[\w-]{22}$/);
});

t.test('a digest covers what a variable is made from, wherever that stands', async (t) => {
  const key = Buffer.alloc(32, 1);
  const digest = (operand: string, kind: '{' | 't', ...others: Entry[]) =>
    digestEntries(key, [...others, { ...text('Z'), mode: 'dynamic', steps: [{ kind, operand, skip: 0 }] }])[
      'Z'
    ];
  const a = text('A');
  const ten = Array.from({ length: 10 }, (_, n) => text(`N${n}`));
  t.not(digest('@0', '{', a), digest('@0', '{', { ...a, text: 'y' }), 'another value');
  t.equal(digest('@0', '{', a), digest('@1', '{', text('B'), a), 'in another place');
  t.equal(digest('@0', '{', a), digest('@10', '{', ...ten, a), 'far down');
  t.equal(digest('@0', 't', a), digest('@0', 't', { ...a, text: 'y' }), 'a text that looks like a reference');
  t.equal(digest('HOME', '{', a), digest('HOME', '{', { ...a, text: 'y' }), 'a reference to the shell');
});

t.test('what was denied is not allowed, whatever its files are', async (t) => {
  const files = new Map([['.env', Buffer.from('A=1')]]);
  const allowed: Approval = { ...approval, files: { '.env': digestOf(Buffer.from('A=1')) } };
  t.equal(isAllowed(allowed, ['.env'], files), true);
  t.equal(isAllowed({ ...allowed, state: 'denied' }, ['.env'], files), false);
});

t.test('records: the first line, whatever follows, and nothing where others could write', async (t) => {
  const data = join(t.testdir({}), 'envhook');
  const places = { data, run: data, home: dirname(data) };
  const { id, ...content } = approval;
  const written = changeApproval(places, approval.path, () => content) ?? approval;
  t.match(written.id, /^[\w-]{22}$/);
  t.equal(readApproval(places, approval.path).head, `{"envhook":1,"id":"${written.id}",`);
  const next = following(places, written, { files: {}, variables: {}, at: approval.at });
  t.match(next.id, /^[\w-]{22}$/);
  t.not(next.id, written.id);
  writeFileSync(recordPath(places, approval.path), 'one line', { mode: 0o600 });
  t.same(readApproval(places, approval.path), {
    record: recordPath(places, approval.path),
    head: 'one line',
    approval: undefined,
  });
  rmSync(join(data, 'key'));
  chmodSync(data, 0o777);
  t.equal(
    exitCodeOf(() => changeApproval(places, approval.path, () => content)),
    EXIT.storage,
  );
  t.equal(
    exitCodeOf(() => digestKey(places)),
    EXIT.storage,
  );
  t.notOk(existsSync(join(data, 'key')));
});

function exitCodeOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error instanceof EnvhookError ? error.exitCode : error;
  }
}

t.test('a time says where it is', (t) => {
  const { TZ } = process.env;
  t.teardown(() => {
    if (TZ === undefined) delete process.env['TZ'];
    else process.env['TZ'] = TZ;
  });
  const cases: [zone: string, utc: string, local: string][] = [
    ['UTC0', '2026-07-01T12:00:00.999Z', '2026-07-01T12:00:00+00:00'],
    ['Asia/Kolkata', '2026-07-01T20:00:00Z', '2026-07-02T01:30:00+05:30'],
    ['America/St_Johns', '2026-07-01T01:00:00Z', '2026-06-30T22:30:00-02:30'],
    ['America/St_Johns', '2026-01-01T01:00:00Z', '2025-12-31T21:30:00-03:30'],
  ];
  for (const [zone, utc, local] of cases) {
    process.env['TZ'] = zone;
    t.equal(localTime(new Date(utc)), local, zone);
    t.equal(Date.parse(local), Math.floor(Date.parse(utc) / 1000) * 1000);
  }
  t.end();
});

t.test('a time that was typed is told in its unit', (t) => {
  const cases: [seconds: number, text: string][] = [
    [2, '2 s'],
    [90, '90 s'],
    [60, '1 min'],
    [5400, '90 min'],
    [8 * 3600, '8 h'],
    [36 * 3600, '36 h'],
    [2 * 86_400, '2 d'],
  ];
  for (const [seconds, text] of cases) t.equal(showSeconds(seconds), text);
  t.end();
});

// The values that quoting gets wrong, in pairs: what breaks out of one value is seen in the next.
const nasty = [
  '',
  ' ',
  'a',
  "'",
  "''",
  '"',
  '\\',
  '\\\\',
  "\\'",
  "'\\",
  'end\\',
  '\n',
  '\n\n',
  '\t',
  '\r',
  '$HOME',
  '${HOME}',
  '$(echo x)',
  '`echo x`',
  '!',
  '!!',
  '~',
  '=x',
  '-n',
  '*',
  '?[a]{b,c}',
  '#x',
  ';',
  '&',
  '|',
  '<>',
  '()',
  '%s',
  '\x01',
  '\x1b[31m',
  '\x7f',
  'ü',
  '漢字',
  '👍',
  '\u202e',
  'a\\nb',
  'it\'s "x" \\$y',
  '\\u{41}',
  ' lead',
  'trail ',
  '  two  blanks  ',
  '{',
  '{x,;touch pwned}',
  '{:q,{b}}',
  '^a^b',
];
const programs: Record<string, string[]> = {
  bash: ['bash', '--norc', '-c', 'eval "$(cat)"; /usr/bin/env -0'],
  zsh: ['zsh', '-f', '-c', 'eval "$(cat)"; /usr/bin/env -0'],
  fish: ['fish', '--no-config', '-c', 'cat | source; /usr/bin/env -0'],
  'tcsh by eval': ['tcsh', '-f', '-c', 'eval `cat`; /usr/bin/env -0'],
  'tcsh by source': ['tcsh', '-f', '-c', 'source $INPUT; /usr/bin/env -0'],
  // What direnv's hook does there.
  elvish: [
    'elvish',
    '-norc',
    '-c',
    'var m = (from-json); keys $m | each {|k| if $m[$k] { set-env $k $m[$k] } else { unset-env $k } }; /usr/bin/env -0',
  ],
  // direnv.vim joins the lines and executes them.
  vim: [
    ...['vim', '-Nu', 'NONE', '-n', '-es', '-c', 'exec join(readfile($INPUT), "\n")'],
    ...['-c', 'call system("/usr/bin/env -0 >$OUTPUT")', '-c', 'qa!'],
  ],
};

for (const [title, [name = '', ...args]] of Object.entries(programs)) {
  const shell = shells.get(name);
  const skip = !installed(name) && `${name} is not installed`;
  t.test(`what ${title} reads is what was written`, { skip }, async (t) => {
    if (shell === undefined) throw new Error('not registered');
    const all = [...nasty, ...randomValues(300)];
    const values = name === 'tcsh' ? all.filter((it) => !/\p{Cc}/u.test(it)) : all;
    const changes = values.map((value, index) => ({ name: `ENV_${index}`, value }));
    const input = emit(shell, [...changes, { name: 'ENV_GONE', value: undefined }]);
    // Files that a value could be taken for, and what a command in one would make.
    const cwd = t.testdir({ a: '', $x: '', ';touch pwned;': '' });
    const files = { INPUT: join(cwd, 'input'), OUTPUT: join(cwd, 'output') };
    writeFileSync(files.INPUT, input);
    const { stdout, stderr } = spawnSync(name, args, {
      input,
      cwd,
      env: { ...files, LC_ALL: utf8, HOME: '/', PATH: process.env['PATH'], ENV_GONE: 'x', TERM: 'dumb' },
    });
    t.equal(stderr.toString(), '');
    const output = name === 'vim' ? readFileSync(files.OUTPUT) : stdout;
    const entries = output.toString().split('\0');
    const seen = new Map(entries.map((it) => [it.slice(0, it.indexOf('=')), it.slice(it.indexOf('=') + 1)]));
    const wrong = changes.filter((it) => seen.get(it.name) !== it.value);
    t.same(
      wrong.map((it) => [it.value, seen.get(it.name)]),
      [],
    );
    t.equal(seen.has('ENV_GONE'), false);
    t.equal(existsSync(join(cwd, 'pwned')), false);
  });
}

t.test('tcsh: what its eval would lose is refused', (t) => {
  for (const value of ['a\tb', 'a\nb', '\r', '\x1b']) {
    t.equal(
      exitCodeOf(() => shells.get('tcsh')?.set('A', value)),
      4,
    );
  }
  t.end();
});

function installed(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, name)));
}

// The same in every run: a failure can be looked at again.
function randomValues(count: number): string[] {
  const alphabet = [...'\'"\\$`!\n\t ~=*#;(){}ax%ü-'];
  let seed = 42;
  const next = (limit: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * limit);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: next(12) }, () => alphabet[next(alphabet.length)]).join(''),
  );
}
