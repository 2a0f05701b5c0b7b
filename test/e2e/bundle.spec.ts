import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Place } from '../support/service.js';

let place: Place;

beforeAll(async () => {
  place = await Place.find();
});
afterEach(() => place.stopAll());
afterAll(() => place.remove());

it('answers from its bundle the API document of its sources, and Swagger UI', async () => {
  await place.start();
  const get = (path: string) => fetch(`http://127.0.0.1:${place.port}${path}`);
  const document: unknown = await (await get('/openapi.json')).json();
  expect(document).toEqual(JSON.parse(readFileSync('openapi.json', 'utf8')));
  expect((await get('/docs')).status).toBe(200);
  expect((await get('/docs/swagger-ui-bundle.js')).status).toBe(200);
});

it('starts without a package that is in its bundle being read', () => {
  expect(readFileSync('dist/serve.js', 'utf8')).not.toMatch(/from ?["'](typeorm|@nestjs\/)/);
});
