import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { ApiWriteConditions, ApiIfNoneMatch, ApiVersionedAnswer } from '../http/api-headers.js';
import { CLAIMS_BYTES, TakesJson } from '../http/body-limit.js';
import { CreateHookDto } from './create-hook.dto.js';
import { AttemptDto } from './delivery.dto.js';
import { HookDto, NewHookDto, SecretDto } from './hook.dto.js';
import { ATTEMPT_EXAMPLE, HOOK_EXAMPLE, SECRET_EXAMPLE } from './hook.example.js';
import { MAX_HOOKS } from './record/hook.errors.js';
import { UpdateHookDto } from './update-hook.dto.js';

export const WHO = 'Management token, scope `all` or `hooks:manage`.';

const operation = (operationId: string, summary: string, description = '') =>
  ApiOperation({ operationId, summary, description: `${description} ${WHO}`.trim() });

/** The path parameter, and the problems of a hook that is not there, or cannot be opened. */
export const HookId = () =>
  applyDecorators(
    ApiParam({ name: 'hookId', schema: { type: 'string' } }),
    ApiProblems('entity.not_found'),
  );

const { url, types, headers, enabled, excludeClientIds } = HOOK_EXAMPLE;
const SETTINGS = { url, types, headers, enabled, excludeClientIds };

export const ListHooks = () =>
  applyDecorators(
    operation(
      'listHooks',
      'List hooks',
      `All of them, newest first; there are ${MAX_HOOKS} at most.`,
    ),
    ApiResponse({
      status: 200,
      description: 'Hooks, without their secrets.',
      type: HookDto,
      isArray: true,
      example: [HOOK_EXAMPLE],
    }),
    ApiProblems('hook.not_configured'),
  );

export const CreateHook = () =>
  applyDecorators(
    operation(
      'createHook',
      'Create hook',
      'It gets every event from now on, as a POST signed as Standard Webhooks says, at least once ' +
        'and in order for each user. The secret is shown only now.',
    ),
    ApiBody({
      type: CreateHookDto,
      examples: {
        short: { summary: 'Every event', value: { url: HOOK_EXAMPLE.url } },
        full: { summary: 'Every field', value: SETTINGS },
      },
    }),
    ApiVersionedAnswer(
      {
        status: 201,
        type: NewHookDto,
        description: 'The new hook, with its secret.',
        example: { ...HOOK_EXAMPLE, ...SECRET_EXAMPLE },
      },
      {
        Location: {
          description: 'Where it is, relative to this request.',
          schema: { type: 'string' },
        },
      },
    ),
    TakesJson(CLAIMS_BYTES),
    ApiProblems('hook.too_many', 'hook.not_configured'),
  );

export const GetHook = () =>
  applyDecorators(
    operation('getHook', 'Get hook'),
    HookId(),
    ApiIfNoneMatch(),
    ApiVersionedAnswer({ type: HookDto, description: 'The hook.', example: HOOK_EXAMPLE }),
    ApiProblems('hook.not_configured'),
  );

export const UpdateHook = () =>
  applyDecorators(
    operation('updateHook', 'Update hook', 'A field that is left out keeps its value.'),
    HookId(),
    ApiWriteConditions(),
    ApiBody({
      type: UpdateHookDto,
      examples: {
        full: { summary: 'Every field', value: SETTINGS },
        pause: { summary: 'Deliver nothing for a while', value: { enabled: false } },
      },
    }),
    ApiVersionedAnswer({ type: HookDto, description: 'The hook.', example: HOOK_EXAMPLE }),
    TakesJson(CLAIMS_BYTES),
    ApiProblems('hook.not_configured'),
  );

export const DeleteHook = () =>
  applyDecorators(
    operation('deleteHook', 'Delete hook', 'What is not delivered yet never will be.'),
    HookId(),
    ApiWriteConditions(),
    ApiResponse({ status: 204, description: 'The hook is deleted.' }),
  );

export const RotateSecret = () =>
  applyDecorators(
    operation(
      'rotateHookSecret',
      'Rotate secret',
      'A new secret, shown only now. For 24 hours the old one signs, too: the header has both signatures.',
    ),
    HookId(),
    ApiWriteConditions(),
    ApiVersionedAnswer({
      type: SecretDto,
      description: 'The new secret.',
      example: SECRET_EXAMPLE,
    }),
    ApiProblems('hook.not_configured'),
  );

export const TestHook = () =>
  applyDecorators(
    operation(
      'testHook',
      'Test hook',
      'Sends an event of the type `Hook.Test` at once, signed like all others, also while the hook is disabled. ' +
        'It has no `sequence`; its `subject` and `data.hookId` are the id of the hook.',
    ),
    HookId(),
    ApiResponse({
      status: 200,
      description: 'How it ended.',
      type: AttemptDto,
      example: ATTEMPT_EXAMPLE,
    }),
    ApiProblems('hook.not_configured'),
  );
