import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors/app-error.js';

/** What no route takes, whatever it is asked for; Node and Fastify let it pass or say nothing of it. */
export function requestFault(raw: IncomingMessage): AppError | undefined {
  const times = new Map<string, number>();
  for (let at = 0; at < raw.rawHeaders.length; at += 2) {
    const name = raw.rawHeaders[at]?.toLowerCase() ?? '';
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  const twice = SINGLE.find((name) => (times.get(name.toLowerCase()) ?? 0) > 1);
  if (twice) return new AppError('request.invalid_header', `${twice} must stand only once.`);
  return targetFault(raw) ?? hostFault(raw, times.get('host') ?? 0) ?? meaningFault(raw);
}

/** Headers that are no list (RFC 9110, section 5.3): of two lines, Node takes the first, or joins them. */
const SINGLE = ['Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'Origin'];

function targetFault({ url = '' }: IncomingMessage): AppError | undefined {
  if (!url.includes('#')) return undefined;
  return new AppError('request.malformed', 'A request target has no fragment.');
}

/** `uri-host [":" port]` (RFC 9110, section 7.2; RFC 3986, section 3.2.2), but of no empty host. */
const HOST = /^(\[[\da-f:.]+\]|([\w.~!$&'()*+,;=-]|%[\da-f]{2})+)(:\d{0,5})?$/i;

/** One Host that is a host, or in HTTP/1.0 none (RFC 9112, section 3.2). */
function hostFault({ httpVersion, headers }: IncomingMessage, hosts: number): AppError | undefined {
  if (hosts === 0 && httpVersion === '1.0') return undefined;
  if (hosts === 1 && HOST.test(headers.host ?? '')) return undefined;
  return new AppError('request.malformed', 'A request must have one Host header with a host.');
}

function meaningFault({ headers }: IncomingMessage): AppError | undefined {
  const { expect = '100-continue', 'transfer-encoding': coding = 'chunked' } = headers;
  if (expect.toLowerCase() !== '100-continue')
    return new AppError(
      'request.expectation_failed',
      'The service meets no Expect but 100-continue.',
    );
  // RFC 9112, section 6.1.
  if (coding.toLowerCase() !== 'chunked')
    return new AppError(
      'request.transfer_coding_not_supported',
      'The service knows no Transfer-Encoding but chunked.',
    );
  return undefined;
}
