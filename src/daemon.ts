import { closeInherited } from './daemon/inherited.js';
import { fileLog } from './daemon/log.js';
import { serve } from './daemon/serve.js';
import { EnvhookError } from './errors.js';
import { daemonSettings } from './settings.js';

/*
 * What is started detached: DATA RUN HOME. The places come from whoever starts it, as in planner.ts.
 */

async function main(): Promise<void> {
  closeInherited();
  const [, , data = '', run = '', home = ''] = process.argv;
  const places = { data, run, home };
  const log = fileLog(places);
  process.on('uncaughtException', (error) => {
    log(`this is a bug in envhook: ${error.stack}`);
    process.exit(1);
  });
  try {
    await serve(places, daemonSettings(process.env), log);
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof EnvhookError) log(`${error.message}; ${error.hint}`);
    else log(`this is a bug in envhook: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

void main();
