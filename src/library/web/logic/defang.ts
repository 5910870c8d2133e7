import type { IocType } from '../api.js';

/** A value that no mail client or chat turns into a link; hashes stay as they are. */
export function defang(type: IocType, value: string): string {
  switch (type) {
    case 'md5':
    case 'sha1':
    case 'sha256':
      return value;
    case 'ipv6':
      return value.replaceAll(':', '[:]');
    case 'domain':
    case 'hostname':
    case 'ipv4':
      return value.replaceAll('.', '[.]');
    case 'url': {
      const [, scheme = '', authority = '', rest = ''] =
        /^([a-z][a-z\d+.-]*:\/\/)?([^/?#]*)(.*)$/is.exec(value) ?? [];
      return `${scheme.replace(/^http/i, 'hxxp')}${authority.replaceAll('.', '[.]')}${rest}`;
    }
  }
}
