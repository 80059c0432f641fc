"""From the configuration to drivers: which line a bus is, which driver an instrument needs."""

from config.profile import Profile
from config.schema import Bus, Instrument, ModbusRtuBus, ModbusTcpBus
from drivers.base import Driver, Line
from drivers.modbus import ModbusDriver, ModbusLine, ModbusRtuLine, ModbusTcpLine
from drivers.serial_line import LineDriver, SerialLinePort


def open_line(bus: Bus) -> Line:
    """The wire of a bus. It opens by itself when it is first read."""
    if isinstance(bus, ModbusTcpBus):
        return ModbusTcpLine(bus)
    if isinstance(bus, ModbusRtuBus):
        return ModbusRtuLine(bus)
    return SerialLinePort(bus)


def make_driver(line: Line, instrument: Instrument, profile: Profile) -> Driver:
    """The driver of an instrument. Raises ValueError when line and profile do not speak the same protocol."""
    if profile.protocol == "modbus" and isinstance(line, ModbusLine):
        return ModbusDriver(line, instrument, profile)
    if profile.protocol == "line" and isinstance(line, SerialLinePort):
        return LineDriver(line, instrument, profile)
    raise ValueError(f"{instrument.id}: profile {profile.id} speaks {profile.protocol}, its bus does not")
