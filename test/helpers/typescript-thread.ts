import { Worker } from 'node:worker_threads';

const LOADER = new URL('./typescript-loader.mjs', import.meta.url).href;

/** A thread that runs a TypeScript source as it is. */
export function typescriptThread(source: URL): Worker {
  const script = `require('node:module').register(${JSON.stringify(LOADER)});
    import(${JSON.stringify(source.href)}).catch((error) => setImmediate(() => { throw error; }));`;
  return new Worker(script, { eval: true });
}
