import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { parseEnv } from './config/load-env.js';
import { openApiDocument } from './openapi/document.js';

/** `npm run openapi`: the document needs the routes, not a database, so nothing is instantiated. */
const app = await NestFactory.create(AppModule.with(parseEnv({})), new FastifyAdapter(), {
  preview: true,
  logger: false,
});
writeFileSync('openapi.json', `${JSON.stringify(openApiDocument(app), null, 2)}\n`);
