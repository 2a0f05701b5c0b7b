import { parseArgs } from 'node:util';
import { parseJson } from '../json/parse-json.js';
import { JsonBody } from '../http/json-body.js';
import type { BodyPipe } from '../http/body.pipe.js';
import { CreateTenantDto } from './create-tenant.dto.js';
import { type TenantDto, toTenantDto } from './tenant.dto.js';
import type { TenantsService } from './tenants.service.js';
import { UpdateTenantDto } from './update-tenant.dto.js';

export const USAGE = `usage: npm run -s tenant -- add <id> [options]
       npm run -s tenant -- set <id> [options]
       npm run -s tenant -- list
       npm run -s tenant -- show | suspend | resume <id>
       npm run -s tenant -- remove <id> [--with-users]
options: --host <host>, as often as there are hosts beside that of TENANT_HOSTS
         --issuer <url> --jwks-uri <url> --user-audience <aud> --management-audience <aud>
         --settings <json>, merged into those that there are
An option that is '' clears what was set: no hosts, or what the settings of the service say.`;

/** The command is not one. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const OPTIONS = {
  host: { type: 'string', multiple: true },
  issuer: { type: 'string' },
  'jwks-uri': { type: 'string' },
  'user-audience': { type: 'string' },
  'management-audience': { type: 'string' },
  settings: { type: 'string' },
  'with-users': { type: 'boolean' },
} as const;

type Values = ReturnType<typeof split>['values'];

/** Tenants in a page of the list. */
const PAGE = 100;

/**
 * Does what a command line asks for.
 *
 * @returns what to print
 * @throws UsageError; AppError as the service does
 */
export async function runTenantCommand(
  tenants: TenantsService,
  pipe: BodyPipe,
  args: string[],
): Promise<string> {
  const { values, positionals } = split(args);
  const [verb = '', id, ...rest] = positionals;
  const { 'with-users': withUsers, ...fields } = values;
  const takesFields = verb === 'add' || verb === 'set';
  if (
    rest.length > 0 ||
    (id === undefined) !== (verb === 'list') ||
    (withUsers && verb !== 'remove') ||
    (Object.keys(fields).length > 0 && !takesFields)
  )
    throw new UsageError(USAGE);
  if (id === undefined) return list(tenants);
  const body = bodyOf(values);
  switch (verb) {
    case 'add': {
      const { id: newId, ...dto } = checked(pipe, { id, ...body }, CreateTenantDto, false);
      return shown(toTenantDto(await tenants.create(newId, dto)));
    }
    case 'set':
      return update(tenants, pipe, id, body);
    case 'suspend':
    case 'resume':
      return update(tenants, pipe, id, { isSuspended: verb === 'suspend' });
    case 'show':
      return shown(toTenantDto(await tenants.get(id)));
    case 'remove':
      await tenants.delete(id, {}, withUsers);
      return `${id} is removed.`;
    default:
      throw new UsageError(USAGE);
  }
}

const shown = (tenant: TenantDto) => JSON.stringify(tenant, null, 2);

async function update(
  tenants: TenantsService,
  pipe: BodyPipe,
  id: string,
  body: object,
): Promise<string> {
  const patch = checked(pipe, body, UpdateTenantDto, true);
  return shown(toTenantDto(await tenants.update(id, patch, {}, 'merge')));
}

async function list(tenants: TenantsService): Promise<string> {
  const lines: string[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await tenants.list(after, PAGE);
    for (const { id, isSuspended, hosts } of page)
      lines.push([id, isSuspended ? 'suspended' : 'active', ...hosts].join('\t'));
    after = page.length === PAGE ? page.at(-1)?.id : undefined;
  }
  return lines.join('\n');
}

/** The same rules as those of the API. @throws AppError guard.invalid_input */
const checked = <Dto>(
  pipe: BodyPipe,
  body: object,
  metatype: new () => Dto,
  isMergePatch: boolean,
) =>
  pipe.transform(new JsonBody({ ...body }, isMergePatch), {
    type: 'body',
    metatype,
  }) as Dto;

function bodyOf(values: Values): object {
  const { host, settings, issuer } = values;
  const orNull = (value: string | undefined) => (value === '' ? null : value);
  const body = {
    hosts: host?.filter((name) => name !== ''),
    issuer: orNull(issuer),
    jwksUri: orNull(values['jwks-uri']),
    userAudience: orNull(values['user-audience']),
    managementAudience: orNull(values['management-audience']),
    settings: settings === undefined ? undefined : parsed(settings),
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function parsed(settings: string): unknown {
  try {
    return settings === '' ? {} : parseJson(settings);
  } catch {
    throw new UsageError('--settings is not JSON.');
  }
}

function split(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch {
    throw new UsageError(USAGE);
  }
}
