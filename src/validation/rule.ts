import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ValidateBy, ValidateIf } from 'class-validator';
import type { Env } from '../config/env.js';
import type { ViolationCode } from '../errors/error-codes.js';

/** What is wrong with a value; `at` leads to the part of it that is, the value itself if left out. */
export interface Fault {
  at?: (string | number)[];
  code: ViolationCode;
  detail: string;
}

/** One rule of the contract: a pure function that returns every fault of a value, none if it is good. */
export type Rule = (value: unknown, context: RuleContext) => Fault[];

/** What a rule may know beside the value. */
export interface RuleContext {
  /** In a merge patch (RFC 7396), null stands for removal wherever an object may have it. */
  isMergePatch: boolean;
  /** The whole body, for a field that has to fit to another. */
  body: object;
}

/** The settings that rules of fields may depend on. */
export type RuleSettings = Pick<Env, 'CUSTOM_DATA_MAX_BYTES' | 'HOOKS_ALLOW_PRIVATE_TARGETS'>;

/** What the rule of a field may know beside the value. */
export interface FieldContext extends RuleContext {
  settings: RuleSettings;
}

/** A rule that depends on settings, and so is one of a field only. */
export type FieldRule = (value: unknown, context: FieldContext) => Fault[];

const RULE = Symbol('rule');
const CONTEXT = Symbol('context');

/** Remembers with a DTO what the rules of its fields are to know. */
export function giveContext(dto: object, context: Omit<FieldContext, 'body'>): void {
  Object.defineProperty(dto, CONTEXT, { value: context });
}

/** What is wrong with the value that a field of this DTO has. */
export function faultsOf(dto: object, field: string): Fault[] {
  const rule = Reflect.getMetadata(RULE, dto, field) as FieldRule;
  const { [CONTEXT]: context } = dto as { [CONTEXT]: Omit<FieldContext, 'body'> };
  return rule(dto[field as keyof typeof dto], { ...context, body: dto });
}

/** The values that clear a field. Each one that is not listed is judged by the field's rule. */
export type ClearedBy = readonly (null | '')[];

export interface FieldOptions {
  clearedBy?: ClearedBy;
  /** Absent is refused, too. */
  required?: boolean;
  description: string;
  example: unknown;
}

/** A schema; with a title it gets that name in the API document, wherever it stands. */
export type FieldSchema = { title?: string } & Record<string, unknown>;

/**
 * A field of a patch: absent keeps the stored value, a value of `clearedBy` clears it, any other
 * must pass the rule. Validation and OpenAPI come from the same declaration.
 */
export function Field(
  rule: FieldRule,
  schema: FieldSchema,
  options: FieldOptions,
): PropertyDecorator {
  const { clearedBy = [], required = false, description, example } = options;
  const clears = (value: unknown) => clearedBy.includes(value as null | '');
  const { title, ...core } = schema;
  const schemas = [
    core,
    ...(clears('') ? [{ type: 'string', maxLength: 0 }] : []),
    ...(clears(null) ? [{ type: 'null' }] : []),
  ];
  return applyDecorators(
    ValidateIf((_, value) => required || (value !== undefined && !clears(value))),
    ValidateBy({
      name: 'field',
      validator: {
        validate: (_value, args) =>
          args !== undefined && faultsOf(args.object, args.property).length === 0,
      },
    }),
    Reflect.metadata(RULE, rule),
    ApiProperty({
      required,
      description,
      example,
      ...(title !== undefined && { title }),
      ...(schemas.length > 1 ? { anyOf: schemas } : core),
    }),
  );
}
