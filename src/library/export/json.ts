import type { IocPages } from './exported-ioc.js';

/** The IOCs as a JSON array with an object in each line, one page after the other. */
export async function* exportJson(pages: IocPages): AsyncGenerator<string, void, undefined> {
  let separator = '[\n';
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield separator + page.map((ioc) => JSON.stringify(ioc)).join(',\n');
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
