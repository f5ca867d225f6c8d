import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { follow } from '../src/accept.js';
import { type AllowOptions, allowDirectory } from '../src/commands/allow.js';
import { contextOf } from '../src/context.js';
import { ask, subscribe } from '../src/daemon/client.js';
import { type DaemonEvent, Lines, socketPath } from '../src/daemon/protocol.js';
import { units } from '../src/daemon/unit.js';
import { planOf } from '../src/examine.js';
import { encodePlan } from '../src/plan.js';
import { readApproval, recordPath } from '../src/trust.js';
import { launcher, Shell, shells, skipWithout, World } from './shells.js';

const program = fileURLToPath(new URL('../dist/daemon.cjs', import.meta.url));
const running = new Set<Daemon>();
const isLinux = process.platform === 'linux' ? false : 'only Linux tells';
const isRoot = process.geteuid?.() === 0 ? false : 'only root can give files away';

daemonTest('start, status and stop', async (t) => {
  const world = new World(t);
  await world.project('api', 'A=1\n');
  t.match(control(world, 'status'), { stdout: /does not run/, status: 0 });
  t.match(control(world, 'stop'), { stderr: /does not run/, status: 0 });
  t.match(control(world, 'start'), { stderr: 'envhook: the daemon runs\n', status: 0 });
  t.match(control(world, 'start'), { stderr: /runs already/, status: 0 });
  t.match(control(world, 'run'), { stderr: /runs already/, status: 64 });
  t.match(
    control(world, 'status').stdout,
    /^pid \d+, up \d+ s, \d+ MB\n1 directories, 1 paths watched, 0 events\n$/,
  );
  const status = JSON.parse(control(world, 'status', '--json').stdout);
  t.match(status, { running: true, directories: 1, watched: 1, watching: true, lastProblem: null });
  t.match(control(world, 'stop'), { stderr: /has ended/, status: 0 });
  t.equal(existsSync(socketPath(world.places)), false);
  t.same(JSON.parse(control(world, 'status', '--json').stdout), { running: false });
  t.match(control(world, 'unit', 'upstart'), { status: 64 });
});

daemonTest('of several that start at once one stays', async (t) => {
  const world = new World(t);
  await world.project('api', 'A=1\n');
  const starts = [1, 2, 3, 4, 5].map(() => new Daemon(world));
  await Promise.race(starts.map((it) => it.ready()));
  const left = new Set(starts);
  await new Promise<void>((resolve) => {
    for (const it of starts) void it.ended.then(() => left.delete(it) && left.size === 1 && resolve());
  });
  const [last] = left;
  const answer = await ask(world.places, 'status', 5000);
  t.match(answer, { state: 'answered', value: { pid: last?.pid } });
});

daemonTest('the socket of a dead daemon is taken over, a file in its place, too', async (t) => {
  const world = new World(t);
  const first = await Daemon.start(world);
  first.child.kill('SIGKILL');
  await first.ended;
  t.equal(existsSync(socketPath(world.places)), true);
  t.match(control(world, 'status'), { stdout: /does not run/, status: 0 });
  const second = await Daemon.start(world);
  await second.stop();
  writeFileSync(socketPath(world.places), 'no socket');
  await (await Daemon.start(world)).stop();
});

daemonTest(
  'it ends when it has nothing to do, when its socket or the storage is gone, and on SIGTERM',
  async (t) => {
    const cases: [title: string, end: (world: World, daemon: Daemon) => unknown][] = [
      ['idle', () => {}],
      ['socket gone', ({ places }) => rmSync(socketPath(places))],
      ['storage gone', removeStorage],
      ['SIGTERM', (_, daemon) => daemon.child.kill('SIGTERM')],
    ];
    for (const [title, end] of cases) {
      const world = new World(t);
      await world.project('api', 'A=1\n');
      // Whoever listens to its events keeps it from being idle.
      const isIdle = title === 'idle';
      const daemon = isIdle ? new Daemon(world, { ENVHOOK_DAEMON_IDLE: '1' }) : await Daemon.start(world);
      await end(world, daemon);
      t.equal(await daemon.ended, 0, title);
      t.equal(existsSync(world.places.data), title !== 'storage gone', `${title}: nothing is put back`);
    }
  },
);

