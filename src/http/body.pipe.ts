import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { validateSync } from 'class-validator';
import { Env } from '../config/env.js';
import { invalidInput, MAX_VIOLATIONS, type Violation } from '../errors/app-error.js';
import { jsonPointer } from '../errors/json-pointer.js';
import type { JsonBody } from './json-body.js';
import { bareField } from '../validation/bare-body.js';
import { isReadOnly } from '../validation/read-only.js';
import { faultsOf, giveContext } from '../validation/rule.js';
import { validatedFields } from '../config/validated-fields.js';

/**
 * Body → DTO, or every violation at once. It stands in for Nest's ValidationPipe because that one,
 * like class-transformer, drops keys such as `constructor` in silence, at any depth, and because it
 * lets any body through when a DTO's class was lost to an `import type`.
 */
@Injectable()
export class BodyPipe implements PipeTransform {
  constructor(private readonly settings: Env) {}

  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'body') return value;
    const fields = fieldsOf(metatype);
    const { object, isMergePatch } = value as JsonBody;
    const bare = bareField((metatype as Type).name, isMergePatch);
    const body = bare === undefined ? object : { [bare]: object };
    const unknown = Object.keys(body)
      .filter((key) => !fields.has(key))
      .slice(0, MAX_VIOLATIONS);
    const known = Object.fromEntries(Object.entries(body).filter(([key]) => fields.has(key)));
    const dto = Object.assign(new (metatype as Type<object>)(), known);
    giveContext(dto, { isMergePatch, settings: this.settings });
    const refused = validateSync(dto).map(({ property }) => property);
    const violations = [
      ...unknown.map((key) => unknownField(metatype as Type, key)),
      ...refused.flatMap((field) => toViolations(dto, field, bare === undefined ? [field] : [])),
    ];
    if (violations.length + refused.length > 0) throw invalidInput(violations);
    return dto;
  }
}

const fieldsByClass = new Map<unknown, Set<string>>();

function fieldsOf(metatype: unknown): Set<string> {
  const cached = fieldsByClass.get(metatype);
  if (cached) return cached;
  const fields = new Set(validatedFields(metatype as Type<object>));
  if (fields.size === 0) throw new Error('the body of this route has no DTO class with rules');
  fieldsByClass.set(metatype, fields);
  return fields;
}

function unknownField(dtoClass: Type, key: string): Violation {
  const pointer = jsonPointer([key]);
  return isReadOnly(dtoClass, key)
    ? { pointer, code: 'read_only', detail: 'is read-only here' }
    : { pointer, code: 'unknown_field', detail: 'is not a field of this resource' };
}

function toViolations(dto: object, field: string, path: string[]): Violation[] {
  return faultsOf(dto, field).map(({ at = [], code, detail }) => ({
    pointer: jsonPointer([...path, ...at]),
    code,
    detail,
  }));
}
