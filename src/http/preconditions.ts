import { AppError } from '../errors/app-error.js';

/** The versions that a conditional request names, or `*` for any. */
export type Versions = string[] | '*';

/** RFC 9110, section 8.8.3: a quoted string of visible characters but `"`, perhaps behind `W/`. */
const ENTITY_TAG = /^(?<weak>W\/)?"(?<opaque>[\x21\x23-\x7e\x80-\xff]*)"$/;

export const entityTag = (version: string) => `"${version}"`;

/**
 * @param comparison `strong` leaves weak tags out (If-Match), `weak` takes them as equal
 *   (If-None-Match; RFC 9110, section 13.1)
 * @throws AppError request.invalid_header
 */
export function parseEntityTags(
  name: string,
  value: string | undefined,
  comparison: 'strong' | 'weak',
): Versions | undefined {
  if (value === undefined) return undefined;
  if (value.trim() === '*') return '*';
  // A comma may stand inside the quotes, so a list is cut only where a tag has just ended.
  return value
    .split(/(?<="[ \t]*),/)
    .map((tag) => ENTITY_TAG.exec(tag.trim())?.groups ?? malformed(name))
    .filter(({ weak }) => comparison === 'weak' || weak === undefined)
    .map(({ opaque }) => opaque as string);
}

function malformed(name: string): never {
  throw new AppError('request.invalid_header', `${name} must be * or a list of entity tags: "7".`);
}