// All at once for the daemon, and after its second look has become due.
async function removeStorage({ places }: World, { child }: Daemon): Promise<void> {
  child.kill('SIGSTOP');
  await setTimeout(600);
  rmSync(places.data, { recursive: true });
  child.kill('SIGCONT');
}

daemonTest('it has nothing of whoever started it', { skip: isLinux || skipWithout('bash') }, async (t) => {
  const world = new World(t);
  world.write('api/.env', 'A=1\n');
  const lock = world.path('lock');
  const heard = appears(socketPath(world.places));
  const script = `exec 9>'${lock}' 77>'${lock}'; '${launcher}' allow`;
  const { env } = onDemand(world);
  spawnSync('bash', ['-c', script], { cwd: world.path('api'), env: { ...env, SECRET: 'hidden' } });
  await heard;
  const pid = await pidOf(world);
  t.teardown(() => kill(pid));
  const files = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  t.notOk(files.includes(lock), 'no open file');
  for (const fd of [0, 1, 2]) t.equal(linkOf(`/proc/${pid}/fd/${fd}`), '/dev/null');
  t.equal(linkOf(`/proc/${pid}/cwd`), '/');
  t.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), `HOME=${world.home}\0`);
  const [, , session, terminal] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(1) ?? [];
  t.same([session, terminal], [String(pid), '0'], 'a session of its own, no terminal');
});

daemonTest('allow and the hook start it, unless they may not', { skip: skipWithout('bash') }, async (t) => {
  for (const value of ['off', undefined]) {
    for (const starter of ['allow', 'hook']) {
      const world = new World(t);
      world.write('api/.env', 'A=1\n');
      const env = { ...world.env, ENVHOOK_DAEMON: value ?? 'on' };
      const heard = value === 'off' ? undefined : appears(socketPath(world.places));
      if (starter === 'allow') world.envhook(['allow'], world.path('api'), env);
      else {
        const shell = await Shell.start(t, world, 'bash', { env });
        await shell.cd('api');
      }
      if (value === undefined) {
        await heard;
        const pid = await pidOf(world);
        t.ok(pid > 0, starter);
        await kill(pid);
      } else {
        t.notOk(
          readdirSync(world.places.run).some((name) => name.startsWith('daemon')),
          `${starter}: off`,
        );
      }
    }
  }
});

daemonTest('after its start every directory loads without Node', { skip: skipWithout('bash') }, async (t) => {
  const world = new World(t);
  const places = Array.from({ length: 20 }, (_, i) => `p${i}`);
  for (const place of places) await world.project(place, `P=${place}\n`);
  world.write('denied/.env', 'A=1\n');
  world.deny('denied');
  rmSync(join(world.places.run, 'plans'), { recursive: true });
  await Daemon.start(world);
  for (const place of places) t.equal(isFresh(world, place), true, place);
  const shell = await Shell.start(t, world, 'bash');
  for (const place of places) {
    await shell.cd(place);
    t.same(await shell.values('P'), { P: place });
  }
  await shell.cd('denied');
  t.equal(world.nodeRuns(), 0);
});

for (const name of shells) {
  daemonTest(`${name}: an edit is in force at the next prompt`, { skip: skipWithout(name) }, async (t) => {
    const world = new World(t);
    world.write('api/.env', 'A=1\nB=\n');
    await allowAs(world, 'api', { always: true });
    const shell = await Shell.start(t, world, name);
    t.match((await shell.cd('api')).said, [/loaded ~\/api\/\.env \(always\) \(\+A \+B\)/]);
    replace(world, 'api', 'A=2\nB=1\n');
    t.match((await shell.run('true')).said.join('\n'), /loaded ~\/api\/\.env \(always\)/);
    t.same(await shell.values('A', 'B'), { A: '2', B: '1' });
    t.equal(world.nodeRuns(), 1, 'without the daemon Node is asked');

    const daemon = await Daemon.start(world);
    replace(world, 'api', 'A=3\n');
    await daemon.event(({ event, text }) => event === 'edit' && text === 'accepted');
    await shell.run('true');
    t.same(await shell.values('A', 'B'), { A: '3', B: null });
    // In one step: a shell that looks at half a file says another line about it.
    world.replace('api/.env', 'A=4\nPATH=./bin:$PATH\n');
    await daemon.event(({ event }) => event === 'block');
    t.match((await shell.run('true')).said.join('\n'), /PATH, which needs your consent/);
    t.same(await shell.values('A'), { A: null });
    world.deny('api');
    await daemon.event(({ event }) => event === 'deny');
    await shell.run('true');
    t.equal(world.nodeRuns(), 1, 'with the daemon it is not');
  });
}

