type When = 'merge patch' | 'always';

/** By the name of the class, which is also the name of its schema in the OpenAPI document. */
const bareBodies = new Map<string, { field: string; when: When }>();

/**
 * The body of a sub-resource is the value of this one field, without its name around it: of a merge
 * patch, whose shape is the resource's own (RFC 7396, section 1), or always.
 */
export function BareBody(field: string, when: When): ClassDecorator {
  return (dtoClass) => {
    bareBodies.set(dtoClass.name, { field, when });
  };
}

/** The field that a body of the class of this name is the bare value of, if it is. */
export function bareField(dtoClass: string, isMergePatch: boolean): string | undefined {
  const bare = bareBodies.get(dtoClass);
  return bare && (isMergePatch || bare.when === 'always') ? bare.field : undefined;
}
