#!/usr/bin/env bash
# Fetches the newest Node of each supported line into the given folder, from the packages of npm that hold only the binary.
# A line that is there already stays; one that cannot be fetched is named, and its tests are skipped.
set -eu
folder=$1
platform=$(node -p 'process.platform + "-" + process.arch')
mkdir -p "$folder"
for line in 20 22 24; do
  [ -x "$folder/$line/bin/node" ] && continue
  new=$folder/new-$line
  rm -rf "$new" "${folder:?}/$line"
  mkdir "$new"
  # No install script: the binary is in the package itself.
  if npm install --prefix "$new" --ignore-scripts --no-save --no-package-lock --loglevel=error "node-$platform@$line" >&2 &&
    "$new/node_modules/node-$platform/bin/node" --version; then
    mv "$new/node_modules/node-$platform" "$folder/$line"
  else
    echo "Node $line cannot be had for $platform: its tests are skipped" >&2
  fi
  rm -rf "$new"
done
