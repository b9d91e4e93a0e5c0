"""Opens a published file read-only, reads each table and view completely, and prints one line of JSON about each.

Argument: the file. The digest covers all cells as text from DuckDB; the order of the rows does not change it.
"""

import hashlib
import json
import sys

import duckdb

connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("SET TimeZone = 'UTC'")
relations = connection.execute(
    "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name"
).fetchall()
for name, kind in relations:
    relation = connection.sql(f'SELECT * FROM "{name}"')
    types = [str(type) for type in relation.types]
    rows = len(connection.execute(f'SELECT * FROM "{name}"').fetchall())
    (count,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
    texts = connection.execute(f'SELECT COLUMNS(*)::VARCHAR FROM "{name}"').fetchall()
    lines = sorted("\x1f".join("\x00" if cell is None else cell for cell in row).encode() for row in texts)
    digest = hashlib.sha256(b"\n".join(lines)).hexdigest()
    description = {"name": name, "view": kind == "VIEW", "types": types, "rows": rows, "count": count, "digest": digest}
    print(json.dumps(description))
