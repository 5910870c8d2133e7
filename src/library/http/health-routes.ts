import { Type } from 'typebox';
import { allowAnyone } from './access.js';
import type { LibraryApp } from './library-app.js';

const Health = Type.Object({ status: Type.String() });

/** `/health/live` while the process answers, `/health/ready` while the database does too. */
export function addHealth(app: LibraryApp, isReady: () => Promise<boolean>): void {
  const schema = { response: { 200: Health, 503: Health } };
  app.get('/health/live', { config: allowAnyone, schema }, () => ({ status: 'ok' }));
  app.get('/health/ready', { config: allowAnyone, schema }, async (_request, reply) => {
    const ready = await isReady();
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable' });
  });
}
