import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-problems.js';
import {
  ApiWriteConditions,
  ApiIfNoneMatch,
  ApiObjectAnswer,
  ApiVersionedAnswer,
} from '../http/api-headers.js';
import { CLAIMS_BYTES, OWN_BYTES, TakesJson } from '../http/body-limit.js';
import { OWN_USER_EXAMPLE, UPDATE_PROFILE_EXAMPLE, USER_EXAMPLE } from '../users/user.example.js';
import { PROFILE_SCHEMA } from '../validation/profile.schema.js';
import { UpdateOwnClaimsDto } from './own-claims.dto.js';
import { OwnUserDto } from './own-user.dto.js';
import { UpdateProfileDto } from './update-profile.dto.js';

const SCOPES =
  'User token, scope `profile`. These fields need a scope of their own: `primaryEmail` (`email`), ' +
  '`primaryPhone` (`phone`), `identities` and `ssoIdentities` (`identities`), `customData` ' +
  '(`custom_data`), `profile.address` (`address`).';

export const GetProfile = () =>
  applyDecorators(
    ApiOperation({ operationId: 'getProfile', summary: 'Get profile', description: SCOPES }),
    ApiIfNoneMatch(),
    ApiVersionedAnswer({ type: OwnUserDto, description: 'Your user.', example: OWN_USER_EXAMPLE }),
    ApiProblems('entity.not_found', 'user.suspended'),
  );

export const UpdateOwnClaims = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'updateOwnClaims',
      summary: 'Update profile claims',
      description:
        'The body is the claims themselves. Their first level is merged into the stored ones; as ' +
        '`application/merge-patch+json` (RFC 7396) they are merged at every level, and null removes ' +
        'a claim.\n\nUser token, scope `profile`; `address` needs the scope `address` as well.',
    }),
    ApiWriteConditions(),
    ApiBody({ type: UpdateOwnClaimsDto }),
    ApiObjectAnswer('Your whole profile.', PROFILE_SCHEMA, USER_EXAMPLE.profile),
    TakesJson(CLAIMS_BYTES),
    ApiProblems('entity.not_found', 'user.suspended'),
  );

export const UpdateProfile = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'updateProfile',
      summary: 'Update profile',
      description:
        'Update profile for the user, only the fields that are passed in will be updated. ' +
        `\`null\` clears \`name\` and \`avatar\`, \`''\` clears \`name\`.\n\n${SCOPES}`,
    }),
    ApiWriteConditions(),
    ApiBody({
      type: UpdateProfileDto,
      examples: {
        full: { summary: 'Every field', value: UPDATE_PROFILE_EXAMPLE },
        clear: { summary: 'Clear a field', value: { avatar: null } },
      },
    }),
    ApiVersionedAnswer({ type: OwnUserDto, description: 'Your user.', example: OWN_USER_EXAMPLE }),
    TakesJson(OWN_BYTES),
    ApiProblems('entity.not_found', 'user.suspended', 'user.username_already_in_use'),
  );
