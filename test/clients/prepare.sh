#!/usr/bin/env bash
# Fetches DuckDB clients into the given folder with pip and Maven: the oldest version that must open a published file, one in
# between, and the newest. Versions that are already in the folder stay.
set -eu
folder=$1
oldest=1.2.0
between=1.4.4

fetch_python() {
  local new=$folder/new
  rm -rf "$new"
  python3 -m venv "$new"
  # Python's client needs pytz for TIMESTAMPTZ values, but does not install it.
  "$new/bin/python" -m pip install --quiet "$1" pytz
  local version
  version=$("$new/bin/python" -c 'import duckdb; print(duckdb.__version__)')
  rm -rf "$folder/python-$version"
  mv "$new" "$folder/python-$version"
  echo "duckdb $version for Python"
}

fetch_jdbc() {
  local new=$folder/new
  rm -rf "$new"
  mvn --quiet --batch-mode dependency:copy "-Dartifact=org.duckdb:duckdb_jdbc:$1" "-DoutputDirectory=$new"
  local version
  version=$(basename "$new"/duckdb_jdbc-*.jar .jar)
  version=${version#duckdb_jdbc-}
  mv "$new/duckdb_jdbc-$version.jar" "$folder/jdbc-$version.jar"
  rm -rf "$new"
  echo "duckdb_jdbc $version for Java"
}

mkdir -p "$folder"

if command -v python3 >/dev/null; then
  for version in $oldest $between; do
    [ -d "$folder/python-$version" ] || fetch_python "duckdb==$version"
  done
  fetch_python duckdb
else
  echo 'no python3: the Python client is skipped' >&2
fi

if command -v mvn >/dev/null && command -v javac >/dev/null; then
  for version in $oldest $between.0; do
    [ -f "$folder/jdbc-$version.jar" ] || fetch_jdbc "$version"
  done
  fetch_jdbc RELEASE
else
  echo 'no mvn or no JDK: the JDBC driver is skipped' >&2
fi
