import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { TenantId } from '../database/tenant.js';
import { sourceOf } from '../events/record/cloud-event.dto.js';
import { HookSeal } from './record/hook-seal.js';
import type { HookTestDto } from './hook-test.dto.js';
import { HooksService } from './hooks.service.js';
import { type Attempt, Receiver } from '../deliveries/receiver.js';

/** Sends an event that nothing has caused, signed like all others, and tells how that ended. */
@Injectable()
export class HookTester {
  constructor(
    private readonly hooks: HooksService,
    private readonly seal: HookSeal,
    private readonly receiver: Receiver,
  ) {}

  /** @throws AppError entity.not_found, hook.not_configured */
  async test(tenantId: TenantId, hookId: string): Promise<Attempt> {
    const hook = await this.hooks.get(tenantId, hookId);
    const { url, headers } = hook;
    const event: HookTestDto = {
      specversion: '1.0',
      id: randomUUID(),
      source: sourceOf(tenantId),
      type: 'Hook.Test',
      subject: hookId,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { hookId },
    };
    const secrets = this.seal.openSecrets({ ...hook, tenantId });
    const target = { url, headers, secrets };
    return (await this.receiver.send(target, event, JSON.stringify(event))).attempt;
  }
}
