import { JsonReader } from './json-reader.js';

/**
 * JSON.parse for text from outside of this process, whatever the runtime: only texts with an escape
 * can meet its bug with keys (see JsonReader).
 *
 * @throws Error when it is no JSON
 */
export function parseJson(text: string): unknown {
  return text.includes('\\') ? new JsonReader(text).read() : JSON.parse(text);
}
