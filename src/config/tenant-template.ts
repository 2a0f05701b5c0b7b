/** A tenant's id is a label of a host name (RFC 1123, section 2.1), in lower case. */
export const TENANT_ID = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
export const MAX_TENANT_ID = 63;

const ID = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

/** Stands for the tenant's id in a setting. */
const PLACE = '{tenant}';

export const hasPlace = (template: string) => template.includes(PLACE);

/** What a template is for one tenant. */
export const ofTenantTemplate = (template: string, id: string) => template.replaceAll(PLACE, id);

/** Whether braces are left that are no place of the id: a slip of the pen. */
export const hasStrayBraces = (template: string) => /[{}]/.test(template.replaceAll(PLACE, ''));

/** Whether a template may come to this text, for any tenant. */
export const mayBe = (template: string, text: string) =>
  new RegExp(`^${template.split(PLACE).map(escaped).join(ID)}$`).test(text);

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** `*.users.example.com`: one label in place of the star, which is the whole label. */
const PATTERN = /^\*(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)+$/;

export const isHostPattern = (text: string) => text.length <= 191 && PATTERN.test(text);

/** The id of the tenant that a host in its normal form names by one of the patterns. */
export function tenantOfHost(patterns: readonly string[], host: string): string | undefined {
  const dot = host.indexOf('.');
  if (dot < 1 || !patterns.includes(`*${host.slice(dot)}`)) return undefined;
  const label = host.slice(0, dot);
  return TENANT_ID.test(label) ? label : undefined;
}
