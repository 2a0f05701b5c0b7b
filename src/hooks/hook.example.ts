import type { AttemptDto, DeliveryDto } from './delivery.dto.js';
import type { HookDto } from './hook.dto.js';

const TIME = 1_767_225_600_000;

export const HOOK_EXAMPLE = {
  id: 'h4k9w2m7x0qd',
  url: 'https://crm.example.com/webhooks/nameplate',
  types: ['User.Created', 'User.Data.Updated'],
  headers: { Authorization: 'Bearer 9f2c6e' },
  enabled: true,
  excludeClientIds: ['crm'],
  createdAt: TIME,
  updatedAt: TIME,
  lastSequence: 42,
} satisfies HookDto;

export const SECRET_EXAMPLE = { secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };

export const DELIVERY_EXAMPLE = {
  id: '42',
  eventId: '0198c5a2-7f0e-4c11-9d53-3f8e0a6f2b1c',
  type: 'User.Data.Updated',
  userId: 'x81f0c2m5a7b',
  state: 'delivered',
  attempts: 1,
  statusCode: 200,
  error: null,
  createdAt: TIME,
  updatedAt: TIME,
} satisfies DeliveryDto;

export const ATTEMPT_EXAMPLE = {
  delivered: true,
  statusCode: 204,
  error: null,
  durationMs: 87,
} satisfies AttemptDto;
