const FIELDS = Symbol('read-only fields');

/** The fields that the resource of this body has, and a body may not set. */
export const ReadOnlyFields = (names: readonly string[]): ClassDecorator =>
  Reflect.metadata(FIELDS, new Set(names));

/** What a body's class, or the one that it extends, says of a key. */
export function isReadOnly(dtoClass: object, key: string): boolean {
  const fields = Reflect.getMetadata(FIELDS, dtoClass) as ReadonlySet<string> | undefined;
  return fields?.has(key) ?? false;
}
