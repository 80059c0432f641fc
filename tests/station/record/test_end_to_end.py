"""Journal → publisher → Mosquitto → recorder → InfluxDB, with the real servers, also when they die."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.flow import Flow, flowing
from tests.servers.processes import Influx, Mosquitto

pytestmark = pytest.mark.system

Brokers = Callable[..., Mosquitto]
Databases = Callable[..., Influx]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_database_has_exactly_what_the_journal_has(
    mosquitto: Brokers, influx: Databases, tmp_path: Path, protocol: str
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path, mqtt={"protocol": protocol})
    flow.journal.measure(700)
    async with flowing(flow):
        await flow.confirmed(700)
    rows = database.rows('SELECT "seq", "gross_nsv_h", "counts" FROM "dose_rate"')
    records = {seq: record for seq, (_, record) in flow.journal.entries.items()}
    assert {row["seq"]: (row["time"], row["gross_nsv_h"]) for row in rows} == {
        seq: (record.end_ns, record.gross_nsv_h)  # type: ignore[attr-defined] # they are dose rates
        for seq, record in records.items()
    }