daemonTest('what is accepted always, and what is not', async (t) => {
  type Case = [title: string, before: string, after: string, verdict: string];
  const cases: Case[] = [
    ['a value', 'A=1\n', 'A=2\n', 'allowed'],
    ['a new name', 'A=1\n', 'A=1\nB=1\n', 'changed'],
    ['nothing left', 'A=1\n', '', 'allowed'],
    ['a new asked-for name', 'A=1\n', 'A=1\nLD_PRELOAD=x\n', 'consent'],
    ['an asked-for name as it was', 'PATH=./bin:$PATH\nA=1\n', 'PATH=./bin:$PATH\nA=2\n', 'allowed'],
    ['another asked-for value', 'PATH=./bin:$PATH\n', 'PATH=./evil:$PATH\n', 'consent'],
    ['what it refers to', 'R=$HOME/a\nPATH=$R:$PATH\n', 'R=$HOME/b\nPATH=$R:$PATH\n', 'consent'],
    ['what that refers to', 'R=$X/a\nS=$R/b\nEDITOR=$S\n', 'R=$X/c\nS=$R/b\nEDITOR=$S\n', 'consent'],
    ['a syntax error', 'A=1\n', 'A="1\n', 'broken'],
    ['a strict never-set name', 'A=1\n', '# envhook: strict\nUID=1\n', 'broken'],
  ];
  for (const [title, before, after, verdict] of cases) {
    const world = new World(t);
    world.write('api/.env', before);
    await allowAs(world, 'api', { always: true, consent: ['PATH', 'EDITOR'] });
    world.write('api/.env', after);
    t.equal(follow(world.places, world.path('api'), now()).verdict.kind, verdict, title);
    world.write('api/.env', before);
    t.equal(follow(world.places, world.path('api'), now()).verdict.kind, 'allowed', `${title}, and back`);
  }
});

daemonTest('always: unsafe files, a time that is over, plain allow, --no-always', async (t) => {
  const world = new World(t);
  const api = world.path('api');
  world.write('api/.env', 'A=1\n');
  world.envhook(['allow', '--always', '--for', '1s'], api);
  world.write('api/.env', 'A=2\n');
  t.equal(follow(world.places, api, now() + 5).verdict.kind, 'changed', 'the time is over');
  t.match(world.envhook(['allow'], api).stderr, /allowed ~\/api\/\.env always/, 'stays so');
  chmodSync(join(api, '.env'), 0o666);
  world.write('api/.env', 'A=3\n');
  t.equal(follow(world.places, api, now()).verdict.kind, 'refused', 'unsafe');
  chmodSync(join(api, '.env'), 0o600);
  t.equal(follow(world.places, api, now()).verdict.kind, 'allowed');
  rmSync(join(api, '.env'));
  t.equal(follow(world.places, api, now()).verdict.kind, 'changed', 'a file that is gone may come back');
  world.write('api/.env', 'A=3\n');
  world.envhook(['allow', '--no-always'], api);
  world.write('api/.env', 'A=4\n');
  t.equal(follow(world.places, api, now()).verdict.kind, 'changed', 'no longer');
  world.deny('api');
  t.equal(follow(world.places, api, now()).verdict.kind, 'denied');
});

