import { isatty } from 'node:tty';
import type { DestinationStream } from 'pino';
import pretty from 'pino-pretty';

/** What a line of a request says by itself. */
const TOLD = ['context', 'method', 'path', 'route', 'status', 'ms'];

/** The log for people: written at once, so that what the start tells them stands below it. */
export function prettyLog(): DestinationStream {
  return pretty({
    sync: true,
    singleLine: true,
    // hasColors knows NO_COLOR.
    colorize: isatty(1) && process.stdout.hasColors(),
    translateTime: 'SYS:HH:MM:ss',
    ignore: TOLD.join(),
    messageFormat: ({ method, path, status, ms, ...line }, key) => {
      const text = String(line[key]);
      if (text !== 'request') return text;
      return [method, path ?? '(no such route)', status, `${String(ms)} ms`].map(String).join(' ');
    },
  });
}
