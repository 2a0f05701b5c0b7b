import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { ERROR_CODES } from '../../src/errors/error-codes.js';
import { openApiDocument } from '../../src/openapi/document.js';
import { inlined } from '../support/api-document.js';
import { events } from '../support/events.js';
import { TestApp } from '../support/test-app.js';
import { insertUser } from '../support/users.js';

const committed = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');
const document = JSON.parse(committed);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...document, $id: 'openapi' });
const schema = (name: string): ValidateFunction =>
  ajv.compile({ $ref: `openapi#/components/schemas/${name}` });

const whole = inlined(document);
const operations = Object.entries(whole.paths).flatMap(([path, item]) =>
  Object.entries(item as object).map(([method, operation]): [string, any] => [
    `${method.toUpperCase()} ${path}`,
    operation,
  ]),
);

describe('openapi.json', () => {
  it('is what the code describes; npm run openapi writes it anew', () => {
    expect(`${JSON.stringify(openApiDocument(app.app), null, 2)}\n`).toBe(committed);
  });

  it('is what the service serves', async () => {
    const answer = await app.call({ method: 'GET', url: '/openapi.json' });
    expect(answer.json).toEqual(document);
    expect((await app.call({ method: 'GET', url: '/docs' })).text).toContain('swagger-ui');
  });

  it.each(operations)('has examples for %s that fit their schemas', (_, operation) => {
    const media = [operation.requestBody, ...Object.values(operation.responses)].flatMap(
      (
        part: {
          content?: Record<string, { schema: object; example?: unknown; examples?: object }>;
        } = {},
      ) => Object.values(part.content ?? {}),
    );
    for (const { schema: shape, example, examples = {} } of media) {
      const rooted = JSON.stringify(shape).replaceAll('"#/', '"openapi#/');
      const validate = ajv.compile(JSON.parse(rooted));
      const values = Object.values(examples as Record<string, { value: unknown }>);
      for (const value of [example, ...values.map((one) => one.value)].filter(
        (v) => v !== undefined,
      )) {
        validate(value);
        expect(validate.errors).toBeNull();
      }
    }
  });

  it('has examples in its schemas that fit them', () => {
    const described = Object.entries(document.components.schemas as Record<string, any>);
    const fields = described.flatMap(([name, { properties = {} }]) =>
      Object.keys(properties as object).map(
        (field) => `${name}/properties/${field.replaceAll('~', '~0')}`,
      ),
    );
    let shown = 0;
    for (const path of [...described.map(([name]) => name), ...fields]) {
      const { example } = path
        .split('/')
        .reduce((node, key) => node[key], document.components.schemas);
      if (example === undefined) continue;
      const validate = schema(path);
      validate(example);
      expect({ [path]: validate.errors }).toEqual({ [path]: null });
      shown += 1;
    }
    expect(shown).toBeGreaterThan(30);
  });

  it('says each thing once: 250 KB for people, 130 KB on the wire before it is compressed', () => {
    expect(Buffer.byteLength(committed)).toBeLessThanOrEqual(250_000);
    expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThanOrEqual(130_000);
  });

  it('has names for readers', () => {
    for (const kind of ['schemas', 'responses', 'parameters'])
      for (const name of Object.keys(document.components[kind]))
        expect(name).toMatch(/^(?!.*Dto)([A-Z][a-z]+)+$/);
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
  });

  it('knows only codes of the catalogue, and every one that a route can answer', () => {
    const codes = new Set(
      operations.flatMap(([, operation]) =>
        Object.values<any>(operation.responses).flatMap(
          ({ content }) =>
            content?.['application/problem+json']?.schema.allOf[1].properties.code.enum ?? [],
        ),
      ),
    );
    const unrouted = [
      'request.route_not_found',
      'request.method_not_allowed',
      'request.timeout',
      'request.header_fields_too_large',
      'request.expectation_failed',
      'request.transfer_coding_not_supported',
    ];
    expect([...codes, ...unrouted].sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('has Idempotency-Key on every route of a tenant that is not a GET, and dryRun on all that write users', () => {
    // A test of a hook changes nothing, and would hold a transaction while its receiver thinks. Tenants
    // have ids of the operator's own, and the answers that are kept are a tenant's.
    const changing = operations.filter(
      ([name]) =>
        !name.startsWith('GET ') && !name.endsWith('/test') && !name.includes('/api/tenants'),
    );
    expect(changing.length).toBeGreaterThanOrEqual(15);
    for (const [name, { parameters }] of changing) {
      const names = parameters.map((parameter: { name: string }) => parameter.name);
      expect(`${name} ${names.includes('Idempotency-Key')}`).toBe(`${name} true`);
      const isDry = name.includes('/api/hooks') || name.includes('/verify') ? false : true;
      expect(`${name} ${names.includes('dryRun')}`).toBe(`${name} ${isDry}`);
    }
  });

  it.each([
    ['UpdateProfile', { name: null, avatar: null }, true],
    ['UpdateProfile', { name: '' }, true],
    ['UpdateProfile', { avatar: '' }, false],
    ['UpdateProfile', { username: null }, false],
    ['UpdateProfile', { username: '' }, false],
    ['UpdateProfile', { primaryEmail: 'a@b.cd' }, false],
    ['UpdateUser', { username: null, primaryEmail: null, primaryPhone: null }, true],
    [
      'UpdateUser',
      { username: '', primaryEmail: '', primaryPhone: '', name: '', avatar: '' },
      true,
    ],
    ['UpdateUser', { customData: null }, false],
    ['UpdateUser', { profile: { nickname: null } }, false],
    ['UpdateUser', { profile: { more: [1] }, customData: { any: 1 } }, true],
    ['UpdateUser', { primaryPhone: '+44' }, false],
    ['UpdateUser', { id: 'x' }, false],
  ])('%s: %j is valid: %s, to the schema and to the service alike', async (name, body, valid) => {
    expect(schema(name)(body)).toBe(valid);
    const id = await insertUser(app);
    const own = name === 'UpdateProfile';
    const answer = await app.call({
      method: 'PATCH',
      url: own ? '/api/profile' : `/api/users/${id}`,
      token: own ? await app.issuer.userToken(id) : await app.issuer.managementToken(),
      body,
    });
    expect(answer.status === 200).toBe(valid);
  });

  it('describes real answers exactly', async () => {
    const id = await insertUser(app);
    const token = await app.issuer.managementToken();
    const user = await app.call({ method: 'GET', url: `/api/users/${id}`, token });
    const own = await app.call({
      method: 'GET',
      url: '/api/profile',
      token: await app.issuer.userToken(id, { scope: 'profile' }),
    });
    const problem = await app.call({
      method: 'PATCH',
      url: `/api/users/${id}`,
      token,
      body: { name: 5 },
    });
    const dry = await app.call({
      method: 'PATCH',
      url: `/api/users/${id}?dryRun=true`,
      token,
      body: { name: 'x', customData: { a: [1] } },
    });
    await app.call({ method: 'PATCH', url: `/api/users/${id}`, token, body: { name: null } });
    const history = await app.call({ method: 'GET', url: `/api/users/${id}/events`, token });
    for (const [name, { json }] of [
      ['DryRun', dry],
      ['CloudEvent', { json: events(history)[0] }],
      ['User', user],
      ['OwnUser', own],
      ['Problem', problem],
    ] as const) {
      const validate = schema(name);
      validate(json);
      expect(validate.errors).toBeNull();
    }
  });
});
