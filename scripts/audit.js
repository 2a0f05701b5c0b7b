// Known faults in what production runs on: `npm audit`, or, where the registry does not answer that, the
// ages of the versions in the lock file. Without any registry there is nothing to ask, and it says so.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import lock from '../package-lock.json' with { type: 'json' };

/** Days after which the fixes of a newer version that would fit should have been taken. */
const OVERDUE = 180;
/** Days in which a version that somebody slipped in is usually found and taken back. */
const QUARANTINE = 3;

const DAY = 86_400_000;
const WITHOUT_RETRY = ['--fetch-retries=0', '--fetch-timeout=20000'];
const run = promisify(execFile);

/** Undefined when the registry does not answer. */
async function knownFaults() {
  const { stdout } = await run('npm', ['audit', '--omit=dev', '--json', ...WITHOUT_RETRY]).catch(
    (error) => error,
  );
  const { vulnerabilities } = await new Response(stdout || '{}').json();
  if (!vulnerabilities) return undefined;
  return Object.values(vulnerabilities)
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map(({ name, severity, range }) => `${name} ${range}: ${severity}`);
}

/** The range within which a caret would take a newer one. */
const line = (version) => version.split('.', version.startsWith('0.') ? 2 : 1).join('.');

async function faultsOfAge(name, version, registry) {
  const response = await fetch(new URL(name.replace('/', '%2f'), registry));
  if (!response.ok) return [`${name}: the registry answered ${response.status}`];
  const { time, versions } = await response.json();
  if (versions[version]?.deprecated) return [`${name} ${version} is deprecated`];
  const since = Date.parse(time[version]);
  if (Date.now() - since < QUARANTINE * DAY)
    return [`${name} ${version} is younger than ${QUARANTINE} days`];
  const newer = Object.keys(versions).filter(
    (other) =>
      line(other) === line(version) &&
      !other.includes('-') &&
      other.localeCompare(version, 'en', { numeric: true }) > 0,
  );
  const overdue = newer.find((other) => Date.now() - Date.parse(time[other]) > OVERDUE * DAY);
  return overdue ? [`${name} ${version}: ${overdue} is out for more than ${OVERDUE} days`] : [];
}

async function overdueOnes() {
  const registry = (await run('npm', ['config', 'get', 'registry'])).stdout.trim();
  const shipped = Object.entries(lock.packages).filter(
    ([path, { link, dev, devOptional, optional }]) =>
      // The client's folder is here, and not in a registry.
      path.includes('node_modules/') && !link && !dev && !devOptional && !optional,
  );
  const few = pLimit(8);
  const found = await Promise.all(
    shipped.map(([path, { version }]) =>
      few(() => faultsOfAge(path.split('node_modules/').pop(), version, registry)),
    ),
  );
  return { count: shipped.length, faults: [...new Set(found.flat())] };
}

const known = await knownFaults();
const aged = known ? undefined : await overdueOnes().catch(() => undefined);
const faults = known ?? aged?.faults ?? [];
for (const fault of faults) console.error(fault);
if (known) console.log(`npm audit: ${known.length} high or critical`);
else if (aged)
  console.log(`${aged.count} packages by their age, npm audit is not answered: ${faults.length}`);
else console.log('No registry answers: nothing was audited.');
process.exitCode = faults.length > 0 ? 1 : 0;
