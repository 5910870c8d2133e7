import swagger from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { Type, type TSchema } from 'typebox';
import type { Access } from './access.js';
import { allowAnyone } from './access.js';
import type { LibraryApp } from './library-app.js';
import { Problem } from './problems.js';

/**
 * Describes every route that is added later in an OpenAPI document at `/api/openapi.json`. Beside the standard it says of
 * each operation who may use it: `x-role`, and `x-scope` where an API token may.
 */
export async function describeRoutes(app: LibraryApp, version: string): Promise<void> {
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/api/')) return;
    const response = route.schema?.response as Readonly<Record<string, TSchema>> | undefined;
    route.schema = { ...route.schema, response: { ...response, '4xx': Problem, '5xx': Problem } };
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'IOC library',
        description:
          'Keeps IOCs, looks them up on VirusTotal and follows their relations. Changes by a session need the header x-csrf-token.',
        version,
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'session' },
        },
      },
    },
    transform: ({ schema, url, route }) => ({
      url,
      schema: { ...(schema as FastifySchema | undefined), ...whoMay(route.config?.access) },
    }),
  });
  app.get(
    '/api/openapi.json',
    { config: allowAnyone, schema: { summary: 'This document', response: { 200: Type.Unknown() } } },
    () => app.swagger(),
  );
}

function whoMay(access: Access | undefined): object {
  if (access === undefined) return { hide: true };
  if (access === 'anyone') return { 'x-role': 'anyone', security: [] };
  const { role, scope } = access;
  return {
    'x-role': role,
    ...(scope === undefined ? {} : { 'x-scope': scope }),
    security: [{ session: [] }, ...(scope === undefined ? [] : [{ token: [] }])],
  };
}
