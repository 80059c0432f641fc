"""The database over HTTP: writes through influxdb-client with its retries off, reads back in InfluxQL.

Both block, so they run in one thread of their own, under a deadline of the event loop. A call that outlives its
deadline keeps the thread; the next call waits for it, so at most one thread ever hangs.
"""

import asyncio
import http.client
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

import urllib3
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from pydantic import SecretStr

from config.schema import Influx
from station.journal.position import Position
from station.record.answers import Answer, retry_after_s
from station.record.points import layout
from station.wire.message import Message, MessageError
from station.wire.notices import ranges_from

log = logging.getLogger(__name__)

T = TypeVar("T")
TEXT_CHARS = 300
LARGEST_ANSWER_BYTES = 1_000_000
_TROUBLE = (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)


class Found(NamedTuple):
    """What a query gave: the answer, and its series if the answer is 200."""

    answer: Answer
    series: list[dict[str, Any]]


class Database:
    """One InfluxDB: 1.8, 2.x or 3.x, or 1.6 behind a proxy that maps /api/v2/write."""

    def __init__(self, influx: Influx, token: SecretStr | None) -> None:
        self._influx = influx
        secret = token.get_secret_value() if token else None
        self._headers = {"Authorization": f"Token {secret}"} if secret else {}
        self._client: Any = InfluxDBClient(
            url=influx.url, token=secret or "", org=influx.org, timeout=int(influx.timeout_s * 1000), retries=False
        )
        self._write_api: Any = self._client.write_api(write_options=SYNCHRONOUS)
        self._http = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="influx")

    async def write(self, lines: list[str]) -> Answer:
        """Write the lines in one request."""
        body = "\n".join(lines).encode()
        return await self._within_deadline(lambda: self.write_now(body), Answer(None, "no answer within the deadline"))

    async def positions(self, station: str, recorder: str) -> tuple[Answer, list[Position]]:
        """What this recorder wrote last of each journal. The list counts only if the answer is 200."""
        nothing = Found(Answer(None, "no answer within the deadline"), [])
        query = (
            f'SELECT "seq", "ranges" FROM "position" WHERE "station" = {_quoted(station)} '  # noqa: S608 - InfluxQL, quoted
            f'AND "recorder" = {_quoted(recorder)} GROUP BY "journal"'
        )
        found = await self._within_deadline(lambda: self.query_now(query), nothing)
        return found.answer, [p for p in map(_position, found.series) if p is not None]

    async def close(self) -> None:
        await self._within_deadline(self._close_now, None)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _close_now(self) -> None:
        pool = self._client.api_client.rest_client.pool_manager
        self._write_api.close()
        self._client.close()
        pool.clear()
        self._http.clear()

    async def _within_deadline(self, work: Callable[[], T], otherwise: T) -> T:
        submitted = self._executor.submit(work)
        future = asyncio.wrap_future(submitted)
        try:
            done, _ = await asyncio.wait({future}, timeout=self._influx.timeout_s * 1.5 + 1.0)
        finally:
            submitted.cancel()  # one that has not begun never begins: no old batch is written late
        return future.result() if done else otherwise

    # -- blocking

    def write_now(self, body: bytes) -> Answer:
        try:
            self._write_api.write(self._influx.bucket, self._influx.org, body, WritePrecision.NS)
            response = self._client.api_client.last_response
            return Answer(response.status, _short(response.data))
        except InfluxDBError as error:
            return _answer_of(error)
        except _TROUBLE as error:
            return Answer(None, _short(f"{type(error).__name__}: {error}"))

    def query_now(self, query: str) -> Found:
        """One InfluxQL query. An error inside a 200 becomes 404 or 400."""
        fields = {"db": self._influx.bucket, "epoch": "ns", "q": query}
        url = self._influx.url.rstrip("/") + "/query"
        timeout = urllib3.Timeout(total=self._influx.timeout_s)
        try:
            response = self._http.request(
                "GET", url, fields=fields, headers=self._headers, timeout=timeout, preload_content=False
            )
            try:
                body = response.read(LARGEST_ANSWER_BYTES)
                return _found(response, body)
            finally:
                response.drain_conn()
                response.release_conn()
        except _TROUBLE as error:
            return Found(Answer(None, _short(f"{type(error).__name__}: {error}")), [])

    def newest_revision(self, message: Message) -> int | None:
        """The revision that stands at the message's key. Raises ConnectionError if the database does not say."""
        record = message.record
        tags = [(tag, str(getattr(record, name))) for name, tag in layout(message.table).tags]
        tags.append(("clock_epoch", str(record.clock_epoch) if record.clock_epoch else ""))
        where = " AND ".join(f'"{tag}" = {_quoted(value)}' for tag, value in tags)
        query = f'SELECT "revision" FROM "{message.table}" WHERE time = {record.end_ns} AND {where}'  # noqa: S608 - quoted
        found = self.query_now(query)
        if found.answer.status != 200:
            raise ConnectionError(f"{found.answer.status} {found.answer.text}")
        return int(found.series[0]["values"][0][1]) if found.series else None


def _found(response: urllib3.BaseHTTPResponse, body: bytes) -> Found:
    if response.status != 200:
        waits = retry_after_s(response.headers.get("Retry-After"), response.headers.get("Date"))
        return Found(Answer(response.status, _short(body), waits), [])
    content = json.loads(body)
    result = content["results"][0] if isinstance(content, dict) and content.get("results") else {}
    trouble = str(result.get("error") or "")
    if trouble:
        return Found(Answer(404 if "not found" in trouble else 400, _short(trouble)), [])
    return Found(Answer(200), list(result.get("series") or []))


def _answer_of(error: Any) -> Answer:
    headers = error.headers or {}
    text = _short(error.body or error.reason or "")
    return Answer(error.status or None, text, retry_after_s(headers.get("Retry-After"), headers.get("Date")))


def _position(series: dict[str, Any]) -> Position | None:
    """One journal's position; one that cannot be read counts as none: everything comes again."""
    try:
        row = dict(zip(series["columns"], series["values"][-1], strict=True))
        seq = int(row["seq"])
        return Position(str(series["tags"]["journal"]), seq, ranges_from(json.loads(row["ranges"]), seq))
    except (KeyError, IndexError, TypeError, ValueError, MessageError) as error:
        log.error("a stored position cannot be read: %s", error)
        return None


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _short(text: object) -> str:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return " ".join(str(text).split())[:TEXT_CHARS]
