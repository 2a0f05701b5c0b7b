import { IsArray, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Default, IsHttpUrl, IsHttpUrlTemplate, List } from './env-rules.js';
import { MetricsEnv } from './metrics-env.js';

/** The settings of tokens: whose are accepted, and what is read from them. */
export class AuthEnv extends MetricsEnv {
  /** Outside production a development issuer takes its place when it is not set. */
  @Default()
  @IsOptional()
  @IsHttpUrlTemplate()
  AUTH_ISSUER?: string;

  /** Found by OpenID Connect Discovery when it is not set. */
  @Default()
  @IsOptional()
  @IsHttpUrlTemplate()
  AUTH_JWKS_URI?: string;

  /** Whose management tokens are accepted, where AUTH_ISSUER gives only those of users (Okta, Firebase). */
  @Default()
  @IsOptional()
  @IsHttpUrl()
  AUTH_MANAGEMENT_ISSUER?: string;

  /** Found by OpenID Connect Discovery when it is not set. */
  @Default()
  @IsOptional()
  @IsHttpUrl()
  AUTH_MANAGEMENT_JWKS_URI?: string;

  @Default('urn:nameplate:profile')
  @IsNotEmpty()
  AUTH_USER_AUDIENCE!: string;

  @Default('urn:nameplate:management')
  @IsNotEmpty()
  AUTH_MANAGEMENT_AUDIENCE!: string;

  /** Cut off from scopes that begin with it (Amazon Cognito: `resource-server/`). */
  @Default('')
  @IsString()
  AUTH_SCOPE_PREFIX!: string;

  /** The clients whose access tokens without `aud` are user tokens (Amazon Cognito). */
  @List()
  @IsArray()
  AUTH_USER_CLIENTS!: string[];

  /** The clients whose access tokens without `aud` are management tokens. */
  @List()
  @IsArray()
  AUTH_MANAGEMENT_CLIENTS!: string[];

  /** The scopes of user tokens that have no claim of scopes at all (Firebase, Supabase, Clerk). */
  @List()
  @IsArray()
  AUTH_USER_DEFAULT_SCOPES!: string[];
}
