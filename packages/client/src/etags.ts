/** Beside the objects, not in them: what was answered is sent back and compared as it came. */
const etags = new WeakMap<object, string>();

export function rememberEtag(answer: unknown, { headers }: Response): void {
  const etag = headers.get('etag');
  if (etag !== null && typeof answer === 'object' && answer !== null) etags.set(answer, etag);
}

/**
 * The `ETag` that an object was answered with; undefined for a copy of one, and for users of a list, which
 * have none.
 */
export const etagOf = (answer: object): string | undefined => etags.get(answer);

/** A version: an object as it was answered, `data.version` of an event, or an `ETag`. */
export type Version = object | number | string;

/** @throws TypeError for an object that was answered without an ETag */
export function toEtag(version: Version): string {
  if (typeof version === 'number') return `"${version}"`;
  const etag = typeof version === 'string' ? version : etagOf(version);
  if (etag === undefined)
    throw new TypeError('It has no ETag: get it first, and give the object itself, no copy.');
  return etag;
}
