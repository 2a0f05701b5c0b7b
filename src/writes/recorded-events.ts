import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const recorded = new AsyncLocalStorage<string[]>();

/** Runs it and notes the id of every event that it records. */
export async function notingEvents<Result>(run: () => Promise<Result>) {
  const ids: string[] = [];
  const result = await recorded.run(ids, run);
  return { result, ids };
}

/** The id of a new event. */
export function eventId(): string {
  const id = randomUUID();
  recorded.getStore()?.push(id);
  return id;
}
