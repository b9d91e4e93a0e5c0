"""dlt into DuckDB: `nested`, profiles as dlt finds them, which makes child tables of their lists; or `arrow`, tables of flat rows.

Calls are made with aiohttp, so that as many are in flight as for the others. dlt keeps the extracted rows in files and can
load them again, but an answer is not durable when the call ends: extraction starts again after a crash. It writes no CSV
file, and has no history unless a merge strategy is chosen.
"""

import os
import sys

from profiles import COLUMNS, DATABASE, FOLDER, fetch_all, flatten, verify

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    # As dlt advises for one resource: files of a limited size, so that several processes normalize and threads load them.
    "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "10000",
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "10000",
    "NORMALIZE__WORKERS": "2",
    "NORMALIZE__START_METHOD": "fork",
}

import dlt  # noqa: E402
import pyarrow  # noqa: E402

ARROW = {"text": pyarrow.string(), "list": pyarrow.string(), "count": pyarrow.int64(), "flag": pyarrow.bool_()}
SCHEMA = pyarrow.schema([(column["name"], ARROW[column["type"]]) for column in COLUMNS])


@dlt.resource(name="creators", write_disposition="replace")
async def nested():
    async for profiles in fetch_all():
        yield profiles


@dlt.resource(name="creators", write_disposition="replace")
async def arrow():
    async for profiles in fetch_all():
        yield pyarrow.Table.from_pylist([flatten(profile, {}) for profile in profiles], schema=SCHEMA)


if __name__ == "__main__":
    pipeline = dlt.pipeline(
        "creators",
        pipelines_dir=os.path.join(FOLDER, "dlt"),
        destination=dlt.destinations.duckdb(DATABASE),
        dataset_name="creators_data",
    )
    # Parquet is dlt's advice for wide tables in DuckDB.
    pipeline.run(arrow() if sys.argv[5] == "arrow" else nested(), loader_file_format="parquet")
    with pipeline.sql_client() as client:
        verify(client.execute_sql("SELECT count(*) FROM creators")[0][0])
