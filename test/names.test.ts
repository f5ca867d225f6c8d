import { chmodSync, existsSync } from 'node:fs';
import t from 'tap';
import { neverSetReason } from '../src/names.js';
import { userEnvironment } from '../src/settings.js';
import { World } from './shells.js';

/*
 * Which names an env file may set, where, and after what question; and that no value of one runs by itself.
 */

t.jobs = 2;

// --- envhook's own -------------------------------------------------------------------------------

t.test('what begins like a name of our own is never set, however it is written', async (t) => {
  const names = [
    'ENVHOOK_LOG',
    'envhook_log',
    'EnvHook_Daemon',
    '__envhook_node',
    '__ENVHOOK_SAVED',
    '__ENVHOOK_SAVED_PATH',
    '__Envhook_Saved_Path',
    '__envhook_saved_x.y',
    'ENVHOOK_-',
  ];
  for (const name of names) t.equal(neverSetReason(name), 'belongs to envhook', name);
  for (const name of ['ENVHOOK', 'MY_ENVHOOK_LOG', '_ENVHOOK_LOG', '___envhook_x'])
    t.equal(neverSetReason(name), undefined, name);
});

t.test('only what the launcher says that it moved is moved back', async (t) => {
  const env = {
    __ENVHOOK_SAVED: 'NODE_OPTIONS NODE_DEBUG LD_AUDIT',
    __ENVHOOK_SAVED_NODE_OPTIONS: '--x',
    __ENVHOOK_SAVED_NODE_DEBUG: '',
    __ENVHOOK_SAVED_PATH: '/evil',
    __ENVHOOK_OTHER: 'x',
    ENVHOOK_LOG: 'off',
    PATH: '/bin',
  };
  t.same(userEnvironment(env), { NODE_OPTIONS: '--x', NODE_DEBUG: '', ENVHOOK_LOG: 'off', PATH: '/bin' });
  t.same(userEnvironment({ __ENVHOOK_SAVED_PATH: '/evil', PATH: '/bin' }), { PATH: '/bin' });
  t.same(userEnvironment({ __ENVHOOK_SAVED: '', PATH: '/bin' }), { PATH: '/bin' });
});

t.test('a name of the launcher changes no program that envhook starts', async (t) => {
  const world = new World(t);
  const own = `PATH=$PWD/evil:/usr/bin:/bin VISUAL=$PWD/evil/tool EDITOR=$PWD/evil/tool`;
  const lines = own.split(' ').map((line) => `__ENVHOOK_SAVED_${line}\n`);
  world.write('p/.env', `${lines.join('')}__ENVHOOK_SAVED=PATH VISUAL EDITOR\nA=1\n`);
  world.write('p/evil/tool', `#!/bin/sh\n: >"$HOME/pwned"\n`);
  world.write('p/evil/ls', `#!/bin/sh\n: >"$HOME/pwned"\n`);
  chmodSync(world.path('p/evil/tool'), 0o755);
  chmodSync(world.path('p/evil/ls'), 0o755);
  const said = await world.allow('p');
  t.match(said.join('\n'), /__ENVHOOK_SAVED_PATH is left out: it belongs to envhook/);

  const command = ['exec', '--', 'sh', '-c', 'ls >/dev/null; env'];
  const inherited = {
    __ENVHOOK_SAVED: 'PATH',
    __ENVHOOK_SAVED_PATH: `${world.path('p/evil')}:/usr/bin:/bin`,
  };
  for (const env of [{}, inherited]) {
    const { stdout, stderr, status } = world.envhook(command, world.path('p'), env);
    t.same([status, stderr], [0, '']);
    t.match(stdout, /^A=1$/m);
    t.notMatch(stdout, /ENVHOOK_SAVED/);
  }
  const edit = world.envhook(['edit'], world.path('p'), {
    ...inherited,
    __ENVHOOK_SAVED_VISUAL: world.path('p/evil/tool'),
  });
  t.not(edit.status, 0);
  t.match(edit.stderr, /no editor is chosen/);
  t.notOk(existsSync(world.path('pwned')), 'nothing ran');
});
