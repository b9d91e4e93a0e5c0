#!/usr/bin/env bash
# Brings Debian's Chromium for the tests of the report, where it is missing and can be had. Root installs it; anybody else
# downloads it and its libraries into the given folder. Prints the folder to be put on the PATH; nothing if there is none.
set -eu
folder=$1

say() { echo "chromium: $*" >&2; }

install_it() {
  say 'installing it with apt-get'
  $1 apt-get update -qq >&2 </dev/null || true
  $1 env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2 </dev/null
}

extract_it() {
  say "downloading it to $folder"
  rm -rf "$folder" && mkdir -p "$folder/packages" "$folder/bin"
  local packages library
  packages=$(apt-get install --simulate --no-install-recommends chromium </dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
  (cd "$folder/packages" && apt-get download -qq $packages >&2 </dev/null)
  for package in "$folder"/packages/*.deb; do dpkg-deb --extract "$package" "$folder/root"; done
  rm -r "$folder/packages"
  library=$folder/root/usr/lib
  printf '#!/bin/sh\nexport LD_LIBRARY_PATH=%s\nexec %s/chromium/chromium --no-sandbox "$@"\n' \
    "$(printf '%s:' "$library"/*-linux-gnu "$folder"/root/lib/*-linux-gnu)" "$library" >"$folder/bin/chromium"
  chmod +x "$folder/bin/chromium"
  "$folder/bin/chromium" --version >&2
}

if command -v chromium >/dev/null; then
  exit
elif [ -x "$folder/bin/chromium" ]; then
  echo "$folder/bin"
elif ! command -v apt-get >/dev/null; then
  say 'this system has no apt-get: the tests in a browser are skipped'
elif [ "$(id -u)" = 0 ]; then
  install_it '' || say 'apt-get cannot install it: the tests in a browser are skipped'
elif sudo -n true 2>/dev/null; then
  install_it 'sudo -n' || say 'apt-get cannot install it: the tests in a browser are skipped'
elif extract_it; then
  echo "$folder/bin"
else
  rm -rf "$folder"
  say 'it cannot be downloaded: the tests in a browser are skipped'
fi
