import { Transform } from 'class-transformer';
import { IsDefined, IsInt, Max, Min, ValidateIf } from 'class-validator';
import { Default, IsLimitsStore } from './env-rules.js';
import { Rate } from './rate.js';
import { TenancyEnv } from './tenancy-env.js';
import { type TrustedProxies, trustedProxies } from './trusted-proxies.js';

const AS_RATE = 'must be off, or requests in a time and how many at a time, such as 100/10s,4';

/** What one caller may do. @param fallback as the setting has it */
function Limit(fallback: string): PropertyDecorator {
  return (target, name) => {
    Transform(({ value }: { value: string }) => Rate.parse(value === '' ? fallback : value))(
      target,
      name,
    );
    IsDefined({ message: AS_RATE })(target, name);
  };
}

/** The settings of limits. One caller is a client or, in self-service, a user, in one tenant. */
export class LimitsEnv extends TenancyEnv {
  @Limit('30000/10s,250')
  LIMITS_READ!: Rate;

  @Limit('10000/10s,250')
  LIMITS_WRITE!: Rate;

  @Limit('500/10s,10')
  LIMITS_SEARCH!: Rate;

  /** Whatever has a password checked or hashed. */
  @Limit('100/10s,4')
  LIMITS_PASSWORD!: Rate;

  /** Streams of events, and long polls. */
  @Limit('2000/10s,50')
  LIMITS_STREAM!: Rate;

  /** How many times what one caller may do a whole tenant may; Infinity is `off`. */
  @Transform(({ value }: { value: string }) => {
    if (value === 'off') return Infinity;
    return /^\d*$/.test(value) ? Number(value === '' ? 10 : value) : Number.NaN;
  })
  @ValidateIf((_, value) => value !== Infinity)
  @IsInt({ message: 'must be off or an integer' })
  @Min(1)
  @Max(100_000)
  LIMITS_TENANT!: number;

  /** What one address is answered without a verified token, but for probes. */
  @Limit('300/10s')
  LIMITS_PUBLIC!: Rate;

  /** Answers with 401 to one address, after which what fails is 429, and tokens that are new wait. */
  @Limit('300/10s')
  LIMITS_FAILED_TOKENS!: Rate;

  /** Wrong passwords of one user, whoever asks; one caller has a thousand times as many. */
  @Limit('10/15m')
  LIMITS_FAILED_PASSWORDS!: Rate;

  /** Where instances count together. */
  @Default('memory')
  @IsLimitsStore()
  LIMITS_STORE!: string;

  /** Proxies whose X-Forwarded-For is believed: how many stand in front, or their networks. */
  @Transform(({ value }: { value: string }) => trustedProxies(value))
  @IsDefined({ message: 'must be how many proxies stand in front, or their networks' })
  TRUSTED_PROXIES!: TrustedProxies;
}
