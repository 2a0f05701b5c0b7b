import { closest, distance } from 'fastest-levenshtein';

/** What others set by rights: names of OpenTelemetry, and of Kubernetes for a service called `auth` or `database`. */
const OF_OTHERS = /^OTEL_|_(SERVICE_HOST|PORT)(_|$)/;

/** What looks like a setting and is none, each with the setting that it is most like. */
export function unknownSettings(names: string[], known: string[]): string[] {
  const unknown = names.filter((name) => !known.includes(name));
  return unknown.flatMap((name) => {
    const nearest = closest(name.toUpperCase(), known);
    const isMisspelt = distance(name.toUpperCase(), nearest) <= nearest.length / 5;
    return isMisspelt || (hasFamily(name, known) && !OF_OTHERS.test(name))
      ? [`${name}: is no setting of nameplate (the nearest: ${nearest})`]
      : [];
  });
}

/** Whether several settings begin with its first word. */
function hasFamily(name: string, known: string[]): boolean {
  const [family] = /^[^_]+_/.exec(name) ?? [];
  return family !== undefined && known.filter((other) => other.startsWith(family)).length > 1;
}
