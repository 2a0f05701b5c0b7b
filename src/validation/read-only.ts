/** By the name of the class. */
const readOnlyFields = new Map<string, Set<string>>();

/** The fields that the resource of this body has, and a body may not set; a user's if left out. */
export function ReadOnlyFields(names: readonly string[]): ClassDecorator {
  return (dtoClass) => {
    readOnlyFields.set(dtoClass.name, new Set(names));
  };
}

export const readOnlyFieldsOf = (dtoClass: string) => readOnlyFields.get(dtoClass);