daemonTest('whatever happens to a directory, the plan is right again', async (t) => {
  type Case = [title: string, act: (world: World, place: string) => void];
  const cases: Case[] = [
    ['written in place', (w, p) => w.write(`${p}/.env`, 'A=new\n')],
    ['appended', (w, p) => appendFileSync(w.path(`${p}/.env`), 'B=1\n')],
    ['replaced', (w, p) => replace(w, p, 'A=new\n')],
    ['a second file', (w, p) => w.write(`${p}/.env.local`, 'B=1\n')],
    ['removed and written again', again],
    ['moved away, another in its place', moved],
    ['a link retargeted', linked],
    ['a branch switched and back', switched],
    ['replaced 100 times', replacedOften],
    ['the record damaged', (w, p) => writeFileSync(recordPath(w.places, w.path(p)), '{"envhook":1,\n')],
    ['the record gone', (w, p) => rmSync(recordPath(w.places, w.path(p)))],
    ['the plan gone', (w, p) => rmSync(w.plan(p))],
  ];
  const all = ['once', 'always'].flatMap((terms) =>
    cases.map(([title, act], i) => ({ title: `${title}, ${terms}`, act, terms, place: `${terms}${i}` })),
  );
  const world = new World(t);
  for (const { place, terms } of all) {
    world.write(`${place}/.env`, 'A=1\n');
    await allowAs(world, place, { always: terms === 'always' });
  }
  const daemon = await Daemon.start(world);
  for (const { act, place } of all) act(world, place);
  await ask(world.places, 'look', 10_000);
  for (const { title, place } of all) t.equal(isFresh(world, place), true, title);
  for (const { title, place } of all.filter((it) => !it.title.startsWith('the record'))) {
    const heard = daemon.event(({ event, directory }) => event === 'edit' && directory === world.path(place));
    world.write(`${place}/.env`, 'A=last\n');
    t.match(await heard, { event: 'edit' }, `${title}: watched again`);
  }
  await ask(world.places, 'look', 10_000);
  for (const { title, place } of all) t.equal(isFresh(world, place), true, `${title}, then edited`);
});

function again(world: World, place: string): void {
  rmSync(world.path(place), { recursive: true });
  world.write(`${place}/.env`, 'A=again\n');
}

function moved(world: World, place: string): void {
  renameSync(world.path(place), world.path(`moved-${place}`));
  world.write(`${place}/.env`, 'A=other\n');
  world.write(`moved-${place}/.env`, 'A=moved\n');
}

function linked(world: World, place: string): void {
  world.write(`target-${place}/file`, 'A=target\n');
  rmSync(world.path(`${place}/.env`));
  symlinkSync(world.path(`target-${place}/file`), world.path(`${place}/.env`));
}

function switched(world: World, place: string): void {
  rmSync(world.path(`${place}/.env`));
  world.write(`${place}/.env`, 'A=1\n');
}

function replacedOften(world: World, place: string): void {
  for (let i = 0; i < 100; i++) replace(world, place, `A=${i}\n`);
}

daemonTest('the target of a link is watched', async (t) => {
  const world = new World(t);
  world.write('shared/common', 'A=1\n');
  mkdirSync(world.path('api'));
  symlinkSync(world.path('shared/common'), world.path('api/.env'));
  await allowAs(world, 'api', { always: true });
  const daemon = await Daemon.start(world);
  world.write('shared/common', 'A=2\n');
  t.match(await daemon.event(({ event }) => event === 'edit'), { names: ['~A'], text: 'accepted' });
});

daemonTest('stopped for a while, killed at any moment', async (t) => {
  const world = new World(t);
  world.write('api/.env', 'A=0\n');
  await allowAs(world, 'api', { always: true });
  const daemon = await Daemon.start(world);
  daemon.child.kill('SIGSTOP');
  t.match(await ask(world.places, 'status', 200), { state: 'silent' });
  world.write('api/.env', 'A=1\n');
  daemon.child.kill('SIGCONT');
  await daemon.event(({ event }) => event === 'edit');
  t.equal(isFresh(world, 'api'), true);
  daemon.child.kill('SIGKILL');
  for (let i = 0; i < 5; i++) {
    const victim = await Daemon.start(world);
    const heard = victim.event(({ event }) => event === 'edit').catch(() => {});
    for (let j = 0; j < 20; j++) replace(world, 'api', `A=${i}-${j}\n`);
    if (i % 2 === 0) await heard;
    victim.child.kill('SIGKILL');
    await victim.ended;
    t.not(readApproval(world.places, world.path('api')).approval, undefined, 'a whole record');
    const plan = readFileSync(world.plan('api'));
    t.equal(plan.subarray(-12).toString(), 'envhook-end\0', 'a whole plan');
  }
  await Daemon.start(world);
  t.equal(isFresh(world, 'api'), true, 'the next one repairs');
});

