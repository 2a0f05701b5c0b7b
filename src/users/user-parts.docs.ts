import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import {
  ApiWriteConditions,
  ApiIfNoneMatch,
  ApiObjectAnswer,
  ApiVersionedAnswer,
} from '../http/api-headers.js';
import { CLAIMS_BYTES, FIELDS_BYTES, TakesJson, USER } from '../http/body-limit.js';
import { ApiProblems } from '../http/api-problems.js';
import { PROFILE_SCHEMA } from '../validation/profile.schema.js';
import {
  UpdateCustomDataDto,
  UpdateIsSuspendedDto,
  UpdateSignInDto,
  UpdateUserProfileDto,
} from './user-parts.dto.js';
import { CUSTOM_DATA_SCHEMA, UserDto } from './user.dto.js';
import { USER_EXAMPLE } from './user.example.js';
import { UserId } from './users.docs.js';

const READ = 'Management token, scope `all` or `users:read`.';
const WRITE = 'Management token, scope `all` or `users:write`.';
const MERGED =
  'The first level of the object is merged into the stored one, in one SQL statement: writers of ' +
  'different keys never lose each other’s. As `application/merge-patch+json` (RFC 7396) the body is ' +
  'the bare object, merged at every level, and null removes a key.\n\n';

const get = (operationId: string, summary: string, schema: object, example: unknown) =>
  applyDecorators(
    ApiOperation({ operationId, summary, description: READ }),
    UserId(),
    ApiIfNoneMatch(),
    ApiObjectAnswer(summary, schema, example),
  );

const patch = (
  operationId: string,
  summary: string,
  description = '',
  limit: Parameters<typeof TakesJson>[0] = FIELDS_BYTES,
) =>
  applyDecorators(
    ApiOperation({ operationId, summary, description: description + WRITE }),
    UserId(),
    ApiWriteConditions(),
    TakesJson(limit),
  );

export const GetCustomData = () =>
  get('getCustomData', 'Get custom data', CUSTOM_DATA_SCHEMA, USER_EXAMPLE.customData);

export const UpdateCustomData = () =>
  applyDecorators(
    patch('updateCustomData', 'Update custom data', MERGED, USER),
    ApiBody({ type: UpdateCustomDataDto }),
    ApiObjectAnswer('The whole custom data.', CUSTOM_DATA_SCHEMA, USER_EXAMPLE.customData),
    ApiProblems('user.custom_data_too_large'),
  );

export const GetUserProfile = () =>
  get('getUserProfile', 'Get user profile', PROFILE_SCHEMA, USER_EXAMPLE.profile);

export const UpdateUserProfile = () =>
  applyDecorators(
    patch('updateUserProfile', 'Update user profile', MERGED, CLAIMS_BYTES),
    ApiBody({ type: UpdateUserProfileDto }),
    ApiObjectAnswer('The whole profile.', PROFILE_SCHEMA, USER_EXAMPLE.profile),
  );

const user = () =>
  ApiVersionedAnswer({ type: UserDto, description: 'The user.', example: USER_EXAMPLE });

export const UpdateIsSuspended = () =>
  applyDecorators(
    patch('updateIsSuspended', 'Suspend or reinstate user'),
    ApiBody({ type: UpdateIsSuspendedDto }),
    user(),
  );

export const UpdateSignIn = () =>
  applyDecorators(
    patch(
      'updateSignIn',
      'Report sign-in',
      "For the identity provider's hook: when the user signed in last, and to what.\n\n",
    ),
    ApiBody({ type: UpdateSignInDto }),
    user(),
  );
