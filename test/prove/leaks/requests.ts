import type { Sent } from '../exchange.js';
import { examplesOf, type Operation } from '../fuzz/operations.js';
import type { Canaries } from './canaries.js';

type Request = Omit<Sent, 'headers'> & { headers?: Record<string, string> };

/** Requests of an operation with values to be found again everywhere that a request can have them. */
export function* requestsOf(operation: Operation, canaries: Canaries): Generator<Request> {
  const { method, bodies } = operation;
  const path = operation.path.replace('{userId}', 'u1').replace(/\{\w+\}/g, 'github');
  const json = { 'content-type': 'application/json' };
  const hasBody = 'application/json' in bodies;
  const bodyOf = (value: unknown) => Buffer.from(JSON.stringify(value));
  for (const example of examplesOf(operation))
    yield { method, path, headers: json, body: bodyOf(canaries.plant(example)) };
  if (!hasBody) yield { method, path };
  if ('application/merge-patch+json' in bodies)
    yield {
      ...{ method, path, headers: { 'content-type': 'application/merge-patch+json' } },
      body: bodyOf({
        customData: { a: canaries.text('custom data') },
        name: canaries.text('name'),
      }),
    };
  if (hasBody) {
    const member = () => [canaries.text('key'), canaries.text('value')];
    yield { method, path, headers: json, body: bodyOf(Object.fromEntries([member(), member()])) };
    yield { method, path, headers: json, body: Buffer.from(`{"name":"${canaries.text('name')}`) };
    yield { method, path, headers: json, body: Buffer.from(canaries.text('body')) };
    const text = { 'content-type': `text/${canaries.text('type')}` };
    yield { method, path, headers: text, body: Buffer.from(canaries.text('body')) };
  }
  const body = hasBody ? { headers: json, body: Buffer.from('{}') } : {};
  const query = `search=${canaries.text('search')}&customData.a=${canaries.text('search')}`;
  yield { method, ...body, path: `${path}?${query}` };
  yield { method, ...body, path: `${path}?${canaries.text('parameter')}=1` };
  yield { method, ...body, path: `/${canaries.text('path')}${path}` };
  yield { method, ...body, path: `${path}/%zz${canaries.text('path')}` };
  const odd = ['If-Match', 'If-None-Match', 'Idempotency-Key', 'Cookie', 'User-Agent', 'Referer'];
  const more = ['Origin', 'X-Forwarded-For', 'Forwarded', 'Last-Event-ID', 'Expect', 'Accept'];
  for (const name of [...odd, ...more])
    yield {
      ...{ method, path, ...body },
      headers: { ...body.headers, [name]: canaries.text(name) },
    };
}
