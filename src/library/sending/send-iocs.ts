import type { IocPages } from '../export/exported-ioc.js';
import type { StixExportOptions } from '../export/stix.js';
import { stixBundles } from '../export/stix-bundles.js';
import type { Platform, PlatformConnection } from './platform-port.js';
import { SendingError, type Sent } from './sending-error.js';

/**
 * Sends IOCs to a platform as STIX, in as many bundles as they need, one after the other. Nothing counts as sent that was
 * not confirmed. Where there is nothing to send, the platform is not asked for anything.
 *
 * @throws SendingError when not everything was taken; it says how much was.
 */
export async function sendIocs(
  pages: IocPages,
  options: StixExportOptions,
  platform: Platform,
): Promise<Sent> {
  const { maxCharacters } = platform;
  let connection: PlatformConnection | undefined;
  let done: Sent = { sent: 0, bundles: 0 };
  try {
    for await (const { bundle, iocs } of stixBundles(pages, { ...options, maxCharacters })) {
      connection ??= await platform.connect();
      await connection.deliver(titleOf(options.author, iocs, done.bundles), bundle);
      done = { sent: done.sent + iocs, bundles: done.bundles + 1 };
    }
  } catch (error) {
    throw new SendingError(done, error);
  } finally {
    await connection?.close();
  }
  return done;
}

function titleOf(author: string, iocs: number, before: number): string {
  const part = before === 0 ? '' : ` (part ${before + 1})`;
  return `IOC library of ${author}: ${iocs} ${iocs === 1 ? 'IOC' : 'IOCs'}${part}`;
}
