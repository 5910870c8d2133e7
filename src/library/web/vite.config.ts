import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Smaller files travel in one packet anyway. */
const LEAST_BYTES = 1_024;

/** Puts a compressed copy beside every file, so that the server compresses nothing while somebody waits. */
const compressed: Plugin = {
  name: 'compressed',
  apply: 'build',
  // After everybody else, `index.html` included.
  enforce: 'post',
  generateBundle(_options, bundle) {
    for (const [fileName, file] of Object.entries(bundle)) {
      const content = Buffer.from(file.type === 'chunk' ? file.code : file.source);
      if (content.length < LEAST_BYTES) continue;
      this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source: brotliCompressSync(content) });
      this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source: gzipSync(content, { level: 9 }) });
    }
  },
};

/** The page of the library: `npm run build:web` writes it to `dist/library/web`. */
export default defineConfig({
  root: here('.'),
  base: '/',
  plugins: [compressed],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../../../dist/library/web'),
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy allows no data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
