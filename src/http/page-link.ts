/** A link of RFC 8288 to the same request with other query parameters. */
export function pageLink(url: string, relation: string, changes: Record<string, string>): string {
  // A query may have question marks of its own.
  const [path = ''] = url.split('?', 1);
  const parameters = new URLSearchParams(url.slice(path.length + 1));
  for (const [name, value] of Object.entries(changes)) parameters.set(name, value);
  return `<${path}?${parameters.toString()}>; rel="${relation}"`;
}
