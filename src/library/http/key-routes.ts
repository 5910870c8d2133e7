import { Type } from 'typebox';
import { allow } from './access.js';
import { auditEntry } from './audited.js';
import type { Routes } from './library-app.js';
import type { LookUpParts } from './look-up-parts.js';
import { invalid, Refusal } from './refusal.js';
import { exactly, oneOf, orNull } from './schemas.js';

const KeyOnTheWire = Type.Object({
  isSet: Type.Boolean(),
  masked: orNull(Type.String({ description: 'Its last four digits.' })),
  source: oneOf(['settings', 'environment', 'simulator']),
});

const Key = Type.String({ minLength: 1, maxLength: 200, description: '64 hexadecimal digits.' });

/** The VirusTotal key, which never goes out. */
export function keyRoutes({ vault, engine, bulk, audit }: LookUpParts): Routes {
  const url = '/api/settings/virustotal-key';
  const config = allow('super_admin');
  return (app) => {
    app.get(
      url,
      {
        config,
        schema: { summary: 'Whether there is a key, and from where', response: { 200: KeyOnTheWire } },
      },
      () => vault.state(),
    );
    app.put(
      url,
      {
        config,
        schema: {
          summary: 'Sets the key, in place of that of the environment or of the simulator',
          body: exactly({ key: Key }),
          response: { 200: KeyOnTheWire },
        },
      },
      async (request) => {
        const fault = await vault.set(request.body.key);
        if (fault !== undefined) throw invalid('key', fault);
        await bulk.keyChanged();
        const state = await vault.state();
        await audit.add(auditEntry(request, 'virustotal-key.set', null, { masked: state.masked }));
        return state;
      },
    );
    app.delete(
      url,
      {
        config,
        schema: {
          summary: 'Removes the key that was set; that of the environment, or the simulator, takes its place',
          response: { 200: KeyOnTheWire },
        },
      },
      async (request) => {
        const { source, masked } = await vault.state();
        if (source === 'environment')
          throw new Refusal(409, 'The key is in the environment (VIRUSTOTAL_TOKEN); remove it there.');
        await vault.clear();
        await bulk.keyChanged();
        if (source === 'settings')
          await audit.add(auditEntry(request, 'virustotal-key.remove', null, { masked }));
        return vault.state();
      },
    );
    app.post(
      `${url}/test`,
      {
        config,
        schema: {
          summary: 'Asks VirusTotal whether it takes the key that is set, or another; free of charge',
          body: exactly({ key: Type.Optional(Key) }),
          response: { 200: Type.Object({ ok: Type.Boolean(), message: Type.String() }) },
        },
      },
      ({ body }) => engine.test(body.key),
    );
  };
}
