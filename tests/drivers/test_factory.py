"""Which line a bus is, which driver an instrument gets, and that the shipped profiles can be driven."""

from pathlib import Path

import pytest

import config
from config.profile import RegisterValue
from config.schema import Bus
from drivers.decode import WORDS
from drivers.factory import make_driver, open_line
from drivers.modbus import ModbusDriver, ModbusRtuLine, ModbusTcpLine
from drivers.serial_line import LineDriver, SerialLinePort
from tests.drivers.wires import instrument, line_bus, rtu_bus, shipped, tcp_bus

PROFILES = sorted(path.stem for path in (Path(config.__file__).parent / "profiles").glob("*.toml"))


@pytest.mark.parametrize(
    ("bus", "kind"),
    [
        (tcp_bus(502), ModbusTcpLine),
        (rtu_bus("/dev/ttyUSB0"), ModbusRtuLine),
        (line_bus("/dev/ttyUSB0"), SerialLinePort),
    ],
)
def test_each_bus_has_its_line(bus: Bus, kind: type) -> None:
    assert type(open_line(bus)) is kind


def test_each_protocol_has_its_driver() -> None:
    modbus = make_driver(open_line(tcp_bus(502)), instrument("lufft-ws-umb"), shipped("lufft-ws-umb"))
    line = make_driver(open_line(line_bus("/dev/ttyUSB0")), instrument("mightyohm"), shipped("mightyohm"))
    assert isinstance(modbus, ModbusDriver)
    assert isinstance(line, LineDriver)


def test_a_profile_on_the_wrong_wire_is_refused() -> None:
    with pytest.raises(ValueError, match="speaks line"):
        make_driver(open_line(tcp_bus(502)), instrument("mightyohm"), shipped("mightyohm"))
    with pytest.raises(ValueError, match="speaks modbus"):
        make_driver(open_line(line_bus("/dev/ttyUSB0")), instrument("generic-modbus"), shipped("generic-modbus"))


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_reads_every_register_of_its_values(name: str) -> None:
    profile = shipped(name)
    read = {address for block in profile.blocks for address in range(block.start, block.start + block.count)}
    needed = {v.address + i for v in profile.values for i in range(WORDS[v.type])}
    assert profile.id == name
    assert needed <= read


def test_the_worst_case_covers_every_request_of_a_reading() -> None:
    line = ModbusTcpLine(tcp_bus(502, timeout_s=1.0, min_gap_s=0.5))
    assert line.worst_case_s == 2.5
    assert ModbusDriver(line, instrument("x"), shipped("positron-bdmg-04")).worst_case_s == 5.0


def test_lufft_never_reads_the_register_that_forgets_when_it_is_read() -> None:
    profile = shipped("lufft-ws-umb")
    assert not any(block.start <= 49 < block.start + block.count for block in profile.blocks)


def test_only_one_value_of_a_profile_speaks_for_a_quantity() -> None:
    """``Reading.of`` takes the first that is there: a second one would step in for a first one that is missing."""
    for name in PROFILES:
        values: list[RegisterValue] = [v for v in shipped(name).values if v.quantity not in ("informative", "status")]
        assert len({v.quantity for v in values}) == len(values), name
