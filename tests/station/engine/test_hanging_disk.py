"""A disk that does not come back: alarms go on and are told, records wait in memory in their order."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.engine import commit
from station.engine.commit import Batch, DiskHangsError
from station.inbox.submit import submit
from tests.builders import T0_NS, dose_rate
from tests.clocks import ManualClock
from tests.station.engine.engine_rig import Bench, life, station_toml


class Brake:
    """Holds up whatever asks the journal to append."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()

    def on(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        honest = bench.journal.append

        def waits(*args: Any, **more: Any) -> Any:
            self.free.wait(30)
            return honest(*args, **more)

        monkeypatch.setattr(bench.journal, "append", waits)


@pytest.fixture
def brake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Brake]:
    monkeypatch.setattr(commit, "PATIENCE_S", 0.05)
    made = Brake()
    yield made
    made.free.set()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return station_toml(tmp_path)


async def freed(bench: Bench, brake: Brake) -> None:
    brake.free.set()
    while not bench.committer.all_written:
        await bench.tick()


async def test_an_alarm_is_told_while_the_disk_hangs(file: Path, brake: Brake, monkeypatch: pytest.MonkeyPatch) -> None:
    async with life(file, ManualClock()) as bench:
        brake.on(bench, monkeypatch)
        brake.free.clear()
        await bench.seconds(3, 100.0)
        await bench.seconds(1, 5000.0)
        assert "meter-dose raised alarm" in bench.town.told
        assert bench.committer.trouble
        await freed(bench, brake)
        assert bench.committer.trouble == ""


async def test_what_waited_for_a_hanging_disk_is_written_whole_once_and_in_order(
    file: Path, brake: Brake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with life(file, ManualClock()) as bench:
        brake.on(bench, monkeypatch)
        await bench.seconds(3, 100.0)
        brake.free.clear()
        await bench.seconds(10, 100.0)
        assert len(bench.records("dose_rate")) == 3
        await freed(bench, brake)
        ends = [record.end_ns for record in bench.records("dose_rate")]
        assert ends == [T0_NS + n * 1_000_000_000 for n in range(1, 14)]
        assert [record.seq for _, record in bench.town.numbered] == list(range(1, len(bench.town.numbered) + 1))


async def test_the_end_of_a_station_waits_for_a_slow_disk(
    file: Path, brake: Brake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with life(file, ManualClock()) as bench:
        brake.on(bench, monkeypatch)
        brake.free.clear()
        await bench.seconds(5, 100.0)
        threading.Timer(0.2, brake.free.set).start()
        await bench.committer.finish()
        assert len(bench.records("dose_rate")) == 5


async def test_the_end_of_a_station_does_not_wait_for_ever(
    file: Path, brake: Brake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(commit, "FAREWELL_S", 0.2)
    async with life(file, ManualClock()) as bench:
        brake.on(bench, monkeypatch)
        brake.free.clear()
        await bench.seconds(2, 100.0)
        await bench.committer.finish()
        bench.committer.close()
        assert "records are lost" in caplog.text
        brake.free.set()
        bench.committer._executor.shutdown()
        bench.journal.close()


async def test_who_must_not_wait_is_told_that_the_disk_hangs(
    file: Path, brake: Brake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with life(file, ManualClock()) as bench:
        brake.on(bench, monkeypatch)
        brake.free.clear()
        assert await bench.committer.commit(Batch(records=[("dose_rate", dose_rate())])) == []
        with pytest.raises(DiskHangsError):
            await bench.committer.soon(lambda: 1)
        await freed(bench, brake)
        assert await bench.committer.soon(lambda: 1) == 1


async def test_what_waits_for_a_hanging_disk_is_bounded_and_what_is_dropped_is_counted(
    file: Path, brake: Brake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "HELD_LIMIT", 10)
    async with life(file, ManualClock()) as bench:
        brake.on(bench, monkeypatch)
        brake.free.clear()
        await bench.committer.commit(Batch(records=[("dose_rate", dose_rate())]))
        await bench.committer.commit(Batch(records=[("dose_rate", dose_rate()) for _ in range(15)]))
        assert bench.committer.dropped == 5
        await freed(bench, brake)
        assert len(bench.records("dose_rate")) == 11


async def test_an_act_is_carried_out_once_and_its_file_stays_until_the_disk_has_it(
    file: Path, brake: Brake, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    async with life(file, clock) as bench:
        await bench.seconds(1, 5000.0)
        inbox = bench.loaded.config.paths.data / "inbox"
        submit(inbox, clock.wall_ns(), command="acknowledge", person="Lan", alarm="meter-dose")

        def full(*args: Any, **more: Any) -> Any:
            raise OSError(28, "No space left on device")

        honest = bench.journal.append
        monkeypatch.setattr(bench.journal, "append", full)
        await bench.seconds(3, 5000.0)
        assert bench.town.told.count("meter-dose acknowledged alarm") == 1
        assert len(list((inbox / "new").iterdir())) == 1
        monkeypatch.setattr(bench.journal, "append", honest)
        await bench.seconds(2, 5000.0)
        assert bench.town.told.count("meter-dose acknowledged alarm") == 1
        assert list((inbox / "new").iterdir()) == []


async def test_a_head_that_cannot_be_written_does_not_write_records_twice(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> int:
        raise OSError(28, "No space left on device")

    async with life(file, ManualClock()) as bench:
        monkeypatch.setattr("station.journal.journal.os.pwrite", no_space)
        await bench.seconds(3, 100.0)
        assert len(bench.records("dose_rate")) == 3
