"""ATOMTEX on Modbus RTU, the CRC's high byte first: BDKG-05 with its start-up, and the 79-register block of BTDU-3.

Facts: VibeEngineering-LLC/atomtex-esp32 (a capture of the maker's software) and VadimSquorpikkor/Echo, SmartTerminal.
What a cold unit answers to function 4, the status byte, and that functions 5 and 6 are echoed, are chosen.
"""

import struct

from simulator.detectors.instrument import Faults
from simulator.detectors.probe import Probe, ProbeState, TubeState
from simulator.wires.modbus import (
    ILLEGAL_FUNCTION,
    READ_HOLDING,
    READ_INPUT,
    RefusedRequestError,
    Registers,
    block,
)

WRITE_COIL, WRITE_REGISTER, READ_STATUS = 5, 6, 7
COLD_S = 3.65  # seconds of the world after power-up in which it hears no write
DOSIMETER_MODE = bytes.fromhex("06 0000 FFFF")
RESTART_MEAN, SWITCH_ON = bytes.fromhex("05 0023 FF00"), bytes.fromhex("05 0022 FF00")
STATUS_WELL = 0
LONG = 0xFFFFFFFF
DETECTOR_UNIT = 0x30  # BTDU3 in the list of units
BLOCK_WORDS = 79


def f32(value: float) -> Registers:
    return struct.unpack(">HH", struct.pack(">f", value))


def u32(value: int) -> Registers:
    return divmod(min(value, LONG), 65536)


def temperature(degc: float) -> int:
    return round(degc * 256) & 0xFFFF


def bdkg05_registers(state: ProbeState, measuring: bool) -> Registers:
    """Registers 0x0001 to 0x000D. Before its start-up it counts, but shows no dose rate."""
    tube, nsv_h, nsv = state.near, state.dose_rate_nsv_h, state.dose_nsv
    return (
        temperature(state.temperature_degc),
        *u32(tube.last_second),
        *f32(tube.mean_cps),
        *f32(tube.error_pct),
        *f32(nsv_h * 1e-9 if measuring else 0.0),
        *f32(tube.error_pct if measuring else 0.0),
        *f32(nsv * 1e-9 if measuring else 0.0),
    )


class Bdkg05:
    crc_high_first = True

    def __init__(self, probe: Probe, faults: Faults, cold: bool) -> None:
        self._probe = probe
        self._faults = faults
        self._powered_s = 0.0 if cold else -COLD_S
        self._boots = probe.boots
        steps = (DOSIMETER_MODE, RESTART_MEAN, SWITCH_ON)
        self._done: set[bytes] = set() if cold else set(steps)
        self._needed = frozenset(steps)

    @property
    def faults(self) -> Faults:
        return self._faults

    @property
    def measuring(self) -> bool:
        return self._done >= self._needed

    def _live(self, t_s: float) -> ProbeState:
        """After a power cut or a reboot the master must start it again."""
        state = self._probe.shown(t_s)
        if self._probe.boots != self._boots:
            self._boots, self._powered_s = self._probe.boots, float(self._probe.booted_s)
            self._done.clear()
        return state

    def answer(self, pdu: bytes, t_s: float) -> bytes | None:
        """Functions 5, 6 and 7; None is silence."""
        if pdu[0] not in (WRITE_COIL, WRITE_REGISTER, READ_STATUS):
            raise RefusedRequestError(ILLEGAL_FUNCTION)
        self._live(t_s)
        if t_s - self._powered_s < COLD_S:
            return None
        if pdu[0] == READ_STATUS:
            return bytes((READ_STATUS, STATUS_WELL))
        return self._written(pdu, t_s)

    def _written(self, pdu: bytes, t_s: float) -> bytes:
        if pdu not in self._needed:
            raise RefusedRequestError(ILLEGAL_FUNCTION)
        if pdu != DOSIMETER_MODE and DOSIMETER_MODE not in self._done:
            return pdu  # answered, but to no effect
        self._done.add(pdu)
        if pdu == RESTART_MEAN:
            self._probe.restart_mean(t_s)
        return pdu

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        if function == READ_HOLDING:
            background = f32(self._probe.settings.near.own_background_cps)
            return block({0x000A: background}, start, count)
        state = self._live(t_s)
        return block({0x0001: bdkg05_registers(state, self.measuring)}, start, count)


def channel_registers(tube: TubeState, dose_nsv: float) -> Registers:
    """Twelve registers: instantaneous, mean, its error, dose rate, its error, dose."""
    return (
        *u32(tube.last_second),
        *f32(tube.mean_cps),
        *f32(tube.error_pct),
        *f32(tube.dose_rate_nsv_h * 1e-9),
        *f32(tube.error_pct),
        *f32(dose_nsv * 1e-9),
    )


def block_registers(state: ProbeState) -> Registers:
    """All 79. What the facts do not name, the neutron channel and the diagnostics are 0."""
    registers = [0] * BLOCK_WORDS
    registers[0] = state.second & 0xFFFF
    registers[1] = temperature(state.temperature_degc)
    registers[2:14] = channel_registers(state.near, state.dose_nsv)
    registers[15:17] = u32(state.second)
    registers[17] = 100
    if state.far is not None:
        registers[32:44] = channel_registers(state.far, state.dose_nsv)
        registers[75:77] = u32(state.far.last_second)
    registers[47] = DETECTOR_UNIT
    registers[73:75] = u32(state.near.last_second)
    return tuple(registers)


class Btdu3:
    crc_high_first = True

    def __init__(self, probe: Probe, faults: Faults) -> None:
        self._probe = probe
        self._faults = faults

    @property
    def faults(self) -> Faults:
        return self._faults

    def answer(self, pdu: bytes, t_s: float) -> bytes | None:  # noqa: ARG002 - always the same
        if pdu[0] == READ_STATUS and len(pdu) == 1:
            return bytes((READ_STATUS, STATUS_WELL))
        if pdu[0] in (WRITE_COIL, WRITE_REGISTER) and len(pdu) == 5:
            return pdu
        raise RefusedRequestError(ILLEGAL_FUNCTION)

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        if function != READ_INPUT:
            raise RefusedRequestError(ILLEGAL_FUNCTION)
        return block({0: block_registers(self._probe.shown(t_s))}, start, count)
