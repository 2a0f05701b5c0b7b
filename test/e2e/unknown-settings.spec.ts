import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Place } from '../support/service.js';

let place: Place;
beforeAll(async () => {
  place = await Place.find();
});
afterEach(() => place.stopAll());
afterAll(() => place.remove());

const MISSPELT = {
  AUTH_ISUER: 'AUTH_ISSUER',
  DATABSE_URL: 'DATABASE_URL',
  LIMITS_SERCH: 'LIMITS_SEARCH',
  CORS_ORIGIN: 'CORS_ORIGINS',
  TRUSTED_PROXY: 'TRUSTED_PROXIES',
  OTEL_SERVICENAME: 'OTEL_SERVICE_NAME',
  log_level: 'LOG_LEVEL',
  AUTH_AUDIENCE: 'AUTH_USER_AUDIENCE',
  EVENTS_RETENTION: 'EVENTS_RETENTION_DAYS',
};
const OF_OTHERS = [
  ...['HOSTNAME', 'HOME', 'NODE_OPTIONS', 'NODE_VERSION', 'npm_config_loglevel', 'POD_IP'],
  ...['OTEL_EXPORTER_OTLP_TIMEOUT', 'OTEL_TRACES_EXPORTER', 'OTEL_LOG_LEVEL', 'LOGNAME'],
  ...['NAMEPLATE_SERVICE_HOST', 'DATABASE_SERVICE_HOST', 'DATABASE_SERVICE_PORT_SQL'],
  ...['AUTH_PORT', 'AUTH_PORT_80_TCP_ADDR', 'AUTH_SERVICE_PORT', 'PG_URL'],
];
const told = Object.entries(MISSPELT).map(
  ([name, nearest]) => `${name}: is no setting of nameplate (the nearest: ${nearest})`,
);
const environment = Object.fromEntries(
  [...Object.keys(MISSPELT), ...OF_OTHERS].map((name) => [
    name,
    name === 'NODE_OPTIONS' ? '--no-warnings' : 'hidden',
  ]),
);

it('is told in one warning of the start what is misspelt, and nothing of what others set', async () => {
  const service = await place.start({ ...environment, NODE_ENV: 'test' });
  // By then, all of the log has come.
  expect(await service.stop()).toBe(0);
  const warnings = service.output.split('\n').filter((line) => line.includes('no setting'));
  expect(warnings).toHaveLength(1);
  const { level, msg } = JSON.parse(warnings[0] ?? '') as { level: number; msg: string };
  expect(level).toBe(40);
  expect(msg.split('; ').sort()).toEqual(told.toSorted());
  expect(service.output).not.toContain('hidden');
});

it('is told where a start or a migration fails for want of what was meant', async () => {
  const service = place.spawn({ ...environment, NODE_ENV: 'production' });
  expect(await service.exit).toBe(1);
  const migration = place.migrate('run', environment);
  expect(migration.status).toBe(1);
  for (const { output } of [service, migration]) {
    expect(output).toMatch(/^DATABASE_URL: (is required|must be set)/m);
    expect(output.split('\n')).toEqual(expect.arrayContaining(told));
    expect(output).not.toContain('hidden');
  }
});
