import { ReadOnlyFields } from '../validation/read-only.js';
import { TenantIdField } from './tenant-fields.js';
import { READ_ONLY_FIELDS } from './tenant.dto.js';
import { UpdateTenantDto } from './update-tenant.dto.js';

@ReadOnlyFields(READ_ONLY_FIELDS)
export class CreateTenantDto extends UpdateTenantDto {
  @TenantIdField()
  id!: string;
}
