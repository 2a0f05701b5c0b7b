import type { Type } from '@nestjs/common';
import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { CLOUD_EVENT, CloudEventDto } from '../events/record/cloud-event.dto.js';
import { FeedResetDto } from '../events/record/feed-reset.dto.js';
import { HookTestDto } from './hook-test.dto.js';

/** Shapes that only webhooks have. */
export const WEBHOOK_MODELS = [HookTestDto];

const header = (name: string, description: string, example: string) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema: { type: 'string' as const },
  example,
});

const webhook = (operationId: string, summary: string, description: string, event: Type) => ({
  post: {
    operationId,
    summary,
    description,
    tags: ['hooks'],
    security: [],
    parameters: [
      header(
        'webhook-id',
        'The id of the event, the same at every attempt: leave out what you have seen.',
        '0198c5a2-7f0e-4c11-9d53-3f8e0a6f2b1c',
      ),
      header('webhook-timestamp', 'When it was sent, in seconds since the epoch.', '1767225600'),
      header(
        'webhook-signature',
        'By Standard Webhooks 1.0: `v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64, one for each ' +
          'secret that is valid, with spaces between.',
        'v1,tWp4cYGxSPMh5U/GmSIXxOVkV3bYsUOWBLLlPJc6Ywo=',
      ),
    ],
    requestBody: {
      required: true,
      content: { [CLOUD_EVENT]: { schema: { $ref: getSchemaPath(event) } } },
    },
    responses: {
      '2XX': { description: 'It is delivered.' },
      '410': { description: 'No more of this: it is a dead letter, and the hook is disabled.' },
      default: { description: 'It is sent again later, as `Retry-After` says, if it does.' },
    },
  },
});

/** What receivers are sent. */
export const WEBHOOKS: NonNullable<OpenAPIObject['webhooks']> = {
  userChanged: webhook(
    'onUserChanged',
    'A user was changed',
    'Every change of a user, of the `types` of the hook; at least once, and in order for each user.',
    CloudEventDto,
  ),
  feedReset: webhook(
    'onFeedReset',
    'Events were lost',
    'The feed goes on without events that somebody may have seen. It comes to every hook, whatever its `types`.',
    FeedResetDto,
  ),
  hookTest: webhook(
    'onHookTest',
    'A test of the hook',
    'Sent by `POST /api/hooks/{hookId}/test`: answer 2xx and leave it.',
    HookTestDto,
  ),
};
