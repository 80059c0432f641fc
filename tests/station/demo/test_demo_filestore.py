"""The file that takes the records: whole batches, durable before they are answered, bounded."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from station.demo.filestore import FileStore
from station.journal.position import Position
from station.wire.message import Message, from_dict
from tests.builders import dose_rate


def message(seq: int) -> Message:
    return Message("dose_rate", dose_rate(seq=seq), "journal-1", None)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[FileStore]:
    store = FileStore(tmp_path / "r.jsonl")
    yield store
    await store.close()


async def test_a_record_is_a_line_that_reads_back_exactly(store: FileStore, tmp_path: Path) -> None:
    answer = await store.write([store.line_of(message(7))])
    assert answer.status == 204
    (line,) = (tmp_path / "r.jsonl").read_text().splitlines()
    assert from_dict(json.loads(line)) == message(7)


async def test_a_position_counts_when_it_is_written(store: FileStore) -> None:
    position = Position("journal-1", 4, ((6, 8),))
    line = store.position_line("demo", "recorder", position)
    assert (await store.positions("demo", "recorder"))[1] == []
    await store.write([line])
    answer, positions = await store.positions("demo", "recorder")
    assert (answer.status, positions) == (200, [position])


async def test_what_cannot_be_written_is_answered_so_and_not_remembered(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "no" / "such" / "directory")
    answer = await store.write([store.position_line("demo", "recorder", Position("j", 1))])
    await store.close()
    assert answer.status == 507
    assert (await store.positions("demo", "recorder"))[1] == []


async def test_a_full_file_is_set_beside_once(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "r.jsonl", largest_bytes=10)
    for text in ("first line", "second line", "third line"):
        await store.write([text])
    await store.close()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"r.jsonl.1": "third line\n"}
