import { isPlainObject } from '../json/is-plain-object.js';
import { parseJson } from '../json/parse-json.js';

const TIMEOUT_MS = 5_000;
/** Of a document: key sets have some kilobytes. */
const MAX_BYTES = 1_048_576;

/** @throws Error that tells what was asked, and why there is no answer */
export async function getJson(url: string): Promise<Record<string, unknown>> {
  // Not the whole URL, which may hold credentials.
  const { host, pathname } = new URL(url);
  const where = `${host}${pathname}`;
  try {
    const response = await fetch(url, {
      headers: { Accept: 'application/json' },
      // Whoever the settings do not name gives no keys.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const document = asJson(await textOf(response));
    if (!isPlainObject(document)) throw new Error('it answered no JSON object');
    return document;
  } catch (error) {
    throw new Error(`${where}: ${causeOf(error)}.`, { cause: error });
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`it answered more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function asJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** What is behind «fetch failed», too. */
export function causeOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: NodeJS.ErrnoException };
  return message === 'fetch failed' ? (cause?.code ?? cause?.message ?? message) : String(message);
}
