import { pageLink } from '../../http/page-link.js';
import type { UserRow } from '../record/user-row.js';
import { formatCursor, type UserQuery } from './user-query.js';

/** How many users match. */
export interface Total {
  count: number;
  isEstimate: boolean;
}

/** A page of users, and what is known of the others. */
export interface UserPage {
  users: UserRow[];
  hasNext: boolean;
  /** Of a page by number only, unless it was not wanted. */
  total?: Total;
}

/** `Total-Number` and `Link` (RFC 8288) of a page. The path is that of the request. */
export function pageHeaders(
  { users, hasNext, total }: UserPage,
  { page, pageSize }: UserQuery,
  url: string,
): Record<string, string> {
  const link = (relation: string, changes: Record<string, string>) =>
    pageLink(url, relation, changes);
  const last = users.at(-1);
  if (page === undefined)
    return hasNext && last ? { Link: link('next', { cursor: formatCursor(last) }) } : {};
  const pages = total ? Math.max(1, Math.ceil(total.count / pageSize)) : Infinity;
  const links = [link('first', { page: '1' })];
  if (page > 1) links.push(link('prev', { page: String(Math.min(page - 1, pages)) }));
  if (hasNext) links.push(link('next', { page: String(page + 1) }));
  // How far it is to the end is known only when all were counted.
  if (total?.isEstimate === false) links.push(link('last', { page: String(pages) }));
  return {
    ...(total && { 'Total-Number': String(total.count) }),
    ...(total?.isEstimate && { 'Total-Number-Is-Estimate': 'true' }),
    Link: links.join(', '),
  };
}
