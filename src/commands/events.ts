import type { CommandFile } from '../cli.js';
import type { Context, Outcome } from '../context.js';
import { subscribe } from '../daemon/client.js';
import { eventText } from '../daemon/event-text.js';
import type { DaemonEvent } from '../daemon/protocol.js';
import { EnvhookError, EXIT } from '../errors.js';
import { daemonSettings } from '../settings.js';
import { jsonText } from '../show.js';
import { localTime } from '../time.js';
import { startDaemon } from './daemon.js';

export const events: CommandFile = (program, run) => {
  program
    .command('events')
    .summary('what happens, as it happens: loads, blocks, approvals, edits')
    .option('--json', 'for a program: an object a line')
    .addHelpText('after', '\nExample:\n  envhook events --json')
    .action((options: { json?: boolean }) => run((context) => followEvents(context, options)));
};

/**
 * The events of the daemon, which is started for it, until it ends.
 *
 * @throws EnvhookError 64 if there is no daemon and none may be started, 7
 */
export async function followEvents(context: Context, options: { json?: boolean }): Promise<Outcome> {
  const { places, env } = context;
  let heard = await subscribe(places);
  if (heard === undefined && daemonSettings(env).onDemand) {
    await startDaemon(context);
    heard = await subscribe(places);
  }
  if (heard === undefined) {
    throw new EnvhookError(
      'events come from the daemon, and it does not run',
      'envhook daemon start',
      EXIT.usage,
    );
  }
  return {
    stream: linesOf(
      heard,
      options.json ? (event) => jsonText(event, 0) : (event) => toText(event, places.home),
    ),
  };
}

async function* linesOf(
  events: AsyncIterable<DaemonEvent>,
  format: (event: DaemonEvent) => string,
): AsyncGenerator<string> {
  for await (const event of events) yield `${format(event)}\n`;
}

function toText(event: DaemonEvent, home: string): string {
  return `${localTime(new Date(event.at))} ${eventText(event, home)}`;
}
