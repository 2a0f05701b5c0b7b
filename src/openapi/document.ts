import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { SECURITY_SCHEMES } from '../auth/access.js';
import { VERSION } from '../config/version.js';
import { moveExamples } from './examples.js';
import { addMergePatches } from './merge-patch.js';
import { WEBHOOK_MODELS, WEBHOOKS } from '../hooks/webhooks.docs.js';
import { parseJson } from '../json/parse-json.js';
import { nameSchemas } from './schema-names.js';
import { shareParts } from './shared.js';
import { DryRunDto } from './dry-run.dto.js';
import { ProblemDto, ViolationDto } from '../http/problem.dto.js';

const DESCRIPTION = `
The user-profile and user-management API that runs beside your identity provider.

- **profile**: users change themselves, with a *user token* whose \`sub\` is their id.
- **users**: a management client changes any user, with a *management token*.
- **events**, **hooks**: other services learn of every change, with a *management token*.
- **tenants**: operators say which tenants there are, on hosts of their own, with an *operator token*.

All are JWTs of your issuer, told apart by their audience. Every error is a problem (RFC 9457)
whose \`code\` comes from a closed list (docs/errors.md); invalid input lists every violation with a JSON Pointer.
Answers tell of a limit once half of it is used up (\`RateLimit\`, \`RateLimit-Policy\`).
Absent keeps a field; \`null\` and \`''\` clear it where the field allows them.`;

/** The API's living contract; `npm run openapi` writes it to openapi.json. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const bearer = (description: string) =>
    ({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description }) as const;
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('nameplate')
    .setDescription(DESCRIPTION.trim())
    .setVersion(VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addTag('profile', 'Self-service: users and their own record. See docs/users.md.')
    .addTag('users', 'Management: any user. See docs/api-rules.md.')
    .addTag(
      'events',
      'What happened to users, for administrators and other services. See docs/events.md.',
    )
    .addTag('hooks', 'Events, sent to receivers of yours. See docs/webhooks.md.')
    .addTag('tenants', 'Operators: which tenants there are. Only where TENANT_HOSTS is set.')
    .addTag('health', 'For orchestrators. See docs/operations.md.')
    .addBearerAuth(
      bearer('Access token of a user. Development: npm run -s token -- user'),
      SECURITY_SCHEMES.user,
    )
    .addBearerAuth(
      bearer('Access token of a management client. Development: npm run -s token -- management'),
      SECURITY_SCHEMES.management,
    )
    .addBearerAuth(
      bearer('Access token of an operator. Development: npm run -s token -- operator'),
      SECURITY_SCHEMES.operator,
    )
    .build();
  const scanned = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemDto, ViolationDto, DryRunDto, ...WEBHOOK_MODELS],
  });
  scanned.webhooks = WEBHOOKS;
  addMergePatches(scanned);
  // Parts of it are constants of the code, or stand in several places: from here on, each place has its own.
  const document = parseJson(JSON.stringify(scanned)) as OpenAPIObject;
  nameSchemas(document);
  moveExamples(document);
  shareParts(document);
  // Every shape of the contract is closed: nothing else is answered, nothing else is accepted.
  for (const schema of Object.values(document.components?.schemas ?? {}))
    if ('properties' in schema) schema.additionalProperties ??= false;
  return document;
}
