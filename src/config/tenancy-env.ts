import { IsNotEmpty, IsOptional } from 'class-validator';
import { Default, Hosts, IsHeaderName, IsHostName, IsHostPattern, IsHttpUrl } from './env-rules.js';
import { hasPlace, hasStrayBraces, mayBe, tenantOfHost } from './tenant-template.js';

/** The settings of tenants and of who administers them. Without TENANT_HOSTS there is one tenant. */
export class TenancyEnv {
  /** `*.users.example.com`: the label in place of the star is the id of the tenant. */
  @Hosts()
  @IsHostPattern({ each: true })
  TENANT_HOSTS!: string[];

  /** The header in which a trusted proxy says the host; `Host` when it is not set. */
  @Default()
  @IsOptional()
  @IsHeaderName()
  TENANT_HOST_HEADER?: string;

  /** The hosts on which tenants are administered, and nothing else is. */
  @Hosts()
  @IsHostName({ each: true })
  OPERATOR_HOSTS!: string[];

  @Default()
  @IsOptional()
  @IsHttpUrl()
  OPERATOR_ISSUER?: string;

  /** Found by OpenID Connect Discovery when it is not set. */
  @Default()
  @IsOptional()
  @IsHttpUrl()
  OPERATOR_JWKS_URI?: string;

  @Default()
  @IsOptional()
  @IsNotEmpty()
  OPERATOR_AUDIENCE?: string;
}

/** The settings in which `{tenant}` may stand. */
export const TEMPLATES = [
  ...(['AUTH_ISSUER', 'AUTH_JWKS_URI'] as const),
  ...(['AUTH_USER_AUDIENCE', 'AUTH_MANAGEMENT_AUDIENCE'] as const),
];

type Settings = TenancyEnv & Partial<Record<(typeof TEMPLATES)[number], string>>;

/** What is wrong between settings that are good by themselves: one line for each. */
export function tenancyFaults(env: Settings): string[] {
  const templates = TEMPLATES.map((name) => [name, env[name] ?? ''] as const);
  if (env.TENANT_HOSTS.length > 0)
    return [
      ...templates
        .filter(([, template]) => hasStrayBraces(template))
        .map(([name]) => `${name}: may have braces only in {tenant}`),
      ...operatorFaults(env),
    ];
  const lonely = ['TENANT_HOST_HEADER', ...OPERATOR].filter((name) => isSet(env, name));
  return [
    ...templates
      .filter(([, template]) => hasPlace(template))
      .map(([name]) => `${name}: holds {tenant}, which needs TENANT_HOSTS`),
    ...lonely.map((name) => `${name}: needs TENANT_HOSTS`),
  ];
}

const NEEDED = ['OPERATOR_HOSTS', 'OPERATOR_ISSUER', 'OPERATOR_AUDIENCE'];
const OPERATOR = [...NEEDED, 'OPERATOR_JWKS_URI'];

const isSet = (env: TenancyEnv, name: string) => {
  const value = env[name as keyof TenancyEnv];
  return value !== undefined && value.length > 0;
};

function operatorFaults(env: Settings): string[] {
  if (!OPERATOR.some((name) => isSet(env, name))) return [];
  const missing = NEEDED.filter((name) => !isSet(env, name));
  const faults = missing.map((name) => `${name}: is needed beside the other settings of OPERATOR_`);
  if (env.OPERATOR_HOSTS.some((host) => tenantOfHost(env.TENANT_HOSTS, host) !== undefined))
    faults.push('OPERATOR_HOSTS: must have no host that TENANT_HOSTS gives to a tenant');
  const { OPERATOR_ISSUER: issuer, OPERATOR_AUDIENCE: audience } = env;
  // Without its own, the issuer is that of development, one for each tenant.
  if (!issuer || !audience || !mayBe(env.AUTH_ISSUER ?? '', issuer)) return faults;
  const audiences = [env.AUTH_USER_AUDIENCE ?? '', env.AUTH_MANAGEMENT_AUDIENCE ?? ''];
  if (audiences.some((template) => mayBe(template, audience)))
    faults.push('OPERATOR_AUDIENCE: must differ from what tokens of tenants have of this issuer');
  return faults;
}
