"""A journal in a temporary folder, closed at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.journal.journal import Journal
from tests.builders import T0_NS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal.open(path, lambda: T0_NS)
    yield opened
    opened.close()
