import { ApiProperty } from '@nestjs/swagger';

export class HookTestDataDto {
  @ApiProperty({ type: String, description: 'As `subject`.', example: 'h4k9w2m7x0qd' })
  hookId!: string;
}

/** An event that nothing has caused: answer 2xx and leave it. */
export class HookTestDto {
  @ApiProperty({ type: String, enum: ['1.0'] })
  specversion!: '1.0';

  @ApiProperty({ type: String, format: 'uuid', example: '0198c5a2-7f0e-4c11-9d53-3f8e0a6f2b1e' })
  id!: string;

  @ApiProperty({ type: String, example: 'urn:nameplate:default' })
  source!: string;

  @ApiProperty({ type: String, enum: ['Hook.Test'] })
  type!: 'Hook.Test';

  @ApiProperty({ type: String, description: 'The id of the hook.', example: 'h4k9w2m7x0qd' })
  subject!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-01T00:00:00.123Z' })
  time!: string;

  @ApiProperty({ type: String, enum: ['application/json'] })
  datacontenttype!: 'application/json';

  @ApiProperty({ type: HookTestDataDto })
  data!: HookTestDataDto;
}
