#!/usr/bin/env bash
# Fetches clients that others wrote, by pip and Maven as they are set up here, into the folder given: of each the oldest
# that must be able to open a published file, one in between, and the newest there is. What is there already stays.
set -eu
folder=$1
oldest=1.2.0
between=1.4.4

fetch_python() {
  local new=$folder/new
  rm -rf "$new"
  python3 -m venv "$new"
  # Python's client hands instants with a zone over by pytz, and does not bring it.
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
  echo 'no python3: its client is left out' >&2
fi

if command -v mvn >/dev/null && command -v javac >/dev/null; then
  for version in $oldest $between.0; do
    [ -f "$folder/jdbc-$version.jar" ] || fetch_jdbc "$version"
  done
  fetch_jdbc RELEASE
else
  echo 'no mvn or no JDK: the JDBC driver is left out' >&2
fi