daemonTest('events', async (t) => {
  const world = new World(t);
  await world.project('api', 'A=1\n');
  const daemon = await Daemon.start(world);
  const json = spawn(launcher, ['events', '--json'], { env: world.env });
  const text = spawn(launcher, ['events'], { env: { ...world.env, TZ: 'Asia/Kolkata' } });
  t.teardown(() => json.kill());
  t.teardown(() => text.kill());
  const closed = once(json, 'close');
  const heard = collect(json);
  const shown = collect(text);
  const clients = async () => (await ask(world.places, 'status', 5000)).state;
  t.equal(await clients(), 'answered');
  for (let i = 0; heard.length === 0 || shown.length === 0; i++) {
    replace(world, 'api', `A=1${i}\n`); // until both listen
    await daemon.event(({ event }) => event === 'edit');
  }
  await world.allow('api');
  await daemon.event(({ event }) => event === 'allow');
  replace(world, 'api', 'B=1\n');
  await daemon.event(({ event }) => event === 'block');
  world.deny('api');
  await until(json, () => heard.some((line) => line.includes('"deny"')));
  await until(text, () => shown.some((line) => / deny ~\/api$/.test(line)));
  const events: DaemonEvent[] = heard.map((line) => JSON.parse(line));
  t.match(events[0], { event: 'edit', directory: world.path('api'), names: ['~A'] });
  t.ok(events.every(({ at }) => !Number.isNaN(Date.parse(at))));
  t.ok(events.some(({ event, text }) => event === 'block' && text.includes('changed since you allowed it')));
  t.match(shown[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30 edit ~\/api \(~A\)$/, 'the time on the wall');
  await daemon.stop();
  await closed;
  t.equal(json.exitCode, 0, 'ends with the daemon');
  t.match(world.envhook(['events']), { status: 64, stderr: /does not run/ });
});

for (const name of shells) {
  daemonTest(`every load of ${name} is an event`, { skip: skipWithout(name) }, async (t) => {
    const world = new World(t);
    await world.project('mono', 'A=1\nB=2\n');
    await world.project('mono/api', 'C=3\n');
    const { run } = world.places;
    const silent = await Shell.start(t, world, name);
    await silent.cd('mono/api');
    const daemon = await Daemon.start(world);
    const next = async (count: number) => {
      const told: string[] = [];
      while (told.length < count) {
        const isOurs = (it: DaemonEvent) => it.event === 'load' && it.directory.startsWith(world.home);
        const { directory, names } = await daemon.event(isOurs);
        told.push(`${directory.slice(world.home.length)} ${names}`);
      }
      return told;
    };
    const both = ['/mono A,B', '/mono/api C'];
    const shell = await Shell.start(t, world, name);
    await shell.cd('mono/api');
    t.same(await next(2), both, 'two at once');
    await shell.cd('mono');
    await shell.cd('mono/api');
    t.same(await next(1), ['/mono/api C'], 'the inner one again; going back to the outer one is no load');
    await shell.cd('');
    await silent.cd('');
    await silent.cd('mono');
    t.same(await next(1), ['/mono A,B'], 'another shell');
    await shell.cd('mono/api');
    t.same(await next(2), both, 'a state that was there before');
    t.equal(world.envhook(['exec', '--', 'true'], world.path('mono')).status, 0);
    t.same(await next(1), ['/mono A,B'], 'a command');
    await daemon.stop();
    t.equal(existsSync(join(run, 'heard')), false);
    const { stderr, said } = await shell.cd('');
    t.equal(stderr.trim(), said.join('\n'), 'nothing else is said');
  });
}

daemonTest('clients', async (t) => {
  const world = new World(t);
  await world.project('api', 'A=1\n');
  const daemon = await Daemon.start(world);
  const path = socketPath(world.places);
  const refused: [title: string, text: string][] = [
    ['no JSON', 'hello\n'],
    ['no object', '7\n'],
    ['unknown', '{"do":"delete"}\n'],
    ['a prototype', '{"__proto__":{"do":"stop"}}\n'],
    ['long', `${' '.repeat(2000)}\n`],
    ['endless', 'x'.repeat(1 << 20)],
    ['bytes', '\0\xff\n'],
  ];
  for (const [title, text] of refused) {
    const client = connect(path);
    client.on('error', () => {});
    client.write(text);
    await closing(client.resume());
    t.match(await ask(world.places, 'status', 5000), { state: 'answered' }, title);
  }
  const slow = connect(path).on('error', () => {});
  slow.write('{"do":');
  const many = Array.from({ length: 100 }, () => connect(path).on('error', () => {}));
  await Promise.race(many.map(closing));
  for (const client of many) client.destroy();
  slow.end('"status"}\n');
  const [answer] = await once(slow.setEncoding('utf8'), 'data');
  t.match(JSON.parse(answer), { pid: daemon.pid }, 'a slow one is served');
  // One that asks and asks and reads nothing.
  const deaf = connect(path).on('error', () => {});
  deaf.pause();
  deaf.write('{"do":"status"}\n'.repeat(20_000));
  await closing(deaf);
  const status = await ask(world.places, 'status', 5000);
  t.match(status, { state: 'answered' });
  t.ok(status.state === 'answered' && Number(status.value['memory']) < 100e6, 'not filled');
});

daemonTest('doors', async (t) => {
  const world = new World(t);
  mkdirSync(world.places.run, { recursive: true, mode: 0o700 });
  const server = createServer(() => {}).listen(socketPath(world.places));
  t.teardown(() => server.close());
  await once(server, 'listening');
  t.match(await ask(world.places, 'status', 100), { state: 'silent' });
  if (isRoot === false) {
    chownSync(socketPath(world.places), 65534, 65534);
    t.match(await ask(world.places, 'status', 100), { state: 'none' });
    t.equal(await subscribe(world.places), undefined);
  }
  renameSync(world.places.run, `${world.places.run}.real`);
  symlinkSync(`${world.places.run}.real`, world.places.run);
  t.match(control(world, 'status'), { status: 7, stderr: /not a private directory/ });
  t.match(control(world, 'run'), { status: 7 });
});

daemonTest('a long path', async (t) => {
  const world = new World(t);
  const data = world.path(`${'long/'.repeat(30)}data`);
  mkdirSync(data, { recursive: true });
  const env = { ...world.env, XDG_DATA_HOME: data };
  t.match(world.envhook(['daemon', 'start'], world.home, env), { status: 0, stderr: /runs/ });
  t.match(world.envhook(['daemon', 'status'], world.home, env).stdout, /^pid/);
  t.match(world.envhook(['daemon', 'stop'], world.home, env).stderr, /has ended/);
});

daemonTest('the log is small and holds no values', async (t) => {
  const world = new World(t);
  await world.project('api', 'SECRET=hunter2-first\n');
  const log = join(world.places.data, 'daemon.log');
  writeFileSync(log, 'x'.repeat(300 * 1024), { mode: 0o600 });
  const daemon = await Daemon.start(world);
  world.write('api/.env', 'SECRET=hunter2-second\nOTHER="hunter2\n');
  await daemon.event(({ event }) => event === 'block');
  const text = readFileSync(log, 'utf8');
  t.ok(text.length < 4096, 'a new one');
  t.equal(statSync(`${log}.old`).size, 300 * 1024);
  t.notMatch(text, /hunter2/);
  t.match(text, /block ~\/api/);
  t.equal(statSync(log).mode & 0o777, 0o600);
});

daemonTest('when the system watches no more it says so once and looks', async (t) => {
  const world = new World(t);
  for (const place of ['a', 'b', 'c', 'd', 'e', 'f']) await world.project(place, 'A=1\n');
  const script = 'echo 5 >/proc/sys/user/max_inotify_watches && exec "$@"';
  const words = ['-Ur', 'sh', '-c', script, 'sh'];
  const canLimit = spawnSync('unshare', [...words, 'true']).status === 0;
  if (!canLimit) {
    t.pass('limit', { skip: 'no user namespaces here' });
    return;
  }
  const daemon = await Daemon.start(world, {}, ['unshare', ...words]);
  await ask(world.places, 'look', 5000);
  const answer = await ask(world.places, 'status', 5000);
  t.match(answer, { value: { watching: false, lastProblem: /max_user_watches/ } });
  for (const place of ['a', 'f']) world.write(`${place}/.env`, 'A=2\n');
  await ask(world.places, 'look', 5000);
  for (const place of ['a', 'f']) t.equal(isFresh(world, place), true, place);
  const log = readFileSync(join(world.places.data, 'daemon.log'), 'utf8');
  t.equal(log.split('max_user_watches').length, 2, 'once');
  await daemon.stop();
});

daemonTest('what supervisors need', async (t) => {
  const command = { node: '/opt/no de/node', program: '/a%b/$c/"d"/cli.cjs' };
  const systemd = units.get('systemd')?.(command) ?? '';
  t.match(systemd, '\nExecStart="/opt/no de/node" "/a%%b/$$c/\\"d\\"/cli.cjs" daemon run\n');
  const launchd = units.get('launchd')?.({ ...command, program: '/a&b/<c>' }) ?? '';
  t.match(launchd, '<string>/a&amp;b/&lt;c&gt;</string>');
  const comment = /<!--([\s\S]*?)-->/.exec(launchd)?.[1] ?? '';
  t.notMatch(comment, '--', 'which XML forbids there');
  // The commands that a person pastes, as launchctl gets them.
  const bin = t.testdir({ launchctl: '#!/bin/sh\necho "$@"\n' });
  chmodSync(join(bin, 'launchctl'), 0o755);
  const { stdout } = spawnSync('sh', ['-c', comment.match(/launchctl .*$/gm)?.join('\n') ?? ''], {
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: '/Users/me' },
    encoding: 'utf8',
  });
  const domain = `gui/${process.getuid?.()}`;
  t.same(stdout.trimEnd().split('\n'), [
    `enable ${domain}/io.github.envhook`,
    `bootstrap ${domain} /Users/me/Library/LaunchAgents/io.github.envhook.plist`,
    `kickstart -k ${domain}/io.github.envhook`,
    `print ${domain}/io.github.envhook`,
    `bootout ${domain}/io.github.envhook`,
  ]);
});

