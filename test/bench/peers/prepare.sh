#!/usr/bin/env bash
# Installs the peers of `make bench` into the given folder with pip and npm, in the versions that are pinned here. A peer that
# is already there stays. The benchmark skips a peer that cannot be installed, so a failure here ends nothing.
set -u
folder=$1
mkdir -p "$folder"

# Each framework has an environment of its own, because their versions rarely agree.
fetch_python() {
  local name=$1
  shift
  local into=$folder/$name
  # Written last: an environment without it is an installation that was cut off.
  if [ "$(cat "$into/installed" 2>/dev/null)" = "$*" ]; then return; fi
  rm -rf "$into"
  if python3 -m venv "$into" && "$into/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; then
    echo "$*" >"$into/installed"
    echo "$name: $*"
  else
    rm -rf "$into"
    echo "$name cannot be installed: its peer is skipped" >&2
  fi
}

fetch_node() {
  local name=$1
  shift
  local into=$folder/$name
  if [ "$(cat "$into/installed" 2>/dev/null)" = "$*" ]; then return; fi
  rm -rf "$into"
  mkdir -p "$into"
  echo '{ "private": true, "type": "module" }' >"$into/package.json"
  if npm install --prefix "$into" --no-audit --no-fund --loglevel=error "$@"; then
    echo "$*" >"$into/installed"
    echo "$name: $*"
  else
    rm -rf "$into"
    echo "$name cannot be installed: its peer is skipped" >&2
  fi
}

# The same DuckDB as in package.json.
duckdb=duckdb==1.5.6

if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  fetch_python aiohttp 'aiohttp[speedups]==3.14.5' orjson==3.13.0 pyarrow==26.0.1 $duckdb
  fetch_python scrapy scrapy==2.19.0 orjson==3.13.0 pyarrow==26.0.1 $duckdb
  fetch_python dlt 'dlt[duckdb]==1.31.0' 'aiohttp[speedups]==3.14.5' orjson==3.13.0 pyarrow==26.0.1 $duckdb
  fetch_python singer-tap singer-sdk==0.54.9 'aiohttp[speedups]==3.14.5' orjson==3.13.0
  fetch_python singer-target target-duckdb==0.8.0 $duckdb
else
  echo 'no Python 3.11 or newer: aiohttp, Scrapy, dlt and Singer are skipped' >&2
fi

if command -v npm >/dev/null; then
  fetch_node crawlee @crawlee/http@3.18.1
else
  echo 'no npm: Crawlee is skipped' >&2
fi
