import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** A request as it goes over the wire: neither path nor headers are made any better. */
export interface Sent {
  method: string;
  /** With the query. */
  path: string;
  headers: [name: string, value: string][];
  body?: Buffer | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const agent = new Agent({ keepAlive: true });

/** @throws Error the connection was refused, or cut before the answer was complete */
export function exchange(port: number, { method, path, headers, body }: Sent): Promise<Answer> {
  return new Promise((done, fail) => {
    const outgoing = request({
      ...{ host: '127.0.0.1', port, method, path, agent, setHost: false },
      headers: [
        ...headers.flat(),
        ...(body === undefined ? [] : ['Content-Length', String(body.length)]),
      ],
    });
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', fail);
      incoming.on('end', () => {
        const { statusCode = 0, headers: given } = incoming;
        done({ status: statusCode, headers: given, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end(body);
  });
}

/** The same as a line for a shell; `$TOKEN` stands for the token. */
export function toCurl(port: number, { method, path, headers, body }: Sent): string {
  const given = headers.map(([name, value]) => {
    const shown = /^authorization$/i.test(name) ? value.replace(/ey[\w.-]+$/, '$TOKEN') : value;
    return shown === value ? `-H ${quoted(`${name}: ${value}`)}` : `-H "${name}: ${shown}"`;
  });
  return [
    `curl -isg --path-as-is -X ${method}`,
    quoted(`http://127.0.0.1:${port}${path}`),
    ...given,
    ...(body === undefined ? [] : [`--data-binary ${quoted(body)}`]),
  ].join(' ');
}

/** In the quotes of bash that know escapes, where it has more than plain characters. */
function quoted(text: string | Buffer): string {
  const bytes = Buffer.from(text);
  const shown = bytes.subarray(0, 4_000).toString('latin1');
  const rest = bytes.length > 4_000 ? `…(${bytes.length} bytes)` : '';
  if (/^[\x20-\x7e]*$/.test(shown) && !shown.includes("'")) return `'${shown}${rest}'`;
  const escaped = shown.replace(/[^\x20-\x7e]|['\\]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `$'${escaped}${rest}'`;
}
