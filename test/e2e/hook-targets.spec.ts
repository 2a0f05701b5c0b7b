import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isPublicAddress } from '../../src/deliveries/public-address.js';
import { TestReceiver } from '../support/receiver.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
let token: string;
let receiver: TestReceiver;
beforeAll(async () => {
  app = await TestApp.start({ HOOKS_TIMEOUT_SECONDS: '1' });
  token = await app.issuer.managementToken();
  receiver = await TestReceiver.start();
});
afterAll(async () => {
  await receiver.stop();
  await app.stop();
});

const call = (method: string, path: string, body?: unknown) =>
  app.call({ method, url: `/api/hooks${path}`, token, body });

/** A hook whose URL is one that the API refuses, as if its name had meant something else then. */
async function hookTo(url: string): Promise<string> {
  const { id } = (await call('POST', '', { url: 'https://example.com' })).json;
  await app.database.client.query('UPDATE hooks SET url = $1 WHERE id = $2', [url, id]);
  return id as string;
}

const PRIVATE_HOSTS = [
  ...[
    '127.0.0.1',
    '127.8.9.10',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
  ],
  ...['169.254.169.254', '100.64.0.1', '100.127.255.255', '192.0.0.1', '192.0.2.1', '198.18.0.1'],
  ...['224.0.0.1', '240.0.0.1', '255.255.255.255'],
  // Other forms of IPv4 addresses.
  ...['2130706433', '0x7f.1', '0x7f000001', '017700000001', '127.1', '0', '127.0.0.1.'],
  ...[
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
  ],
  ...['[fc00::1]', '[fd12:3456::1]', '[fe80::1]', '[fec0::1]', '[ff02::1]', '[64:ff9b::7f00:1]'],
  ...['[2002:7f00:1::]', '[2001::1]', '[2001:db8::1]', '[100::1]'],
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost'],
];

describe.each(PRIVATE_HOSTS)('a hook that leads to %s', (host) => {
  const url = () => `http://${host}:${receiver.port}/`;

  it('is refused when it is made and when it is changed, with a pointer', async () => {
    const { id } = (await call('POST', '', { url: 'https://example.com' })).json;
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', `/${id}`],
    ] as const) {
      const answer = await call(method, path, { url: url() });
      expect(answer.status).toBe(400);
      expect(answer.json.errors).toEqual([
        {
          pointer: '/url',
          code: 'invalid_format',
          detail: 'must lead to a public address (HOOKS_ALLOW_PRIVATE_TARGETS)',
        },
      ]);
    }
    await call('DELETE', `/${id}`);
  });

  it('gets nothing, also if it is stored', async () => {
    const id = await hookTo(url());
    const { json } = await call('POST', `/${id}/test`);
    expect(json).toMatchObject({ delivered: false, statusCode: null });
    // The name of a subdomain of localhost may not be resolved at all.
    expect(json.error).toMatch(/^the address is not public$|ENOTFOUND|EAI_AGAIN/);
    expect(receiver.received).toHaveLength(0);
    await call('DELETE', `/${id}`);
  });
});

it.each(['localhost', '127.0.0.1', '[::1]'])(
  'a hook gets nothing by https either: %s',
  async (host) => {
    const id = await hookTo(`https://${host}:${receiver.port}/`);
    const { json } = await call('POST', `/${id}/test`);
    expect(json.error).toBe('the address is not public');
  },
);

describe('an address', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.216.34',
    '2606:4700::1111',
    '[2a00:1450::1]',
    '::ffff:8.8.8.8',
  ])('is public: %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each(['', 'example.com', '127.0.0.1', '4000::1', 'fe80::1%eth0'])(
    'is not public: %j',
    (address) => expect(isPublicAddress(address)).toBe(false),
  );
});

describe('where private targets are allowed', () => {
  let open: TestApp;
  beforeAll(async () => {
    const env = { HOOKS_ALLOW_PRIVATE_TARGETS: 'on', HOOKS_TIMEOUT_SECONDS: '1' };
    open = await TestApp.start(env, [], app);
  });
  afterAll(() => open.stop());

  const test = async (answer: TestReceiver['answer']) => {
    const body = { url: receiver.url };
    const { id } = (await open.call({ method: 'POST', url: '/api/hooks', token, body })).json;
    receiver.received.length = 0;
    receiver.answer = answer;
    return (await open.call({ method: 'POST', url: `/api/hooks/${id}/test`, token })).json;
  };

  it('a receiver that does not answer ends in a failure after the time that there is', async () => {
    const attempt = await test(() => undefined);
    expect(attempt).toMatchObject({ delivered: false, error: 'no answer within 1 s' });
    expect(attempt.durationMs).toBeGreaterThan(900);
    expect(attempt.durationMs).toBeLessThan(30_000);
  });

  it('a receiver that talks on for ever is not listened to', async () => {
    let written = 0;
    const attempt = await test((_event, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(1_024);
      const timer = setInterval(() => {
        written += chunk.length;
        response.write(chunk);
      }, 5);
      response.on('close', () => clearInterval(timer));
      return undefined;
    });
    expect(attempt).toMatchObject({ delivered: true, statusCode: 200 });
    expect(written).toBeLessThan(100_000);
  });

  it.each([301, 302, 303, 307, 308])(
    'a redirect (%i) is a failure and not followed',
    async (status) => {
      const attempt = await test((_event, response) => {
        response.setHeader('location', receiver.url);
        return status;
      });
      expect(attempt).toMatchObject({ delivered: false, statusCode: status });
      expect(receiver.received).toHaveLength(1);
    },
  );
});