daemonTest('exec --watch', async (t) => {
  const world = new World(t);
  world.write('api/.env', 'A=1\n');
  await allowAs(world, 'api', { always: true });
  const script = 'sleep 300 & echo "start $A $!"; trap "echo end $A; exit 7" TERM; wait';
  const child = spawn(launcher, ['exec', '--watch', '--', 'sh', '-c', script], {
    cwd: world.path('api'),
    env: { ...world.env, PWD: world.path('api') },
  });
  t.teardown(() => child.kill('SIGKILL'));
  const said = collect(child);
  const words = collect(child, 'stderr');
  await until(child, () => said.length === 1);
  const sleeper = Number(said[0]?.split(' ')[2]);
  replace(world, 'api', 'A=2\n');
  await until(child, () => said.length === 3);
  t.match(said, [/^start 1 /, 'end 1', /^start 2 /]);
  t.match(words, ['envhook: restarting sh: A changed']);
  t.equal(isRunning(sleeper), false, 'the whole group has ended');
  world.replace('api/.env', 'A="3\n');
  await until(child, () => words.length === 2);
  t.match(words[1], /^envhook: ~\/api\/\.env:1:3: .*; the command runs on as it is$/);
  replace(world, 'api', 'A=2\n# the same\n');
  replace(world, 'api', 'A=3\n');
  await until(child, () => said.length === 5);
  t.match(words.slice(2), ['envhook: restarting sh: A changed']);
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  t.equal(code, 7, 'the status of the command');
});

