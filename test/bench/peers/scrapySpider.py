"""Scrapy: a spider with a start request for each id, an item pipeline that inserts Arrow tables into DuckDB, and a CSV feed.

Scrapy retries. It keeps no answer, and loses what is not inserted yet if it is killed. It has no history.
"""

import os
from urllib.parse import urlencode

import duckdb
import pyarrow
import scrapy
from scrapy.crawler import CrawlerProcess

from profiles import BATCH, COLUMNS, CONCURRENCY, DATABASE, FOLDER, IDS, PATH, TOKEN, URL, checked, flatten, verify

ARROW = {"text": pyarrow.string(), "list": pyarrow.string(), "count": pyarrow.int64(), "flag": pyarrow.bool_()}
SCHEMA = pyarrow.schema([(column["name"], ARROW[column["type"]]) for column in COLUMNS])


class Creators(scrapy.Spider):
    name = "creators"

    async def start(self):
        for user_id in IDS:
            query = urlencode({"userId": user_id, "token": TOKEN})
            # Ids are unique, so the filter of duplicates has nothing to do.
            yield scrapy.Request(f"{URL}{PATH}?{query}", dont_filter=True)

    def parse(self, response):
        yield flatten(checked(response.status, response.body), {})


class IntoDuckdb:
    def open_spider(self):
        self.connection = duckdb.connect(DATABASE)
        empty = SCHEMA.empty_table()
        self.connection.execute("CREATE TABLE creators AS FROM empty")
        self.rows = []

    def process_item(self, item):
        self.rows.append(item)
        if len(self.rows) == BATCH:
            self.insert()
        return item

    def insert(self):
        batch = pyarrow.Table.from_pylist(self.rows, schema=SCHEMA)
        self.connection.execute("INSERT INTO creators FROM batch")
        self.rows = []

    def close_spider(self):
        self.insert()
        self.connection.close()


# The advice of Scrapy's page on broad crawls, without what serves browsers and websites.
process = CrawlerProcess(
    {
        "CONCURRENT_REQUESTS": CONCURRENCY,
        "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
        "DOWNLOAD_DELAY": 0,
        # Scrapy starts so many tasks for each response, and a response has one item. With the default, 100, it is much slower.
        "CONCURRENT_ITEMS": 1,
        "LOG_LEVEL": "WARNING",
        "COOKIES_ENABLED": False,
        "REDIRECT_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "HTTPCOMPRESSION_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "ITEM_PIPELINES": {IntoDuckdb: 300},
        "FEEDS": {os.path.join(FOLDER, "creators.csv"): {"format": "csv", "fields": SCHEMA.names}},
    }
)
process.crawl(Creators)
process.start()
with duckdb.connect(DATABASE, read_only=True) as database:
    verify(database.execute("SELECT count(DISTINCT user_id) FROM creators").fetchone()[0])
