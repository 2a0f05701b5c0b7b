# syntax=docker/dockerfile:1
# One image for the service and its migration: see docs/deploy.md. `--target issuer` is an issuer for trying out.

# The development dependencies hold a Node of their own, which needs glibc.
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build && find dist -name '*.map' -delete

FROM build AS issuer
COPY deploy/issuer deploy/issuer
ENV HOST=0.0.0.0
USER node
EXPOSE 9000
CMD ["node", "deploy/issuer/issuer.js"]

# What is not in the bundle (scripts/bundle.js), built for musl.
FROM node:24-alpine AS modules
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/client/package.json packages/client/
RUN npm ci --omit=dev --no-audit --no-fund \
    && find node_modules/swagger-ui-dist -name '*.map' -delete \
    && rm -rf node_modules/bcrypt/prebuilds/darwin-* node_modules/bcrypt/prebuilds/win32-*

FROM alpine:3.22
RUN apk add --no-cache libstdc++ \
    && addgroup -g 10001 nameplate \
    && adduser -D -H -u 10001 -G nameplate nameplate
WORKDIR /app
COPY --from=modules /usr/local/bin/node /usr/local/bin/node
COPY --from=modules /app/node_modules/@node-rs node_modules/@node-rs
COPY --from=modules /app/node_modules/bcrypt node_modules/bcrypt
COPY --from=modules /app/node_modules/node-gyp-build node_modules/node-gyp-build
COPY --from=modules /app/node_modules/reflect-metadata node_modules/reflect-metadata
COPY --from=modules /app/node_modules/swagger-ui-dist node_modules/swagger-ui-dist
COPY package.json LICENSE ./
COPY --from=build /app/dist dist
ENV NODE_ENV=production
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD wget -q -O /dev/null "http://127.0.0.1:${PORT:-3000}/health/ready" || exit 1
# The migration: node dist/migrate.js run
CMD ["node", "--max-semi-space-size=8", "dist/main.js"]