daemonTest('exec --watch ends as its command ends, and starts only what may start', async (t) => {
  const world = new World(t);
  await world.project('api', 'A=1\n');
  const exec = (...words: string[]) => world.envhook(['exec', '--watch', '--', ...words], world.path('api'));
  t.match(exec('sh', '-c', 'exit 5'), { status: 5 });
  t.match(exec('sh', '-c', 'kill -KILL $$'), { status: null });
  t.match(exec('/nowhere/program'), { status: 127 });
  replace(world, 'api', 'A=2\n');
  t.match(exec('true'), { status: 2, stderr: /changed since you allowed it/ });
});

// A test that ends the daemons it started before its directory is removed.
function daemonTest(
  title: string,
  options: { skip?: string | false },
  test: (t: Test) => Promise<void>,
): void;
function daemonTest(title: string, test: (t: Test) => Promise<void>): void;
function daemonTest(
  title: string,
  options: { skip?: string | false } | ((t: Test) => Promise<void>),
  test: (t: Test) => Promise<void> = async () => {},
): void {
  const action = typeof options === 'function' ? options : test;
  t.test(title, typeof options === 'function' ? {} : options, async (t) => {
    try {
      await action(t);
    } finally {
      for (const daemon of running) daemon.child.kill('SIGKILL');
      await Promise.all([...running].map(({ ended }) => ended));
      running.clear();
    }
  });
}

/** A daemon in its own process, which ends with the test. */
class Daemon {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly #world: World;
  readonly #heard: DaemonEvent[] = [];
  #wake: () => void = () => {};
  #isOver = false;

