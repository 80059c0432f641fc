"""``quantrac check``: ten mistakes are ten good lines and exit code 2; a good file is one line and 0."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.catalogue import LANGUAGES, Catalogue
from config.check import check
from config.profiles import shipped
from config.schema import Language

Write = Callable[..., Path]

TEN_CHANGES = (
    ("latitude_deg = 21.85", 'latitude_deg = "north"'),
    ("height_above_sea_m = 258\n", ""),
    ('host = "127.0.0.1"', 'host = "127.0.0.1"\nprot = 502'),
    ("serial-line", "usb"),
    ('bus = "lan"', 'bus = "lam"'),
    ("./line.toml", "geiger-9000"),
    ("valid_from = 2026-01-01", "valid_from = 2026-01-01, u_rel = 1.5"),
)
TEN_MORE = """
[[alarms.levels]]
level = "warning"
above_nsv_h = 1500
source = "test"

[[destinations]]
id = "db"
kind = "recorder"
influx = { url = "127.0.0.1:8086" }
"""
TEN_LINES: dict[Language, str] = {
    "en": """\
{file}: station.latitude_deg: found "north"; allowed: a number from -90 to 90
{file}: station.height_above_sea_m: found nothing; allowed: a number
{file}: buses[lan].prot: found an unknown key; allowed: perhaps port; known here: kind, id, host, port, timeout_s, \
min_gap_s
{file}: buses[line].kind: found "usb"; allowed: one of modbus-tcp, modbus-rtu, serial-line
{file}: instruments[gate].calibration.u_rel: found 1.5; allowed: a number ≥ 0, < 1
{file}: instruments[north].bus: found "lam"; allowed: a bus that is there: lan, line
{file}: instruments[gate].profile: found "geiger-9000"; allowed: a shipped profile ({profiles}), or the path of one \
that begins with ./ or /
{file}: alarms.levels[alarm].above_nsv_h: found 1000; allowed: more than 1500, which is the limit of the level Warning
{file}: mqtt: found nothing; allowed: a table [mqtt], because there are destinations
{file}: destinations[db].influx.url: found "127.0.0.1:8086"; allowed: an address that begins with http:// or https://, \
without user name or password
""",
    "vi": """\
{file}: station.latitude_deg: gặp: "north"; cho phép: một số từ -90 đến 90
{file}: station.height_above_sea_m: gặp: không có gì; cho phép: một số
{file}: buses[lan].prot: gặp: khóa không xác định; cho phép: có lẽ là port; các khóa ở đây: kind, id, host, port, \
timeout_s, min_gap_s
{file}: buses[line].kind: gặp: "usb"; cho phép: một trong các giá trị modbus-tcp, modbus-rtu, serial-line
{file}: instruments[gate].calibration.u_rel: gặp: 1.5; cho phép: một số ≥ 0, < 1
{file}: instruments[north].bus: gặp: "lam"; cho phép: một đường truyền đã khai báo: lan, line
{file}: instruments[gate].profile: gặp: "geiger-9000"; cho phép: một hồ sơ có sẵn ({profiles}), hoặc đường dẫn bắt đầu \
bằng ./ hoặc /
{file}: alarms.levels[alarm].above_nsv_h: gặp: 1000; cho phép: lớn hơn 1500, là ngưỡng của mức Cảnh báo
{file}: mqtt: gặp: không có gì; cho phép: một bảng [mqtt], vì có khai báo nơi nhận số liệu
{file}: destinations[db].influx.url: gặp: "127.0.0.1:8086"; cho phép: địa chỉ bắt đầu bằng http:// hoặc https://, \
không kèm tên người dùng hay mật khẩu
""",
}


def told(path: Path, language: Language) -> tuple[int, list[str]]:
    """The exit code and the lines."""
    said: list[str] = []
    code = check(path, Catalogue.load(language), said.append)
    return code, said


@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_mistakes_are_ten_lines_and_exit_code_2(write: Write, language: Language) -> None:
    path = write(*TEN_CHANGES, more=TEN_MORE)
    code, said = told(path, language)
    assert said == TEN_LINES[language].format(file=path, profiles=", ".join(shipped())).splitlines()
    assert (code, len(said)) == (2, 10)


def test_a_file_in_order_is_one_line_and_exit_code_0(write: Write) -> None:
    path = write()
    assert told(path, "en") == (0, [f"{path}: in order: station Test; instruments: 2, buses: 2"])
    assert told(path, "vi") == (0, [f"{path}: hợp lệ: trạm Trạm thử; 2 thiết bị, 2 đường truyền"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_file_is_one_line_and_exit_code_2(tmp_path: Path, language: Language) -> None:
    code, said = told(tmp_path / "none.toml", language)
    assert (code, len(said)) == (2, 1)
