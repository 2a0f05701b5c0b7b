import { rmSync } from 'node:fs';
import { testServer } from './test-server.js';

export default async function tearDown(): Promise<void> {
  await testServer.current?.stop();
  if (testServer.current) rmSync(testServer.current.folder, { recursive: true, force: true });
}