  static async start(world: World, env: Record<string, string> = {}, before: string[] = []): Promise<Daemon> {
    const daemon = new Daemon(world, env, before);
    await daemon.ready();
    return daemon;
  }

  constructor(world: World, env: Record<string, string> = {}, before: string[] = []) {
    this.#world = world;
    const { data, run, home } = world.places;
    const variables = Object.entries({ PATH: '/usr/bin:/bin', ...env }).map(
      ([key, value]) => `${key}=${value}`,
    );
    const words = ['-i', ...variables, ...before, process.execPath, program, data, run, home];
    this.child = spawn('/usr/bin/env', words, { stdio: 'ignore' });
    this.ended = once(this.child, 'close').then(([code]) => {
      this.#isOver = true;
      this.#wake();
      return code;
    });
    running.add(this);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until it has made all plans, and listens to its events from then on. */
  async ready(): Promise<void> {
    const socket = socketPath(this.#world.places);
    for (;;) {
      const heard = appears(socket);
      const events = await subscribe(this.#world.places);
      if (events !== undefined) {
        await ask(this.#world.places, 'ready', 30_000);
        void this.#listen(events);
        return;
      }
      await heard;
    }
  }

  /** The next event of a kind, among those that nobody asked for yet. */
  async event(isWanted: (event: DaemonEvent) => boolean): Promise<DaemonEvent> {
    for (;;) {
      const at = this.#heard.findIndex(isWanted);
      if (at >= 0) return this.#heard.splice(0, at + 1)[at] ?? Promise.reject(new Error('no event'));
      if (this.#isOver) throw new Error(`the daemon ended: ${JSON.stringify(this.#heard)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    await ask(this.#world.places, 'stop', 5000);
    await this.ended;
  }

  async #listen(events: AsyncIterable<DaemonEvent>): Promise<void> {
    for await (const event of events) {
      this.#heard.push(event);
      this.#wake();
    }
  }
}

function control(world: World, ...words: string[]) {
  return world.envhook(['daemon', ...words]);
}

function onDemand(world: World): { env: Record<string, string> } {
  const { ENVHOOK_DAEMON: _, ...env } = world.env;
  return { env };
}

// Whether the plan of a directory says what a look at it says now.
function isFresh(world: World, place: string): boolean {
  const examination = follow(world.places, world.path(place), now());
  const plan = world.plan(place);
  return existsSync(plan) && readFileSync(plan).equals(encodePlan(planOf(examination, world.places.home)));
}

function replace(world: World, place: string, text: string): void {
  world.write(`${place}/.new`, text);
  renameSync(world.path(`${place}/.new`), world.path(`${place}/.env`));
}

// What `envhook allow` in another terminal does.
async function allowAs(world: World, place: string, options: AllowOptions): Promise<void> {
  await allowDirectory(contextOf({ ...world.env, PWD: '/' }, undefined, false), world.path(place), options);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

// Resolves when a file is there, or something happens beside it.
async function appears(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const watcher = watch(dirname(path));
  try {
    while (!existsSync(path)) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

async function pidOf(world: World): Promise<number> {
  const answer = await ask(world.places, 'status', 10_000);
  return answer.state === 'answered' ? Number(answer.value['pid']) : 0;
}

// Ends a process that is no child of ours, which no event tells of: until it is gone it may write to the directory
// that is about to be removed.
async function kill(pid: number): Promise<void> {
  while (isRunning(pid)) {
    process.kill(pid, 'SIGKILL');
    await setTimeout(5);
  }
}

// A process that has ended and that nobody has asked about is none, once its last thread is over.
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const isOver = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return !isOver || readdirSync(`/proc/${pid}/task`).length > 1;
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

// Resolves when it is closed, with or without an error.
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

// The lines that a process writes, as they come.
function collect(child: ChildProcess, stream: 'stdout' | 'stderr' = 'stdout'): string[] {
  const found: string[] = [];
  const lines = new Lines();
  child[stream]?.setEncoding('utf8').on('data', (text: string) => found.push(...lines.push(text)));
  return found;
}

// Waits until what a process wrote is as wanted.
async function until(child: ChildProcess, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await Promise.race([once(child.stdout ?? child, 'data'), once(child.stderr ?? child, 'data')]);
  }
}
