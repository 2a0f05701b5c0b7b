import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import { ApiWriteConditions, ApiObjectAnswer, ApiVersionedAnswer } from '../http/api-headers.js';
import { CLAIMS_BYTES, TakesJson } from '../http/body-limit.js';
import { IDENTITIES_SCHEMA, SsoIdentityDto, UserDto } from '../users/user.dto.js';
import { USER_EXAMPLE } from '../users/user.example.js';
import { UserId } from '../users/users.docs.js';
import { PutIdentityDto, PutSsoIdentityDto } from './identity.dto.js';

const WRITE = 'Management token, scope `all` or `users:write`.';

const key = (name: string, description: string, example: string) =>
  ApiParam({
    name,
    description,
    schema: { type: 'string', minLength: 1, maxLength: 128, example },
  });

const target = () => key('target', 'The social identity provider.', 'github');
const connector = () => key('ssoConnectorId', 'The SSO connector.', 'okta-workforce');

const put = (name: string, summary: string, schema: object, example: unknown) =>
  applyDecorators(
    ApiOperation({
      operationId: name,
      summary,
      description: `The body replaces what was there. ${WRITE}`,
    }),
    UserId(),
    ApiWriteConditions(),
    ApiObjectAnswer('All of them; one was replaced.', schema, example),
    ApiObjectAnswer('All of them; one is new.', schema, example, 201),
    TakesJson(CLAIMS_BYTES),
    ApiProblems('user.identity_already_in_use'),
  );

const remove = (operationId: string, summary: string) =>
  applyDecorators(
    ApiOperation({ operationId, summary, description: WRITE }),
    UserId(),
    ApiWriteConditions(),
    ApiVersionedAnswer({ type: UserDto, description: 'The user.', example: USER_EXAMPLE }),
  );

export const PutIdentity = () =>
  applyDecorators(
    target(),
    ApiBody({ type: PutIdentityDto }),
    put('putIdentity', 'Link identity', IDENTITIES_SCHEMA, USER_EXAMPLE.identities),
  );

export const DeleteIdentity = () =>
  applyDecorators(target(), remove('deleteIdentity', 'Unlink identity'));

export const PutSsoIdentity = () =>
  applyDecorators(
    connector(),
    ApiBody({ type: PutSsoIdentityDto }),
    put(
      'putSsoIdentity',
      'Link SSO identity',
      { type: 'array', items: { $ref: `#/components/schemas/${SsoIdentityDto.name}` } },
      USER_EXAMPLE.ssoIdentities,
    ),
  );

export const DeleteSsoIdentity = () =>
  applyDecorators(connector(), remove('deleteSsoIdentity', 'Unlink SSO identity'));
