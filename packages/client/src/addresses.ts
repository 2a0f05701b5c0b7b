type Value = string | number | boolean | null | undefined;

/**
 * `customData` is an object whose members are parameters of their own (form, explode), and their names,
 * which are keys of yours, are encoded like values.
 */
export function toQuery(query: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  const given = query as Record<string, Value | Value[] | Record<string, Value>>;
  for (const [name, value] of Object.entries(given)) {
    const members: [string, Value][] =
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value)
        : [value].flat().map((one) => [name, one]);
    for (const [member, one] of members)
      if (one !== undefined && one !== null) parameters.append(member, String(one));
  }
  return parameters.toString();
}

/** @throws TypeError for what would lead to another route */
export const toPath = (path: string, names: Record<string, unknown>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(names[name]);
    if (/^\.{0,2}$/.test(value)) throw new TypeError(`${name} cannot be '${value}'`);
    return encodeURIComponent(value);
  });

/** A parameter of the link to the next page (RFC 8288), which is relative. */
export function nextIn({ headers }: Response, parameter: string): string | undefined {
  const [, link] = /<([^>]*)>; rel="next"/.exec(headers.get('link') ?? '') ?? [];
  if (link === undefined) return undefined;
  return new URL(link, 'http://nameplate').searchParams.get(parameter) ?? undefined;
}
