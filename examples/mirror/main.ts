import 'reflect-metadata';
import { isatty } from 'node:tty';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { MirrorModule } from './mirror.module.js';
import { readSettings } from './settings.js';

/** `npm run example:mirror` */
const settings = readSettings();
const app = await NestFactory.create<NestFastifyApplication>(
  MirrorModule.with(settings),
  new FastifyAdapter(),
  {
    rawBody: true,
    // Nest colours a file, too. hasColors knows NO_COLOR.
    logger: new ConsoleLogger({ colors: isatty(1) && process.stdout.hasColors() }),
  },
);
app.useBodyParser('application/cloudevents+json', {}, (_request, body, done) => {
  done(null, JSON.parse(body.toString()));
});
app.enableShutdownHooks();
await app.listen(settings.port, '127.0.0.1');
new Logger('mirror').log(
  `webhooks: ${await app.getUrl()}/hook, feed: ${settings.followsFeed ? 'followed' : 'not followed'}`,
);
