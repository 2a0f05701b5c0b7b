import { Writable } from 'node:stream';

/** A log whose lines are kept as they come. */
export function keptLog(): { log: string[]; logTo: Writable } {
  const log: string[] = [];
  const logTo = new Writable({
    write: (line: Buffer, _encoding, done) => {
      log.push(line.toString());
      done();
    },
  });
  return { log, logTo };
}
