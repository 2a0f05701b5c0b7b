/** Writes that know no `Idempotency-Key`, and are therefore not sent again once they may have been done. */
export const KEYLESS = [/^\/api\/tenants/, /^\/api\/hooks\/\{hookId\}\/test$/];

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** Gives a write its key, once for all attempts, unless it has one. */
export const giveKey = {
  onRequest({ request, schemaPath }: { request: Request; schemaPath: string }): void {
    const { method, headers } = request;
    if (!WRITES.includes(method) || KEYLESS.some((path) => path.test(schemaPath))) return;
    if (!headers.has('idempotency-key')) headers.set('idempotency-key', randomKey());
  },
};

/** 128 bits; `crypto.randomUUID` is not there on pages without TLS. */
const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
