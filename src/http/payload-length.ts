/** Of an answer that is there as a whole; undefined: it comes in parts, and nobody knows. */
export const payloadLength = (payload: unknown): number | undefined =>
  typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : undefined;
