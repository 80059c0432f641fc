"""Is the record equal to the journal? Every record, value by value; the answer names what differs.

It reads InfluxDB by its own InfluxQL and the journal by its own SQL, so that a mistake of the station's readers or
writers cannot hide in the comparison.
"""

import json
import sqlite3
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = ("dose_rate", "dose_rate_1m", "dose_rate_10m", "dose_rate_1h", "meteo", "alarm", "health")
# columns of the journal that are not a field of the point: its time and its tags
NOT_FIELDS = {"end_ns", "station", "instrument", "clock_epoch", "alarm"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison found; ``differences`` is empty where the record is the journal."""

    compared: int
    differences: list[str]


def query(url: str, database: str, influxql: str) -> list[dict[str, Any]]:
    """All rows of an InfluxQL query, times in ns."""
    form = urllib.parse.urlencode({"db": database, "q": influxql, "epoch": "ns"})
    with urllib.request.urlopen(f"{url}/query?{form}", timeout=60) as answer:
        result = json.load(answer)["results"][0]
    if "error" in result:
        raise ValueError(result["error"])
    rows: list[dict[str, Any]] = []
    for series in result.get("series", []):
        rows += [dict(zip(series["columns"], values, strict=True)) for values in series["values"]]
    return rows


def compare(journal: Path, url: str, database: str, up_to_seq: int, *, only_this_journal: bool = False) -> Verdict:
    """Hold every record 1..up_to_seq of the journal against InfluxDB.

    ``only_this_journal``: pass over the points of other journals, where an earlier one was set aside.
    """
    differences: list[str] = []
    found_seqs: set[int] = set()
    compared = 0
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as db:
        (journal_id,) = db.execute("SELECT value FROM meta WHERE key='journal_id'").fetchone()
        db.row_factory = sqlite3.Row
        for table in TABLES:
            expected = _journal_rows(db, table, up_to_seq)
            recorded = _recorded(url, database, table)
            if only_this_journal:
                recorded = [point for point in recorded if point["journal"] == journal_id]
            found_seqs |= expected.keys()
            compared += len(expected)
            differences += _differences(table, expected, recorded, up_to_seq)
    db.close()
    gaps = set(range(1, up_to_seq + 1)) - found_seqs
    if gaps:
        differences.append(f"journal: seqs without a record: {sorted(gaps)[:10]} ({len(gaps)})")
    return Verdict(compared, differences)


def _journal_rows(db: sqlite3.Connection, table: str, up_to_seq: int) -> dict[int, dict[str, Any]]:
    rows = db.execute(f"SELECT * FROM {table} WHERE seq <= ?", (up_to_seq,)).fetchall()
    superseded = {r[0] for r in db.execute(f"SELECT supersedes FROM {table} WHERE supersedes IS NOT NULL")}
    return {row["seq"]: dict(row) for row in rows if row["seq"] not in superseded}


def _recorded(url: str, database: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = query(url, database, f'SELECT * FROM "{table}" ORDER BY time LIMIT 5000 OFFSET {len(found)}')
        found += page
        if len(page) < 5000:
            return found


def _differences(
    table: str, expected: dict[int, dict[str, Any]], recorded: list[dict[str, Any]], up_to_seq: int
) -> list[str]:
    by_seq: dict[int, dict[str, Any]] = {}
    found: list[str] = []
    for point in recorded:
        if point["seq"] > up_to_seq:
            continue
        if point["seq"] in by_seq:
            found.append(f"{table}: seq {point['seq']} is there twice")
        by_seq[point["seq"]] = point
    if missing := expected.keys() - by_seq.keys():
        found.append(f"{table}: {len(missing)} of {len(expected)} not in InfluxDB, first {sorted(missing)[:5]}")
    if foreign := by_seq.keys() - expected.keys():
        found.append(f"{table}: {len(foreign)} points that the journal does not have, first {sorted(foreign)[:5]}")
    for seq in expected.keys() & by_seq.keys():
        found += [f"{table} seq {seq}: {d}" for d in _unequal(expected[seq], by_seq[seq])]
        if len(found) > 20:
            break
    return found


def _unequal(row: dict[str, Any], point: dict[str, Any]) -> list[str]:
    found = []
    if point["time"] != row["end_ns"]:
        found.append(f"time {point['time']} for {row['end_ns']}")
    instrument = point.get("detector") or point.get("instrument")
    epoch = int(point.get("clock_epoch") or 0)
    for name, value in (("instrument", instrument), ("clock_epoch", epoch), ("station", point["station"])):
        if row[name] != value:
            found.append(f"tag {name} {value} for {row[name]}")
    for name, value in row.items():
        if name in NOT_FIELDS:
            continue
        if value is None:
            if point.get(f"{name}_missing") is not True:
                found.append(f"{name} is missing in the journal but not flagged so")
        elif point.get(name) != value or point.get(f"{name}_missing") is True:
            found.append(f"{name} {point.get(name)!r} for {value!r}")
    return found
