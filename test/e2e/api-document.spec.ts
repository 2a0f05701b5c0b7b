import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
let port: number;
beforeAll(async () => {
  app = await TestApp.start();
  await app.app.listen(0, '127.0.0.1');
  ({ port } = app.app.getHttpServer().address() as AddressInfo);
});
afterAll(() => app.stop());

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const [answer] = (await once(
    request({ port, host: '127.0.0.1', path, method, headers }).end(),
    'response',
  )) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
}

describe.each(['/openapi.json', '/docs/swagger-ui-init.js'])('%s', (path) => {
  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('comes in %s to who takes it, at a sixth of its size', async (coding, decompressed) => {
    const plain = await get(path);
    const answer = await get(path, { 'accept-encoding': coding });
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, coding]);
    expect(answer.headers.vary).toContain('Accept-Encoding');
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    expect(answer.body.length * 6).toBeLessThan(plain.body.length);
    expect(decompressed(answer.body).equals(plain.body)).toBe(true);
  });

  it.each(['', 'identity', 'zstd', 'br;q=0, gzip;q=0'])(
    'comes as it is for «%s»',
    async (coding) => {
      const answer = await get(path, { 'accept-encoding': coding });
      expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
      expect(answer.body.toString()).toContain('nameplate');
    },
  );

  it('is 304 without a body to who has that form of it', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    const { etag = '', 'cache-control': control } = (await get(path, headers)).headers;
    expect(control).toBe('no-cache');
    const again = await get(path, { ...headers, 'if-none-match': etag });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
    expect((await get(path, { 'if-none-match': etag })).status).toBe(200);
    expect((await get(path, { ...headers, 'if-none-match': '"x"' })).status).toBe(200);
    expect((await get(path, { 'if-none-match': 'x' })).status).toBe(400);
  });

  it('has no body for HEAD', async () => {
    const answer = await get(path, {}, 'HEAD');
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
  });
});
