"""Weather on Modbus beside the Lufft: Vaisala WXT530, Sonbus XM9505, Delta Ohm HD2016.

Facts: Vaisala's manual M211840EN (the Lufft's layout up to the air's temperature; beyond that only what it names);
Sonbus's and Delta Ohm's manuals. Chosen: the HD2016's high word comes first; the XM9505's model number.
"""

from simulator.detectors.instrument import Faults
from simulator.detectors.weather_station import WeatherState, WeatherStation
from simulator.wires import lufft_map
from simulator.wires.modbus import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_HOLDING,
    READ_INPUT,
    RefusedRequestError,
    Registers,
    block,
)

WXT_WORDS = 0x0027
WRITE_REGISTER = 6
RAIN_RESET, RESET_CODE = 7, 0x3247
UM_PER_MM = 1000
XM9505_MODEL = 9505
LONG = 0xFFFFFFFF


def wxt530_registers(state: WeatherState) -> Registers:
    """Input registers 0 to 0x26. Inst, min, max and average are the same: nothing is averaged here."""
    registers = lufft_map.state_registers(state)[:WXT_WORDS]
    weather = state.weather
    registers[0x0A:0x0E] = [round(weather.humidity_pct * 10)] * 4
    registers[0x0E:0x12] = [round(weather.pressure_hpa * 10)] * 4
    registers[0x12:0x17] = [round(weather.wind_from_deg * 10)] * 5
    registers[0x1F:0x23] = [round(weather.temperature_degc * 10) & 0xFFFF] * 4
    registers[0x23:0x27] = [round(weather.dew_point_degc * 10) & 0xFFFF] * 4
    return tuple(registers)


class _Gauge:
    def __init__(self, station: WeatherStation, faults: Faults) -> None:
        self._station = station
        self._faults = faults

    @property
    def faults(self) -> Faults:
        return self._faults


class Wxt530Registers(_Gauge):
    """Input registers 48 and 50, rain, as in the Lufft's layout."""

    def __init__(self, station: WeatherStation, faults: Faults) -> None:
        super().__init__(station, faults)
        self._reset_at_mm = 0.0

    def answer(self, pdu: bytes, t_s: float) -> bytes | None:
        """Function 6: the rain's reset and nothing else."""
        if pdu[0] != WRITE_REGISTER:
            raise RefusedRequestError(ILLEGAL_FUNCTION)
        if len(pdu) != 5 or int.from_bytes(pdu[3:], "big") != RESET_CODE:
            raise RefusedRequestError(ILLEGAL_VALUE)
        if int.from_bytes(pdu[1:3], "big") != RAIN_RESET:
            raise RefusedRequestError(ILLEGAL_ADDRESS)
        self._reset_at_mm = self._station.shown(t_s).rain_total_mm
        return pdu

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        if function != READ_INPUT:
            raise RefusedRequestError(ILLEGAL_ADDRESS)
        state = self._station.shown(t_s)
        rain = WeatherState(state.weather, max(0.0, state.rain_total_mm - self._reset_at_mm), state.rain_rate_mm_h)
        lufft = lufft_map.state_registers(rain)
        return block({0: (*wxt530_registers(rain), *lufft[WXT_WORDS:])}, start, count)


def xm9505_count(state: WeatherState) -> int:
    """Tenths of a millimetre in 16 bits."""
    return int(state.rain_total_mm * 10 + 1e-6) & 0xFFFF


class Xm9505Registers(_Gauge):
    def __init__(self, station: WeatherStation, faults: Faults, address: int) -> None:
        super().__init__(station, faults)
        self._address = address

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        if function != READ_HOLDING:
            raise RefusedRequestError(ILLEGAL_FUNCTION)
        tips = (xm9505_count(self._station.shown(t_s)),)
        return block({0: tips, 0x64: (XM9505_MODEL,), 0x66: (self._address,)}, start, count)


def hd2016_registers(state: WeatherState) -> Registers:
    """Status; partial and total in µm; µm a minute. The partial count is never reset here, so it is the total."""
    total = int(state.rain_total_mm * UM_PER_MM + 1e-3) & LONG
    rate = round(state.rain_rate_mm_h * UM_PER_MM / 60.0)
    long = divmod(total, 65536)
    return (0, 0, *long, *long, 0, 0, *divmod(min(rate, LONG), 65536))


class Hd2016Registers(_Gauge):
    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        if function != READ_INPUT:
            raise RefusedRequestError(ILLEGAL_FUNCTION)
        return block({0: hd2016_registers(self._station.shown(t_s))}, start, count)
