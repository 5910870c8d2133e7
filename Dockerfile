# syntax=docker/dockerfile:1

FROM node:24-alpine AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-alpine
# An init that forwards signals and reaps children: the connector must see SIGTERM to hand its work back.
RUN apk add --no-cache tini
# A small young generation, and, where the C library is glibc, few arenas: less memory for no measurable processor time
# (docs/performance.md).
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=4 \
    MALLOC_ARENA_MAX=2 \
    CONNECTOR_HEALTH_PORT=9096 \
    STATE_PATH=/var/lib/connector/state.sqlite \
    LIBRARY_DATABASE_PATH=/var/lib/connector/library.sqlite \
    LIBRARY_STATE_PATH=/var/lib/connector/library-state.sqlite \
    LIBRARY_SECRET_FILE=/var/lib/connector/library.secret
# Also the working directory: config.yml is looked for here.
WORKDIR /opt/connector
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY docker/healthcheck.mjs ./docker/
# The one place where the process may write: the quota used, the cached reports, the requests that wait for an analysis,
# and what the library keeps. Mount a volume here.
RUN mkdir -p /var/lib/connector && chown node:node /var/lib/connector
USER node
EXPOSE 7070 7171 9095 9096
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/opt/connector/docker/healthcheck.mjs"]
# Absolute, so that another working directory does no harm.
ENTRYPOINT ["/sbin/tini", "--", "node", "/opt/connector/dist/main.js"]
CMD ["serve"]
