import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collector = (options: { readonly type: 'minor' }) => void;

let collector: Collector | undefined;

/**
 * Frees the buffers that have just fallen out of use. V8 does so by itself only when there are some 32 MB of them
 * (`Heap::AllocateExternalBackingStore`): whoever streams a file would let the process grow by that much although no
 * more than a few pieces are in use at a time. It takes about a millisecond.
 */
export function collectYoungGarbage(): void {
  collector ??= exposedCollector();
  collector({ type: 'minor' });
}

/** What `node --expose-gc` shows as `gc`, without that flag being given: contexts that are made after it is set have it. */
function exposedCollector(): Collector {
  setFlagsFromString('--expose-gc');
  try {
    const gc: unknown = runInNewContext('globalThis.gc');
    // A runtime without it only takes more memory.
    return typeof gc === 'function' ? (gc as Collector) : () => undefined;
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
