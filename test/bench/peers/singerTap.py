"""A Singer tap with the Singer SDK: its stream yields flat rows, which singer.sh pipes into a target of another environment.

The SDK's own REST stream makes one call at a time. This stream calls with aiohttp, as many at once as the others. Nothing is
durable on the way, there is no history, and no CSV file.
"""

import asyncio
import queue
import threading

from singer_sdk import Stream, Tap

from profiles import COLUMNS, fetch_all, flatten

JSON_TYPES = {
    "text": {"type": ["string", "null"]},
    "list": {"type": ["string", "null"]},
    # Without a maximum the target makes a HUGEINT of it.
    "count": {"type": ["integer", "null"], "maximum": 9223372036854775807},
    "flag": {"type": ["boolean", "null"]},
}


class Creators(Stream):
    name = "creators"
    primary_keys = ("user_id",)
    schema = {"type": "object", "properties": {column["name"]: JSON_TYPES[column["type"]] for column in COLUMNS}}

    def get_records(self, context):
        arrived = queue.Queue(maxsize=2)

        async def fetch():
            async for profiles in fetch_all():
                arrived.put([flatten(profile, {}) for profile in profiles])

        def run():
            try:
                asyncio.run(fetch())
                arrived.put(None)
            except BaseException as error:
                arrived.put(error)

        threading.Thread(target=run).start()
        while (batch := arrived.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield from batch


class TapCreators(Tap):
    name = "tap-creators"
    config_jsonschema = {"type": "object", "properties": {}}

    def discover_streams(self):
        return [Creators(self)]


TapCreators(config={}).sync_all()
