import { AppError } from '../errors/app-error.js';

/** The versions that a conditional request names, or `*` for any. */
export type Versions = string[] | '*';

/** What a request asks of the version that there is (RFC 9110, section 13.1); undefined = nothing. */
export interface Preconditions {
  ifMatch?: Versions | undefined;
  ifNoneMatch?: Versions | undefined;
  /** Whether If-Match had a tag that is weak, and so matches nothing. */
  hasWeakTag?: boolean;
}

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

/** @throws AppError request.invalid_header */
export function parsePreconditions(headers: {
  'if-match'?: string | undefined;
  'if-none-match'?: string | undefined;
}): Preconditions {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const all = parseEntityTags('If-Match', match, 'weak');
  const ifMatch = parseEntityTags('If-Match', match, 'strong');
  const ifNoneMatch = parseEntityTags('If-None-Match', noneMatch, 'weak');
  return { ifMatch, ifNoneMatch, hasWeakTag: all?.length !== ifMatch?.length };
}

/**
 * Why nothing may be written to what has this version, in the order of RFC 9110, section 13.2.2.
 *
 * @param what as in «The user …»
 * @returns request.precondition_failed, or undefined when it may be written
 */
export function failedPrecondition(
  { ifMatch, ifNoneMatch, hasWeakTag }: Preconditions,
  version: string,
  what: string,
): AppError | undefined {
  if (ifMatch !== undefined && !names(ifMatch, version)) {
    const hint =
      'If-Match compares strongly, so a weak tag never matches; send it without W/, as in "7".';
    return failed(hasWeakTag ? hint : `The ${what} no longer has a version of If-Match.`);
  }
  if (ifNoneMatch !== undefined && names(ifNoneMatch, version))
    return failed(`The ${what} has a version of If-None-Match.`);
  return undefined;
}

export const failed = (detail: string) => new AppError('request.precondition_failed', detail);

const names = (versions: Versions, version: string) =>
  versions === '*' || versions.includes(version);

function malformed(name: string): never {
  throw new AppError('request.invalid_header', `${name} must be * or a list of entity tags: "7".`);
}
