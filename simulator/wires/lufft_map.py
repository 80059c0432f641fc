"""The input registers of a Lufft WS (UMB in Modbus mode). Facts: Lufft's manual; 65535 and 32767 mean "no value"."""

from simulator.detectors.instrument import Faults
from simulator.detectors.weather_station import WeatherState, WeatherStation
from simulator.wires.modbus import ILLEGAL_ADDRESS, READ_INPUT, RefusedRequestError, Registers, block

WORDS = 98
NO_VALUE, NO_VALUE_SIGNED = 65535, 32767
SIGNED = (31, 35, 39)
RAIN_DIFFERENCE = 49
LIQUID = 60


def state_registers(state: WeatherState) -> list[int]:
    """All that is documented and simulated; the rest says that it has no value."""
    weather = state.weather
    registers = [NO_VALUE] * WORDS
    for address in SIGNED:
        registers[address] = NO_VALUE_SIGNED
    registers[0] = 0
    registers[2:8] = [0] * 6  # status: all well
    registers[10] = round(weather.humidity_pct * 10)
    registers[14] = round(weather.pressure_hpa * 10)
    registers[18] = round(weather.wind_from_deg * 10)
    registers[25] = LIQUID if state.rain_rate_mm_h > 0 else 0
    registers[31] = round(weather.temperature_degc * 10) & 0xFFFF
    registers[35] = round(weather.dew_point_degc * 10) & 0xFFFF
    registers[42] = round(weather.wind_m_s * 10)
    registers[48] = hundredths(state) & 0xFFFF
    registers[50] = min(round(state.rain_rate_mm_h * 100), NO_VALUE - 1)
    return registers


def hundredths(state: WeatherState) -> int:
    """The gauge's counter before it wraps: whole hundredths of a millimetre."""
    return int(state.rain_total_mm * 100 + 1e-6)


class LufftRegisters:
    def __init__(self, station: WeatherStation) -> None:
        self._station = station
        self._last_read_hundredths: int | None = None

    @property
    def faults(self) -> Faults:
        return self._station.faults

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        if function != READ_INPUT:
            raise RefusedRequestError(ILLEGAL_ADDRESS)
        state = self._station.shown(t_s)
        registers = state_registers(state)
        if start <= RAIN_DIFFERENCE < start + count:  # the only register that changes by being read
            registers[RAIN_DIFFERENCE] = self._difference(hundredths(state))
        return block({0: tuple(registers)}, start, count)

    def _difference(self, now_hundredths: int) -> int:
        before = now_hundredths if self._last_read_hundredths is None else self._last_read_hundredths
        self._last_read_hundredths = now_hundredths
        return min(now_hundredths - before, NO_VALUE - 1)
