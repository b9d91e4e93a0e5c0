#!/usr/bin/env bash
# Singer: a tap and target-duckdb, each in its own environment, as Singer advises. The fifth argument is the folder of both.
set -euo pipefail
url=$1 list=$2 folder=$3 columns=$4 environments=$5
here=$(dirname "$0")

cat >"$folder/target.json" <<EOT
{ "path": "$folder/creators.duckdb", "default_target_schema": "main", "temp_dir": "$folder" }
EOT
"$environments/singer-tap/bin/python" "$here/singerTap.py" "$url" "$list" "$folder" "$columns" |
  "$environments/singer-target/bin/target-duckdb" --config "$folder/target.json" >"$folder/state.json"
"$environments/singer-target/bin/python" - "$folder/creators.duckdb" "$list" <<'EOT'
import sys, duckdb
ids = sum(1 for _ in open(sys.argv[2])) - 1
rows = duckdb.connect(sys.argv[1], read_only=True).execute("SELECT count(*) FROM creators").fetchone()[0]
sys.exit(None if rows == ids else f"{rows} rows for {ids} ids")
EOT
