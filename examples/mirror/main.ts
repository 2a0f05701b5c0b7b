import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { MirrorModule } from './mirror.module.js';
import { readSettings } from './settings.js';

/** `npm run example:mirror` */
const settings = readSettings();
const app = await NestFactory.create<NestFastifyApplication>(
  MirrorModule.with(settings),
  new FastifyAdapter(),
  { rawBody: true },
);
app.useBodyParser('application/cloudevents+json', {}, (_request, body, done) => {
  done(null, JSON.parse(body.toString()));
});
app.enableShutdownHooks();
await app.listen(settings.port, '127.0.0.1');
new Logger('mirror').log(
  `webhooks: ${await app.getUrl()}/hook, feed: ${settings.followsFeed ? 'followed' : 'not followed'}`,
);
