import fastifyStatic from '@fastify/static';
import { isGuarded } from './access.js';
import type { LibraryApp } from './library-app.js';
import { noSuchRoute, sendProblem } from './problems.js';

/**
 * Serves the built page. The addresses of its views are the browser's: what is neither a file of the page nor a route of
 * the API is the page itself.
 *
 * @param folder - Absolute path of the built page.
 */
export async function servePage(app: LibraryApp, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    preCompressed: true,
    // Names of assets hold a hash of their content; the page that names them must not be older than they.
    setHeaders: (reply, path) => {
      const isHashed = /[\\/]assets[\\/]/.test(path);
      void reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    const isView = (method === 'GET' || method === 'HEAD') && !isGuarded(url) && !url.startsWith('/assets/');
    return isView ? reply.sendFile('index.html') : sendProblem(reply, noSuchRoute(request));
  });
}
