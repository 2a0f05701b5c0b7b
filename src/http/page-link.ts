/**
 * A link of RFC 8288 to the same request with other query parameters: relative, so that it leads there
 * from behind any prefix that a proxy has put before the path (RFC 3986, section 5.2).
 */
export function pageLink(url: string, relation: string, changes: Record<string, string>): string {
  // A query may have question marks of its own.
  const [path = ''] = url.split('?', 1);
  const parameters = new URLSearchParams(url.slice(path.length + 1));
  for (const [name, value] of Object.entries(changes)) parameters.set(name, value);
  return `<?${parameters.toString()}>; rel="${relation}"`;
}
