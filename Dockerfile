# The command creator-enrich, with the data folder in the volume /data:
#   docker build -t creator-enrich .
#   docker run --rm --init -e JUSTONEAPI_TOKEN -v "$PWD/data:/data" -v "$PWD:/lists:ro" creator-enrich run /lists/creators.csv
ARG NODE=node:24-bookworm-slim

FROM ${NODE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm ci --omit=dev --ignore-scripts && rm -f dist/.tsbuildinfo

FROM ${NODE}
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /src/package.json /src/LICENSE /src/README.md ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY --from=build /src/data/samples data/samples
RUN ln -s /app/dist/src/cli.js /usr/local/bin/creator-enrich && chmod +x dist/src/cli.js && install -d -o node -g node -m 770 /data
ENV CREATOR_ENRICH_DATA=/data
VOLUME /data
USER node
# /data is no place for a .env of somebody else: the program reads one only in the current folder.
WORKDIR /app
# tini passes signals on and reaps children. SIGTERM stops a run in order: give it the time of one call (docker stop -t 130).
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "creator-enrich"]
CMD ["--help"]
