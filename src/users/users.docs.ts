import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { ApiWriteConditions, ApiIfNoneMatch, ApiVersionedAnswer } from '../http/api-headers.js';
import { USER, TakesJson } from '../http/body-limit.js';
import { query, UserIdParameter } from '../http/api-parameters.js';
import { CreateUserDto } from './create-user.dto.js';
import { UpdateUserDto } from './update-user.dto.js';
import { COUNTS, CUSTOM_DATA_NAME, SEARCH_COLUMNS, SEARCH_MODES } from './search/user-query.js';
import { UserDto } from './user.dto.js';
import { UPDATE_USER_EXAMPLE, USER_EXAMPLE } from './user.example.js';

const CLEARING = {
  summary: "Clear fields: null and '' are stored as null",
  value: { username: null, avatar: '' },
};

/** The path parameter, and the 404 that comes with it. */
export const UserId = (options?: Parameters<typeof UserIdParameter>[0]) =>
  applyDecorators(UserIdParameter(options), ApiProblems('entity.not_found'));

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
        // Nothing unique: it can be sent again and again.
        name: { summary: 'With a name', value: { name: 'Grace Hopper' } },
        full: { summary: 'With an id of your own', value: { id: 'ada', ...UPDATE_USER_EXAMPLE } },
      },
    }),
    ApiVersionedAnswer(
      { status: 201, type: UserDto, description: 'The new user.', example: USER_EXAMPLE },
      {
        Location: {
          description: 'Where it is, relative to this request.',
          schema: { type: 'string' },
        },
      },
    ),
    TakesJson(USER),
    ValueProblems(),
    ApiProblems('user.id_already_in_use'),
  );

const searches = Object.keys(SEARCH_COLUMNS).flatMap((field) => [
  query(`search.${field}`, { type: 'string', maxLength: 512 }, `A pattern for \`${field}\`.`),
  query(
    `mode.${field}`,
    { type: 'string', enum: SEARCH_MODES },
    'How it matches; `like` if left out.',
  ),
]);

export const ListUsers = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'listUsers',
      summary: 'List and search users',
      description:
        'Newest first. Pages by number are counted; `cursor` (empty at first, then as `Link` says) ' +
        'walks through any number of users without counting. `customData.<path>=…`, with dots ' +
        'between the keys, finds users by a value of their custom data; `customData/<path>=…` has the ' +
        'path as a JSON Pointer, for keys with dots and slashes. `search.<field>` may be repeated with ' +
        '`mode.<field>=exact`: any of them.\n\n' +
        'Management token, scope `all` or `users:read`.',
    }),
    query(
      'page',
      { type: 'integer', minimum: 1 },
      'From 1, which is the default; not beside `cursor`.',
    ),
    query('page_size', { type: 'integer', minimum: 1, maximum: 100, default: 20 }, 'Users a page.'),
    query('cursor', { type: 'string' }, 'Where to go on; take it from `Link`.'),
    query(
      'count',
      { type: 'string', enum: COUNTS },
      '`none`: the page has no `Total-Number` and no link to the last one, and costs no count; ' +
        '`exact`: all that match are counted now, however many. Not beside `cursor`.',
    ),
    query(
      'search',
      { type: 'string', maxLength: 512 },
      'A LIKE pattern such as `%ada%`, looked for in id, username, primaryEmail, primaryPhone and name.',
    ),
    ...searches,
    query('joint', { type: 'string', enum: ['and', 'or'], default: 'or' }, 'How searches combine.'),
    query('isCaseSensitive', { type: 'boolean', default: false }, 'For every search.'),
    query('isSuspended', { type: 'boolean' }, 'Only these users.'),
    ApiQuery({
      name: 'customData',
      required: false,
      style: 'form',
      explode: true,
      description:
        'Only users who have these values in their custom data: each member is a query parameter of its own, ' +
        'such as `customData.plan=pro`.',
      schema: {
        type: 'object',
        propertyNames: { pattern: CUSTOM_DATA_NAME.source },
        additionalProperties: { type: 'string' },
        // Swagger UI would make one up, and send it.
        example: {},
      } as object,
    }),
    ApiResponse({
      status: 200,
      description: 'A page of users.',
      type: UserDto,
      isArray: true,
      example: [USER_EXAMPLE],
      headers: {
        'Total-Number': {
          description:
            'How many users match; exact up to 100,000, and if above 1,000, up to 2 s old. ' +
            'Not with `count=none`, nor when walking by cursor.',
          schema: { type: 'integer' },
        },
        'Total-Number-Is-Estimate': {
          description: '`true` when more match than are counted.',
          schema: { type: 'string', enum: ['true'] },
        },
        Link: { description: 'RFC 8288: first, prev, next, last.', schema: { type: 'string' } },
      },
    }),
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
    ApiWriteConditions(),
    ApiBody({
      type: UpdateUserDto,
      examples: {
        full: { summary: 'Every field', value: UPDATE_USER_EXAMPLE },
        clear: CLEARING,
      },
    }),
    ApiVersionedAnswer({ type: UserDto, description: 'The user.', example: USER_EXAMPLE }),
    TakesJson(USER),
    ValueProblems(),
  );

export const DeleteUser = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'deleteUser',
      summary: 'Delete user',
      description: 'Management token, scope `all` or `users:delete`.',
    }),
    UserId({ isNamed: false }),
    ApiWriteConditions(),
    ApiResponse({ status: 204, description: 'The user is deleted.' }),
  );
