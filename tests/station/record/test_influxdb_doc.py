"""docs/influxdb.md tells every field with its type, and none that is not."""

import re
from pathlib import Path

from station.record.points import field_types
from station.records import TABLES

DOC = Path(__file__).parents[3] / "docs" / "influxdb.md"
ROW = re.compile(r"^\| `(\w+)` \| (integer|float|string|boolean) \|", re.MULTILINE)


def told() -> dict[str, dict[str, str]]:
    sections = DOC.read_text(encoding="utf-8").split("\n### ")[1:]
    return {
        table: dict(ROW.findall(section))
        for section in sections
        for table in re.findall(r"`(\w+)`", section.split("\n")[0])
    }


def test_doc_tells_every_field_with_its_type() -> None:
    assert told() == {table: field_types(table) for table in TABLES}
