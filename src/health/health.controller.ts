import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from '../auth/access.js';
import { Realms } from '../auth/realms.js';
import { ApiProblems } from '../http/api-problems.js';
import { unavailable } from '../errors/app-error.js';
import { Tenants } from '../tenancy/tenants.js';
import { withTimeout } from '../database/with-timeout.js';

const TIMEOUT_MS = 2_000;
const OK = { status: 'ok' };
const OkAnswer = (description: string) =>
  ApiResponse({
    status: 200,
    description,
    schema: {
      title: 'Health',
      type: 'object',
      properties: { status: { type: 'string', enum: ['ok'] } },
      required: ['status'],
    },
    example: OK,
  });

/** For orchestrators: whether to restart this process, and whether to send it requests. */
@ApiTags('health')
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly database: DataSource,
    private readonly realms: Realms,
    private readonly tenants: Tenants,
  ) {}

  @Get('live')
  @ApiOperation({ operationId: 'live', summary: 'Does the process answer?', security: [] })
  @OkAnswer('It does.')
  @ApiProblems()
  live() {
    return OK;
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'ready',
    summary: 'Can it serve requests?',
    description:
      'It can when the database answers and, where there is one tenant, the keys of the token issuer are known.',
    security: [],
  })
  @OkAnswer('It can.')
  @ApiProblems('service.unavailable')
  async ready() {
    const [database, keys] = await Promise.all([
      withTimeout(TIMEOUT_MS, this.databaseAnswers()),
      withTimeout(TIMEOUT_MS, this.knowsKeys()),
    ]);
    if (!database) throw unavailable('The database does not answer, or cannot be written to.');
    if (!keys) throw unavailable('The keys of the token issuer are not known yet.');
    return OK;
  }

  /** Whether it can be written to, and has our tables. */
  private async databaseAnswers(): Promise<boolean> {
    try {
      const [row] = await this.database.query<{ ready: boolean }[]>(
        `SELECT current_setting('transaction_read_only') = 'off'
           AND to_regclass('users') IS NOT NULL AS ready`,
      );
      return row?.ready === true;
    } catch {
      return false;
    }
  }

  /** The issuer of one of many tenants is no reason to send nobody here. */
  private async knowsKeys(): Promise<boolean> {
    const { only } = this.tenants;
    return only === undefined || this.realms.knowsKeys(only);
  }
}
