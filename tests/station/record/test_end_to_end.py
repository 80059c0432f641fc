"""Journal → publisher → Mosquitto → recorder → InfluxDB, with the real servers, also when they die."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from station.journal.journal import Journal
from station.journal.reader import JournalReader
from tests.builders import T0_NS, alarm, dose_rate, health, meteo
from tests.servers.flow import Flow, MemoryJournal, flowing, seqs_in
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


async def test_every_table_of_a_real_journal_arrives(mosquitto: Brokers, influx: Databases, tmp_path: Path) -> None:
    database = influx()
    journal = Journal.open(tmp_path / "journal.sqlite", lambda: T0_NS)
    tables = ["dose_rate", "dose_rate_1m", "dose_rate_10m", "dose_rate_1h"]
    records = [(table, dose_rate()) for table in tables]
    journal.append([*records, ("meteo", meteo()), ("alarm", alarm()), ("health", health())])
    flow = Flow(mosquitto(), database.url, tmp_path)
    flow._open_reader = lambda: JournalReader(tmp_path / "journal.sqlite")  # type: ignore[method-assign] # a real journal instead
    async with flowing(flow):
        await flow.confirmed(7)
    journal.close()
    found = {table: seqs_in(database, table) for table in [*tables, "meteo", "alarm", "health"]}
    assert found == {table: [i] for i, table in enumerate([*tables, "meteo", "alarm", "health"], 1)}


@pytest.mark.parametrize("persistence", [True, False])
async def test_nothing_is_lost_when_the_broker_is_killed(
    mosquitto: Brokers, influx: Databases, tmp_path: Path, persistence: bool
) -> None:
    database, broker = influx(), mosquitto(persistence=persistence)
    flow = Flow(broker, database.url, tmp_path)
    async with flowing(flow):
        for _ in range(3):
            last = flow.measure(300)
            await asyncio.sleep(0.2)
            broker.kill()
            flow.measure(50)
            broker.start()
        last = flow.measure(1)
        await flow.confirmed(last)
    assert seqs_in(database) == list(range(1, last + 1))


async def test_nothing_is_lost_when_the_database_is_killed(
    mosquitto: Brokers, influx: Databases, tmp_path: Path
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path)
    async with flowing(flow):
        flow.measure(300)
        await asyncio.sleep(0.3)
        database.kill()
        last = flow.measure(300)
        await asyncio.sleep(0.5)
        database.start()
        await flow.confirmed(last)
    assert seqs_in(database) == list(range(1, last + 1))


async def test_recorder_that_starts_again_goes_on_from_what_the_database_holds(
    mosquitto: Brokers, influx: Databases, tmp_path: Path
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path)
    async with flowing(flow):
        flow.measure(2_000)
        await flow.confirmed(2_000)
        await flow.until(lambda: bool(database.rows('SELECT "seq" FROM "position" WHERE "seq" = 2000')), "stored")
        await flow.stop("recorder")
        flow.measure(100)
        flow.start_recorder()
        await flow.confirmed(2_100)
        assert flow.recorder.health().written < 1_000
    assert seqs_in(database) == list(range(1, 2_101))


async def test_emptied_database_is_filled_again(mosquitto: Brokers, influx: Databases, tmp_path: Path) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path)
    async with flowing(flow):
        flow.measure(200)
        await flow.confirmed(200)
        await flow.stop("recorder")
        database.drop_bucket()
        flow.start_recorder()
        flow.measure(1)
        await flow.until(lambda: seqs_in(database) == list(range(1, 202)), "all there again")


async def test_wrong_token_quarantines_nothing_confirms_nothing_and_is_told(
    mosquitto: Brokers, influx: Databases, tmp_path: Path
) -> None:
    database = influx(auth=True)
    broker = mosquitto()
    wrong = Flow(broker, database.url, tmp_path, secret="quantrac:wrong")
    async with flowing(wrong):
        wrong.measure(20)
        await wrong.until(lambda: wrong.publisher.stats().refusing() == ["main"], "the station knows")
        assert not wrong.quarantine.exists()
        assert wrong.positions == {}
        await wrong.stop("publisher")
    right = Flow(broker, database.url, tmp_path, journal=wrong.journal, secret=f"{database.USER}:{database.PASSWORD}")
    async with flowing(right):
        await right.confirmed(20)
    assert seqs_in(database) == list(range(1, 21))


async def test_poisoned_point_alone_goes_into_quarantine(mosquitto: Brokers, influx: Databases, tmp_path: Path) -> None:
    database = influx()
    long_ago = T0_NS - 90 * 86_400 * 10**9  # a shard of its own: InfluxDB fixes a field's type per shard
    database.write(f'dose_rate,station=other,detector=other gross_nsv_h="a text" {long_ago}')
    flow = Flow(mosquitto(), database.url, tmp_path)
    flow.journal.measure(40)
    flow.journal.append("dose_rate", dose_rate(start_ns=long_ago, end_ns=long_ago + 5))
    flow.journal.measure(59)
    async with flowing(flow):
        await flow.confirmed(100)
        await flow.until(lambda: flow.publisher.stats().quarantined == 1, "the station knows")
    assert seqs_in(database) == [seq for seq in range(1, 101) if seq != 41]
    assert [line.count('"seq\\":41') for line in flow.quarantine.read_text().splitlines()] == [1]


async def test_newer_revision_stands_and_the_superseded_one_is_not_written(
    mosquitto: Brokers, influx: Databases, tmp_path: Path
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path)
    flow.journal.append("dose_rate", dose_rate(gross_nsv_h=100.0))
    flow.journal.append("dose_rate", dose_rate(gross_nsv_h=200.0, revision=1, supersedes=1))
    async with flowing(flow):
        await flow.confirmed(2)
        flow.journal.append("dose_rate", dose_rate(gross_nsv_h=300.0, revision=2, supersedes=2))
        flow.publisher.wake(3)
        await flow.confirmed(3)
        assert flow.recorder.health().written == 2
    assert [(row["seq"], row["gross_nsv_h"]) for row in database.rows('SELECT * FROM "dose_rate"')] == [(3, 300)]


async def test_new_journal_starts_at_zero_and_is_recorded_beside_the_old_one(
    mosquitto: Brokers, influx: Databases, tmp_path: Path
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path)
    async with flowing(flow):
        flow.measure(50)
        await flow.confirmed(50)
        old = flow.journal
        flow.journal = MemoryJournal("journal-2")
        for seq, (table, record) in old.entries.items():
            flow.journal.append(table, replace(record, end_ns=record.end_ns + 3_600 * 10**9))
            flow.publisher.wake(seq)
            if seq == 10:
                break
        await flow.until(lambda: flow.positions["main"].journal == "journal-2", "the new journal is confirmed")
        await flow.confirmed(10)
    rows = database.rows('SELECT "seq", "journal" FROM "dose_rate"')
    found = {(row["journal"], row["seq"]) for row in rows}
    assert found == {("journal-1", n) for n in range(1, 51)} | {("journal-2", n) for n in range(1, 11)}


async def test_what_the_journal_has_lost_is_not_waited_for(
    mosquitto: Brokers, influx: Databases, tmp_path: Path
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path)
    flow.journal.measure(5_000)
    flow.journal.prune(4_990)
    async with flowing(flow):
        await flow.confirmed(5_000)
    assert seqs_in(database) == list(range(4_991, 5_001))


async def test_record_that_json_cannot_say_does_not_stop_the_others(
    mosquitto: Brokers, influx: Databases, tmp_path: Path
) -> None:
    database = influx()
    flow = Flow(mosquitto(), database.url, tmp_path)
    flow.journal.measure(5)
    flow.journal.measure(1, gross_nsv_h=float("inf"))
    flow.journal.measure(5)
    async with flowing(flow):
        await flow.confirmed(11)
        assert flow.publisher.stats().unsendable >= 1
    assert seqs_in(database) == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]
