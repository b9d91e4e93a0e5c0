"""aiohttp and DuckDB: batches of profiles as Arrow tables, inserted by DuckDB; then a CSV file.

It does not retry, keeps no answer, and loses what is not inserted yet if it is killed. It has no history, and its next run
fetches everything again.
"""

import asyncio
import os

import duckdb
import pyarrow

from profiles import COLUMNS, DATABASE, FOLDER, fetch_all, flatten, verify

ARROW = {"text": pyarrow.string(), "list": pyarrow.string(), "count": pyarrow.int64(), "flag": pyarrow.bool_()}
SCHEMA = pyarrow.schema([(column["name"], ARROW[column["type"]]) for column in COLUMNS])


async def main():
    connection = duckdb.connect(DATABASE)
    empty = SCHEMA.empty_table()
    connection.execute("CREATE TABLE creators AS FROM empty")
    async for profiles in fetch_all():
        batch = pyarrow.Table.from_pylist([flatten(profile, {}) for profile in profiles], schema=SCHEMA)
        connection.execute("INSERT INTO creators FROM batch")
    connection.execute("COPY creators TO ? (FORMAT csv)", [os.path.join(FOLDER, "creators.csv")])
    verify(connection.execute("SELECT count(DISTINCT user_id) FROM creators").fetchone()[0])
    connection.close()


asyncio.run(main())
