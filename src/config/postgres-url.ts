/** What comes before the hosts, the hosts, and what comes behind them (libpq, section 34.1.1.2). */
const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/i;

/** What `target_session_attrs` may say: the service always needs a database that takes writes. */
const WRITABLE = [null, 'read-write', 'primary'];

/**
 * A URL with several hosts, `postgres://user@a:5432,b:5432/db`, which neither `URL` nor node-postgres
 * knows → one URL for each host. None: it is no such URL.
 */
export function urlsOfHosts(url: string): string[] {
  const [, before = '', hosts = '', behind = ''] = PARTS.exec(url) ?? [];
  const urls = hosts.split(',').map((host) => before + host + behind);
  const isWrong = (one: string) => !before || !URL.canParse(one);
  if (urls.some(isWrong)) return [];
  // One host may be left out, or stand in the query; of several, each must be said.
  const hasHostInQuery = new URL(urls[0] ?? '').searchParams.has('host');
  const areNamed = hosts.split(',').every((host) => host !== '') && !hasHostInQuery;
  return urls.length === 1 || areNamed ? urls : [];
}

/** Whether it asks for nothing else than a database that takes writes. */
export function isForWriting(url: string): boolean {
  const [one] = urlsOfHosts(url);
  return !one || WRITABLE.includes(new URL(one).searchParams.get('target_session_attrs'));
}
