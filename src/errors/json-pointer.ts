const MAX_LENGTH = 256;

/** A JSON Pointer (RFC 6901), safe to put in an answer: well-formed and cut when absurdly long. */
export function jsonPointer(segments: readonly (string | number)[]): string {
  let pointer = '';
  for (const segment of segments) {
    // Cut before the escaping, whose work is as large as the segment.
    const text = String(segment).slice(0, MAX_LENGTH + 1);
    pointer += `/${text.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (pointer.length > MAX_LENGTH) return `${pointer.slice(0, MAX_LENGTH).toWellFormed()}…`;
  }
  return pointer.toWellFormed();
}
