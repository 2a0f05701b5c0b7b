import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import {
  ApiWriteConditions,
  ApiIfNoneMatch,
  ApiObjectAnswer,
  ApiVersionedAnswer,
} from '../http/api-headers.js';
import { FIELDS_BYTES, TakesJson } from '../http/body-limit.js';
import { UserDto } from '../users/user.dto.js';
import { USER_EXAMPLE } from '../users/user.example.js';
import { UserId } from '../users/users.docs.js';
import { PasswordDto } from './password.dto.js';

const PASSWORD = 'Management token, scope `all` or `users:password`.';

export const UpdatePassword = () =>
  applyDecorators(
    ApiOperation({ operationId: 'updatePassword', summary: 'Set password', description: PASSWORD }),
    UserId(),
    ApiWriteConditions(),
    ApiBody({ type: PasswordDto }),
    ApiVersionedAnswer({ type: UserDto, description: 'The user.', example: USER_EXAMPLE }),
    TakesJson(FIELDS_BYTES),
  );

export const VerifyPassword = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'verifyPassword',
      summary: 'Verify password',
      description: `A wrong password and none are told apart by neither answer nor time. ${PASSWORD}`,
    }),
    UserId(),
    ApiBody({ type: PasswordDto }),
    ApiResponse({ status: 204, description: "It is the user's password." }),
    TakesJson(FIELDS_BYTES),
    ApiProblems('session.invalid_credentials'),
  );

export const HasPassword = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'hasPassword',
      summary: 'Has the user a password?',
      description: 'Management token, scope `all` or `users:read`.',
    }),
    UserId(),
    ApiIfNoneMatch(),
    ApiObjectAnswer(
      'Whether there is one.',
      {
        title: 'HasPassword',
        type: 'object',
        properties: { hasPassword: { type: 'boolean' } },
        required: ['hasPassword'],
      },
      { hasPassword: true },
    ),
  );
