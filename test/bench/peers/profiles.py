"""What the Python peers share: the job, the calls with aiohttp, and one profile as a flat row.

Every peer is called with the address, the CSV file of ids, its output folder and the JSON file of the columns. The
environment holds the token and the number of calls in flight.
"""

import asyncio
import csv
import json
import os
import sys

import orjson

URL, LIST, FOLDER, COLUMNS_FILE = sys.argv[1:5]
TOKEN = os.environ["JUSTONEAPI_TOKEN"]
CONCURRENCY = int(os.environ["CONCURRENCY"])
PATH = "/api/xiaohongshu/get-user/v3"
DATABASE = os.path.join(FOLDER, "creators.duckdb")
BATCH = 2_000

with open(COLUMNS_FILE, encoding="utf-8") as file:
    COLUMNS = json.load(file)

with open(LIST, encoding="utf-8", newline="") as file:
    IDS = [row["user_id"] for row in csv.DictReader(file)]

NAMES = {column["path"]: column["name"] for column in COLUMNS}


def flatten(value, row, prefix=""):
    """Nested objects become cells by their path, and lists JSON text; counts shown on the profile are found by their type."""
    for key, inner in value.items():
        path = prefix + key
        if isinstance(inner, dict) and path not in NAMES:
            flatten(inner, row, path + ".")
            continue
        if isinstance(inner, list):
            for item in inner if path == "interactions" else ():
                flatten(item, row, f"interactions[type={item['type']}].")
        if (name := NAMES.get(path)) is not None:
            row[name] = orjson.dumps(inner).decode() if isinstance(inner, (list, dict)) else inner
    return row


def checked(status, body):
    """The profile in an answer. The peers expect that every call succeeds, as it does in the benchmark."""
    answer = orjson.loads(body)
    if status != 200 or answer["code"] != 0:
        raise RuntimeError(f"HTTP {status}, code {answer['code']}")
    return answer["data"]


async def fetch_all():
    """Yields the profiles as they arrive, in lists of up to BATCH."""
    import aiohttp

    waiting = iter(IDS)
    arrived = asyncio.Queue(maxsize=BATCH)

    async def worker(session):
        for user_id in waiting:
            async with session.get(PATH, params={"userId": user_id, "token": TOKEN}) as response:
                await arrived.put(checked(response.status, await response.read()))

    async with aiohttp.ClientSession(URL, connector=aiohttp.TCPConnector(limit=CONCURRENCY)) as session:
        async with asyncio.TaskGroup() as group:
            for _ in range(CONCURRENCY):
                group.create_task(worker(session))
            left = len(IDS)
            while left > 0:
                batch = [await arrived.get() for _ in range(min(left, BATCH))]
                left -= len(batch)
                yield batch


def verify(rows):
    if rows != len(IDS):
        raise RuntimeError(f"{rows} rows for {len(IDS)} ids")
