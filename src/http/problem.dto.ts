import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Violation } from '../errors/app-error.js';
import {
  ERROR_CODES,
  type ErrorCode,
  VIOLATION_CODES,
  type ViolationCode,
} from '../errors/error-codes.js';
import type { Problem } from './problem.js';

@ApiSchema({ name: 'Violation' })
export class ViolationDto implements Violation {
  @ApiProperty({
    type: String,
    description: "JSON Pointer (RFC 6901) into the body, or into the query; '' is all of it.",
    example: '/profile/address/locality',
  })
  pointer!: string;

  @ApiProperty({ enum: VIOLATION_CODES, title: 'ViolationCode', type: String })
  code!: ViolationCode;

  @ApiProperty({ type: String, example: 'must be a string' })
  detail!: string;
}

@ApiSchema({ name: 'Problem' })
export class ProblemDto implements Problem {
  @ApiProperty({
    type: String,
    format: 'uri',
    example: 'urn:nameplate:problem:guard.invalid_input',
  })
  type!: string;

  @ApiProperty({ type: String, example: 'The input is invalid' })
  title!: string;

  @ApiProperty({ type: Number, example: 400 })
  status!: number;

  @ApiProperty({ type: String })
  detail!: string;

  @ApiProperty({ type: String, description: 'The request id, as in `X-Request-Id`.' })
  instance!: string;

  @ApiProperty({ enum: Object.keys(ERROR_CODES), title: 'ProblemCode', type: String })
  code!: ErrorCode;

  @ApiProperty({ type: String, description: 'The same as `detail`.' })
  message!: string;

  @ApiProperty({ type: ViolationDto, isArray: true, required: false })
  errors?: ViolationDto[];
}
