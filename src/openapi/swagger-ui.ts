import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Env } from '../config/env.js';
import { keepAnswer } from '../http/kept-answer.js';
import { openApiDocument } from './document.js';
import { swaggerUiPlugin } from './swagger-ui-plugin.js';
import { endStreams } from './swagger-ui-stream.js';

const STYLE = `
.swagger-ui .auth-buttons { display: flex; flex: 1; gap: 10px; justify-content: flex-end; }
.swagger-ui .btn.tokens { padding-right: 23px; }
.swagger-ui .scheme-container .servers, .swagger-ui .scheme-container .servers-title { display: none; }
.swagger-ui .btn.errors { margin: 0 0 20px 20px; font-weight: normal; box-shadow: none; }`;

/** Within a tag, what is there is tried before it is deleted. The browser is sent the text of this, too. */
const deleteLast = (a: Listed, b: Listed) =>
  Number(a.get('method') === 'delete') - Number(b.get('method') === 'delete');
interface Listed {
  get: (key: string) => string;
}

/** Without operators, nobody can call their routes. */
function withoutOperators(document: OpenAPIObject): OpenAPIObject {
  const { info, components, tags = [] } = document;
  const paths = Object.entries(document.paths).filter(([path]) => !path.startsWith('/api/tenants'));
  const { operatorToken: _, ...securitySchemes } = components?.securitySchemes ?? {};
  return {
    ...document,
    info: { ...info, description: info.description?.replace(/^- \*\*tenants\*\*.*\n/m, '') ?? '' },
    paths: Object.fromEntries(paths),
    components: { ...components, securitySchemes },
    tags: tags.filter(({ name }) => name !== 'tenants'),
  };
}

/**
 * Swagger UI at /docs, the document at /openapi.json: both have it rendered and compressed once.
 *
 * @param tokensUrl where development has tokens to fill in
 */
export function setUpSwaggerUi(app: NestFastifyApplication, env: Env, tokensUrl?: string): void {
  let document: OpenAPIObject | undefined;
  const rendered = () => (document ??= openApiDocument(app));
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/docs/swagger-ui-init.js' && route.method === 'GET')
      route.onSend = keepAnswer();
  });
  let json: string | undefined;
  fastify.get('/openapi.json', { onSend: keepAnswer() }, (_request, reply) =>
    reply.type('application/json').send((json ??= JSON.stringify(rendered()))),
  );
  // Whoever develops opens the address that the start tells.
  if (!env.isProduction) fastify.get('/', (_request, reply) => reply.redirect('docs'));
  const hasOperators = env.TENANT_HOSTS.length > 0;
  SwaggerModule.setup(
    'docs',
    app,
    () => (hasOperators ? rendered() : withoutOperators(rendered())),
    {
      raw: false,
      customSiteTitle: 'nameplate API',
      customCss: STYLE,
      swaggerOptions: {
        layout: 'BaseLayout',
        docExpansion: 'list',
        defaultModelsExpandDepth: -1,
        displayRequestDuration: true,
        operationsSorter: deleteLast,
        persistAuthorization: true,
        tryItOutEnabled: true,
        plugins: [swaggerUiPlugin],
        requestInterceptor: endStreams,
        tokensUrl,
      },
    },
  );
}
