"""A small station's file in a temporary folder, with profiles of its own, to be changed by each test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.catalogue import Catalogue
from config.loader import load
from config.mistakes import ConfigError, render

MODBUS_PROFILE = """\
id = "test-modbus"
maker = "nobody"
model = "test"
kind = "detector"
protocol = "modbus"
source = "made up for a test"
proven = "user"
blocks = [{ function = 4, start = 0, count = 2 }]
values = [{ name = "rate", quantity = "dose_rate", address = 0, type = "f32", unit = "Sv/h", scale = 1e9 }]
detector = { primary = "dose_rate", high_nsv_h = 1e7 }
"""
LINE_PROFILE = """\
id = "test-line"
maker = "nobody"
model = "test"
kind = "detector"
protocol = "line"
source = "made up for a test"
proven = "user"
line = { pattern = "CPS, (?P<cps>[0-9]+)", period_s = 1.0 }
line_values = [{ name = "cps", quantity = "counts", unit = "1" }]
detector = { primary = "counts", high_nsv_h = 1e6, counts_live_s = 1.0 }
"""
STATION = """\
[station]
id = "test"
name = { vi = "Trạm thử", en = "Test" }
latitude_deg = 21.85
longitude_deg = 106.76
height_above_sea_m = 258

[paths]
data = "data"

[[buses]]
id = "lan"
kind = "modbus-tcp"
host = "127.0.0.1"

[[buses]]
id = "line"
kind = "serial-line"
device = "/dev/ttyUSB0"

[[instruments]]
id = "north"
bus = "lan"
profile = "./modbus.toml"
name = { vi = "Bắc", en = "North" }

[[instruments]]
id = "gate"
bus = "line"
profile = "./line.toml"
name = { vi = "Cổng", en = "Gate" }
calibration = { certificate = "C1", valid_from = 2026-01-01, sensitivity_cps_per_usv_h = 2.9 }

[[alarms.levels]]
level = "alarm"
above_nsv_h = 1000
source = "test"
"""
Write = Callable[..., Path]
Lines = Callable[..., list[str]]


@pytest.fixture
def english() -> Catalogue:
    return Catalogue.load("en")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the station's file, with each (old, new) pair replaced and ``more`` at its end."""

    def _write(*changes: tuple[str, str], more: str = "") -> Path:
        text = STATION + more
        for old, new in changes:
            assert text.count(old) >= 1, f"{old!r} is not in the station's file"
            text = text.replace(old, new, 1)
        (tmp_path / "modbus.toml").write_text(MODBUS_PROFILE, encoding="utf-8")
        (tmp_path / "line.toml").write_text(LINE_PROFILE, encoding="utf-8")
        path = tmp_path / "station.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture
def lines(english: Catalogue) -> Lines:
    """The lines that a wrong file gives in English, the directory left out; none for a file in order."""

    def _lines(path: Path, *, check_secrets: bool = False, check_paths: bool = True) -> list[str]:
        try:
            load(path, check_secrets=check_secrets, check_paths=check_paths)
        except ConfigError as error:
            return [render(m, english).replace(f"{path.parent}/", "") for m in error.mistakes]
        return []

    return _lines
