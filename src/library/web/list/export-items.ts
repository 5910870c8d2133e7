import { api } from '../client.js';
import type { MenuItem } from '../parts/menu.js';
import { run } from '../state/toasts.js';

/** The three exports of what these parameters name. */
export function exportItems(params: URLSearchParams): readonly MenuItem[] {
  return [
    { text: 'CSV', format: 'csv' },
    { text: 'JSON', format: 'json' },
    { text: 'STIX 2.1', format: 'stix' },
  ].map(({ text, format }) => {
    const href = `/api/iocs/export?${new URLSearchParams([['format', format], ...params]).toString()}`;
    return {
      text,
      icon: 'download',
      href,
      onChoose: () => {
        download(href);
      },
    };
  });
}

/** A browser does not say why it got no file: whether the server answers, and knows the session, is asked before. */
function download(href: string): void {
  run(async () => {
    await api.usage();
    const link = document.createElement('a');
    link.href = href;
    link.download = '';
    link.click();
  });
}
