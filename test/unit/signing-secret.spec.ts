import { describe, expect, it } from '@jest/globals';
import { newSecret, rotated, signed } from '../../src/hooks/record/signing-secret.js';

const HOUR = 3_600_000;
const signatures = (secrets: Parameters<typeof signed>[2], now: number) =>
  signed('id', '{}', secrets, now)['webhook-signature']?.split(' ') ?? [];

describe('a secret', () => {
  it('has 24 random bytes', () => {
    expect(newSecret()).not.toBe(newSecret());
    expect(Buffer.from(newSecret().slice(6), 'base64')).toHaveLength(24);
  });

  it('signs as Standard Webhooks has it', () => {
    // The example that the libraries of Standard Webhooks are tested with.
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const body = '{"test": 2432232314}';
    const headers = signed('msg_p5jXN8AQM9LWM0D4loKWxJek', body, [{ secret }], 1_614_265_330_999);
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('that was replaced signs on for 24 hours, also when another replaces its successor', () => {
    const first = [{ secret: newSecret() }];
    const second = rotated(first, newSecret(), 0);
    expect(signatures(second, 23 * HOUR)).toHaveLength(2);
    expect(signatures(second, 24 * HOUR)).toHaveLength(1);
    const third = rotated(second, newSecret(), 12 * HOUR);
    expect(signatures(third, 13 * HOUR)).toHaveLength(3);
    expect(signatures(third, 25 * HOUR)).toHaveLength(2);
    expect(signatures(third, 37 * HOUR)).toHaveLength(1);
  });
});
