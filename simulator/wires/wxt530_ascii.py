r"""Vaisala WXT530, ASCII polled: ``0R1\r\n`` wind, 2 pressure and temperature, 3 rain, 5 itself, 0 composite,
none: all four.

In lower case the command carries three characters of CRC, and so does the answer. Facts: manual M211840EN. The reply
to a wrong CRC (``0tX,Use chksum ...``) is not among the facts: silence instead. What the heater shows is chosen.
"""

from simulator.detectors.instrument import Faults
from simulator.detectors.weather_station import WeatherState
from simulator.detectors.weather_transmitter import WeatherTransmitter
from simulator.wires.talker import Asked, take_line

GROUPS = {"1": ("wind",), "2": ("ptu",), "3": ("rain",), "5": ("self",), "0": ("wind", "ptu", "rain", "self")}


def crc3(text: bytes) -> bytes:
    """CRC-16 (A001) from 0, spread over three printable characters."""
    crc = 0
    for byte in text:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return bytes((0x40 | crc >> 12, 0x40 | (crc >> 6) & 0x3F, 0x40 | crc & 0x3F))


def fields(state: WeatherState, rained_s: int, pressure_unit: str) -> dict[str, str]:
    weather = state.weather
    direction, speed = f"{round(weather.wind_from_deg) % 360:03d}D", f"{weather.wind_m_s:.1f}M"
    pressure = f"{weather.pressure_hpa / 1000:.4f}B" if pressure_unit == "B" else f"{weather.pressure_hpa:.1f}H"
    return {
        "wind": f"Dn={direction},Dm={direction},Dx={direction},Sn={speed},Sm={speed},Sx={speed}",
        "ptu": f"Ta={weather.temperature_degc:.1f}C,Ua={weather.humidity_pct:.1f}P,Pa={pressure}",
        "rain": f"Rc={state.rain_total_mm:.2f}M,Rd={rained_s}s,Ri={state.rain_rate_mm_h:.1f}M,Hc=0.0M,Hd=0s,Hi=0.0M",
        "self": f"Th={weather.temperature_degc:.1f}C,Vh=12.1N,Vs=12.1V,Vr=3.631V",
    }


class Wxt530Ascii(Asked):
    def __init__(self, station: WeatherTransmitter, letter: str, pressure_unit: str, faults: Faults) -> None:
        super().__init__(faults)
        self._station = station
        self._letter = letter
        self._pressure_unit = pressure_unit

    def take(self, buffer: bytearray) -> bytes | None:
        return take_line(buffer)

    def answer(self, request: bytes, t_s: float) -> bytes:
        text = request.decode("ascii", "replace")
        if text[:2] == f"{self._letter}r":
            if len(request) < 5 or crc3(request[:-3]) != request[-3:]:
                return b""
            return self._answers("r", text[2:-3], t_s)
        return self._answers("R", text[2:], t_s) if text[:2] == f"{self._letter}R" else b""

    def _answers(self, kind: str, number: str, t_s: float) -> bytes:
        if number == "":
            return b"".join(self._answers(kind, each, t_s) for each in "1235")
        if number not in GROUPS:
            return b""
        shown = fields(self._station.shown(t_s), self._station.rained_s, self._pressure_unit)
        values = ",".join(shown[group] for group in GROUPS[number])
        line = f"{self._letter}{kind}{number},{values}".encode("ascii")
        return line + (crc3(line) if kind == "r" else b"") + b"\r\n"
