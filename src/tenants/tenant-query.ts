import { MAX_TENANT_ID, TENANT_ID } from '../config/tenant-template.js';
import { QueryParameters } from '../http/query-parameters.js';

export const MAX_PAGE_SIZE = 100;

/** `GET /api/tenants`, understood. @throws AppError guard.invalid_input */
export function parseTenantQuery(parameters: Record<string, unknown>) {
  const query = new QueryParameters(parameters, (name) => ['cursor', 'page_size'].includes(name));
  const after = query.text('cursor') ?? '';
  if (after !== '' && (after.length > MAX_TENANT_ID || !TENANT_ID.test(after)))
    query.refuse('cursor', 'must be a cursor that an answer gave in Link');
  const understood = { after, pageSize: query.whole('page_size', 20, 1, MAX_PAGE_SIZE) };
  query.check();
  return understood;
}
