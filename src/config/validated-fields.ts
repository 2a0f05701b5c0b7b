import { getMetadataStorage } from 'class-validator';

/** Names of the properties of a class that have a rule of class-validator, inherited ones too. */
export function validatedFields(target: object): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(
    target as new () => unknown,
    '',
    false,
    false,
  );
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}
