import { describe, expect, it, vi } from 'vitest';
import { recordedLogger } from '../../test/helpers/recorded-logger.js';
import { ConnectorError } from '../shared/connector-error.js';
import { capabilitiesOf, parsePlatformVersion } from './graphql/capabilities.js';
import { Registrar, type RegistrarOptions } from './registrar.js';
import type { Registration } from './registration.js';

const AWAY = new ConnectorError('OpenCTI could not be reached', 'transient');

function registrationWith(pass: string): Registration {
  return { connection: { pass }, listen: { queue: 'listen' }, push: { queue: 'push' } } as Registration;
}

function registrarOf(register: RegistrarOptions['register'], quietMs = 0) {
  const { logger, lines } = recordedLogger();
  const registrar = new Registrar({ register, logger, quietMs, sleep: () => Promise.resolve() });
  return { registrar, said: () => lines.filter(({ level }) => level !== 'debug').map(({ msg }) => msg) };
}

describe('Registrar', () => {
  it('waits for a platform that is away, and says so once', async () => {
    const register = vi.fn(() => Promise.resolve(registrationWith('a')));
    for (let tries = 0; tries < 10; tries += 1) register.mockRejectedValueOnce(AWAY);
    const { registrar, said } = registrarOf(register);
    expect(await registrar.first()).toBe(registrar.current);
    expect(register).toHaveBeenCalledTimes(11);
    expect(said()).toEqual(['OpenCTI cannot be reached; trying again']);
    expect(registrar.trouble).toBeUndefined();
  });

  it('does not wait when the platform refuses', async () => {
    const refusal = new ConnectorError('check OPENCTI_TOKEN', 'configuration');
    const { registrar } = registrarOf(() => Promise.reject(refusal));
    await expect(registrar.first()).rejects.toBe(refusal);
  });

  it('does not wait on after it was closed', async () => {
    const { registrar } = registrarOf(() => Promise.reject(AWAY));
    const first = registrar.first();
    await registrar.close();
    await expect(first).rejects.toBe(AWAY);
  });

  it('registers once for many who ask at a time, and says what is new', async () => {
    const register = vi.fn(() => Promise.resolve(registrationWith('a')));
    const { registrar, said } = registrarOf(register);
    await registrar.first();
    register.mockResolvedValue(registrationWith('b'));
    await Promise.resolve();
    registrar.renew('queue is gone');
    registrar.renew('queue is gone');
    await Promise.all([registrar.again(), registrar.again()]);
    expect(register).toHaveBeenCalledTimes(2);
    expect(registrar.current.connection.pass).toBe('b');
    expect(said()).toEqual(['registered with OpenCTI again']);
  });

  it('does nothing for a while after it has registered', async () => {
    const register = vi.fn(() => Promise.resolve(registrationWith('a')));
    const { registrar } = registrarOf(register, 60_000);
    await registrar.first();
    registrar.renew('queue is gone');
    expect(register).toHaveBeenCalledTimes(1);
  });

  it('keeps what it has when the platform is away, and says so once', async () => {
    const register = vi.fn(() => Promise.resolve(registrationWith('a')));
    const { registrar, said } = registrarOf(register);
    await registrar.first();
    register.mockRejectedValue(AWAY);
    for (let tries = 0; tries < 3; tries += 1) {
      registrar.renew('queue is gone');
      await expect(registrar.again()).rejects.toBe(AWAY);
    }
    expect(registrar.current.connection.pass).toBe('a');
    expect(said()).toEqual(['connector could not be registered again; trying again']);
  });

  it('says when the platform has become another version, and else keeps what it knew', async () => {
    const of = (versionText: string): Registration => ({
      ...registrationWith('a'),
      versionText,
      capabilities: capabilitiesOf(parsePlatformVersion(versionText)),
    });
    const register = vi.fn((_signal: AbortSignal, _before?: Registration) => Promise.resolve(of('6.2.0')));
    const { registrar, said } = registrarOf(register);
    const first = await registrar.first();
    register.mockResolvedValueOnce(of('6.2.1'));
    expect((await registrar.again()).capabilities).toBe(first.capabilities);
    expect(register.mock.calls.map(([, before]) => before?.versionText)).toEqual([undefined, '6.2.0']);
    register.mockResolvedValueOnce(of('7.260817.0'));
    expect((await registrar.again()).capabilities.drafts).toBe(true);
    expect(said()).toEqual([
      'OpenCTI can do other things than before; the connector goes by them from now on',
    ]);
  });
});
