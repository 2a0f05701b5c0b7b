import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { ApiProblems } from '../errors/api-problems.js';
import {
  ApiIfMatch,
  ApiIfNoneMatch,
  ApiJsonBodyProblems,
  ApiVersionedAnswer,
} from '../http/api-headers.js';
import { CreateUserDto } from './create-user.dto.js';
import { UpdateUserDto } from './update-user.dto.js';
import { UserDto } from './user.dto.js';
import { UPDATE_USER_EXAMPLE, USER_EXAMPLE } from './user.example.js';

const CLEARING = {
  summary: "Clear fields: null and '' are stored as null",
  value: { username: null, avatar: '' },
};

/** The path parameter, and the 404 that comes with it. */
export const UserId = () =>
  applyDecorators(
    ApiParam({
      name: 'userId',
      description: 'The unique identifier of the user, compared exactly.',
      schema: { type: 'string', pattern: '^[A-Za-z0-9_.|:@-]{1,128}$', example: 'demo' },
    }),
    ApiProblems('entity.not_found'),
  );

const ValueProblems = () =>
  ApiProblems(
    'user.username_already_in_use',
    'user.email_already_in_use',
    'user.phone_already_in_use',
    'user.invalid_phone',
    'user.custom_data_too_large',
  );

export const CreateUser = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'createUser',
      summary: 'Create user',
      description: 'Management token, scope `all` or `users:write`.',
    }),
    ApiBody({
      type: CreateUserDto,
      examples: {
        full: { summary: 'With an id of your own', value: { id: 'ada', ...UPDATE_USER_EXAMPLE } },
        empty: { summary: 'Nothing known yet', value: {} },
      },
    }),
    ApiVersionedAnswer(
      { status: 201, type: UserDto, description: 'The new user.', example: USER_EXAMPLE },
      { Location: { description: 'Path of the new user.', schema: { type: 'string' } } },
    ),
    ApiJsonBodyProblems(),
    ValueProblems(),
    ApiProblems('user.id_already_in_use'),
  );

export const GetUser = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'getUser',
      summary: 'Get user',
      description: 'Management token, scope `all` or `users:read`.',
    }),
    UserId(),
    ApiIfNoneMatch(),
    ApiVersionedAnswer({ type: UserDto, description: 'The user.', example: USER_EXAMPLE }),
  );

export const UpdateUser = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'updateUser',
      summary: 'Update user',
      description:
        'Update user data for the given ID. This method performs a partial update: a field that is ' +
        "left out keeps its value, `null` and `''` clear it where the field allows them.\n\n" +
        'Management token, scope `all` or `users:write`.',
    }),
    UserId(),
    ApiIfMatch(),
    ApiBody({
      type: UpdateUserDto,
      examples: {
        full: { summary: 'Every field', value: UPDATE_USER_EXAMPLE },
        clear: CLEARING,
      },
    }),
    ApiVersionedAnswer({ type: UserDto, description: 'The user.', example: USER_EXAMPLE }),
    ApiJsonBodyProblems(),
    ValueProblems(),
  );

export const DeleteUser = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'deleteUser',
      summary: 'Delete user',
      description: 'Management token, scope `all` or `users:delete`.',
    }),
    UserId(),
    ApiIfMatch(),
    ApiResponse({ status: 204, description: 'The user is deleted.' }),
  );
