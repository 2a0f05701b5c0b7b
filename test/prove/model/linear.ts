import { isDeepStrictEqual } from 'node:util';
import type { FeedEvent } from '../load.js';
import type { Done } from './play.js';
import { NOBODY, shown, type State, step } from './reference.js';

/**
 * Whether what was done to one user could have been done one after the other, each at a moment while it
 * ran (Herlihy and Wing, 1990). The events of the user tell the order of the writes; everything else
 * is given the first place in it where it is answered as it was, behind all that had ended before it began.
 *
 * @returns what is impossible
 */
export function faultOf(done: Done[], events: FeedEvent[]): string | undefined {
  const states: State[] = [NOBODY];
  /** The write that led to the state of this place. */
  const writes = new Map<Done, number>();
  for (const [index, event] of events.entries()) {
    const state = states[index] as State;
    const write = done.find(({ value }) => value === event.data.requestId);
    if (!write) return `an event of nobody: ${JSON.stringify(event)}`;
    if (writes.has(write)) return `two events of ${told(write)}`;
    const { next } = step(state, write);
    if (!next)
      return `an event of ${told(write)}, which changes nothing in ${JSON.stringify(state)}`;
    if (event.data.version !== next.version)
      return `version ${event.data.version} follows ${state.version}: ${told(write)}`;
    writes.set(write, index);
    states.push(next);
  }
  return placed(done, states, writes);
}

/** Slots are the states, and between two of them is the write: 0 write 1 write 2 … */
function placed(done: Done[], states: State[], writes: Map<Done, number>): string | undefined {
  const places = new Map<Done, number>();
  for (const one of done.toSorted((a, b) => a.start - b.start)) {
    const earlier = done.filter(({ end }) => end < one.start);
    const least = Math.max(0, ...earlier.map((other) => places.get(other) ?? 0));
    const write = writes.get(one);
    const place =
      write === undefined
        ? states.findIndex((state, n) => 2 * n >= least && isAnswer(one, state)) * 2
        : 2 * write + 1;
    if (place < least) return `nothing explains ${told(one)} in ${JSON.stringify(states)}`;
    if (write !== undefined && !isAnswer(one, states[write] as State))
      return `${told(one)} is answered otherwise than in ${JSON.stringify(states[write])}`;
    places.set(one, place);
  }
  return undefined;
}

/** Whether this is how it is answered in this state. */
function isAnswer(one: Done, state: State): boolean {
  const { status, next } = step(state, one);
  if (one.status !== status) return false;
  if (status >= 300) return true;
  const after = next ?? state;
  if (one.etag !== undefined && one.etag !== after.version) return false;
  return isDeepStrictEqual(one.seen, shown(one, after));
}

const told = ({ client, command, value, version, status, etag, seen, start, end }: Done) =>
  JSON.stringify({ client, command, value, version, status, etag, seen, start, end });
