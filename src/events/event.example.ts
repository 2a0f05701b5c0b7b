import type { CloudEventDto } from './record/cloud-event.dto.js';

export const EVENT_EXAMPLE: CloudEventDto = {
  specversion: '1.0',
  id: '0198c5a2-7f0e-4c11-9d53-3f8e0a6f2b1c',
  source: 'urn:nameplate:default',
  type: 'User.Data.Updated',
  subject: 'x81f0c2m5a7b',
  time: '2026-01-01T00:00:00.123456Z',
  datacontenttype: 'application/json',
  sequence: '42',
  data: {
    userId: 'x81f0c2m5a7b',
    version: 7,
    actor: { kind: 'management', subject: 'crm-sync', clientId: 'crm' },
    requestId: '5a88e182-882f-4652-9612-b1722925eb2f',
    changes: [{ pointer: '/customData/plan', old: 'free', new: 'pro' }],
  },
};
