import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { MAX_TENANT_ID, TENANT_ID } from '../config/tenant-template.js';
import { ApiProblems } from '../http/api-problems.js';
import { ApiIfNoneMatch, ApiVersionedAnswer, ApiWriteConditions } from '../http/api-headers.js';
import { CLAIMS_BYTES, TakesJson } from '../http/body-limit.js';
import { query } from '../http/api-parameters.js';
import { CreateTenantDto } from './create-tenant.dto.js';
import { TenantDto } from './tenant.dto.js';
import { TENANT_EXAMPLE, TENANT_FIELDS_EXAMPLE } from './tenant.example.js';
import { MAX_PAGE_SIZE } from './tenant-query.js';
import { UpdateTenantDto } from './update-tenant.dto.js';

const WHERE = 'On operator hosts (OPERATOR_HOSTS) only. Operator token, scope `tenants:manage`.';

/** In place of the keys that other writes take. */
const NO_KEY = '`Idempotency-Key` does not count:';

const operation = (operationId: string, summary: string, description = '') =>
  ApiOperation({ operationId, summary, description: `${description} ${WHERE}`.trim() });

const TenantId = () =>
  applyDecorators(
    ApiParam({
      name: 'tenantId',
      schema: {
        type: 'string',
        pattern: TENANT_ID.source,
        maxLength: MAX_TENANT_ID,
        example: 'acme',
      },
    }),
    ApiProblems('entity.not_found'),
  );

const Conflicts = () => ApiProblems('tenant.host_already_in_use', 'tenant.issuer_already_in_use');

export const ListTenants = () =>
  applyDecorators(
    operation('listTenants', 'List tenants', 'By their ids.'),
    query('cursor', { type: 'string' }, 'Where to go on; take it from `Link`.'),
    query(
      'page_size',
      { type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE, default: 20 },
      'Tenants a page.',
    ),
    ApiResponse({
      status: 200,
      description: 'A page of tenants.',
      type: TenantDto,
      isArray: true,
      example: [TENANT_EXAMPLE],
      headers: { Link: { description: 'RFC 8288: next.', schema: { type: 'string' } } },
    }),
  );

export const CreateTenant = () =>
  applyDecorators(
    operation(
      'createTenant',
      'Create tenant',
      'It is there at once, or within 5 s where its host was asked for before. ' +
        `${NO_KEY} asked again, it is 422 \`tenant.id_already_in_use\`.`,
    ),
    ApiBody({
      type: CreateTenantDto,
      examples: {
        short: { summary: 'All by the settings of the service', value: { id: 'acme' } },
        full: { summary: 'Every field', value: { id: 'acme', ...TENANT_FIELDS_EXAMPLE } },
      },
    }),
    ApiVersionedAnswer(
      { status: 201, type: TenantDto, description: 'The new tenant.', example: TENANT_EXAMPLE },
      {
        Location: {
          description: 'Where it is, relative to this request.',
          schema: { type: 'string' },
        },
      },
    ),
    TakesJson(CLAIMS_BYTES),
    ApiProblems('tenant.id_already_in_use'),
    Conflicts(),
  );

export const GetTenant = () =>
  applyDecorators(
    operation('getTenant', 'Get tenant'),
    TenantId(),
    ApiIfNoneMatch(),
    ApiVersionedAnswer({ type: TenantDto, description: 'The tenant.', example: TENANT_EXAMPLE }),
  );

export const UpdateTenant = () =>
  applyDecorators(
    operation(
      'updateTenant',
      'Update tenant',
      'A field that is left out keeps its value. Every instance goes by it within 5 s. ' +
        `${NO_KEY} asked again, it changes nothing.`,
    ),
    TenantId(),
    ApiWriteConditions(),
    ApiBody({
      type: UpdateTenantDto,
      examples: {
        full: { summary: 'Every field', value: TENANT_FIELDS_EXAMPLE },
        suspend: {
          summary: 'Every request of it is 403, and its hooks wait',
          value: { isSuspended: true },
        },
      },
    }),
    ApiVersionedAnswer({ type: TenantDto, description: 'The tenant.', example: TENANT_EXAMPLE }),
    TakesJson(CLAIMS_BYTES),
    Conflicts(),
  );

export const DeleteTenant = () =>
  applyDecorators(
    operation(
      'deleteTenant',
      'Delete tenant',
      'Only one that is suspended and has no users: its events, hooks and all else go with it. With ' +
        'users, it takes `npm run tenant -- remove <id> --with-users`, which deletes them, too. Broken off, ' +
        `either goes on when it is asked again. It may take some seconds. ${NO_KEY} asked again, it is 404.`,
    ),
    TenantId(),
    ApiWriteConditions(),
    ApiResponse({ status: 204, description: 'The tenant is deleted.' }),
    ApiProblems('tenant.in_use'),
  );
