"""The registers of a Positron BDMG-04, state (function 4), configuration and device information (function 3).

Facts: FairWindCo/SCDCommunication, devices/hardwaredevices/positron/BDMG04.java and utils/ModBusProtocol.java.
"""

from simulator.detectors.bdmg04 import Bdmg04, MeterState
from simulator.detectors.instrument import Faults
from simulator.scenario import Bdmg04Settings
from simulator.wires.modbus import READ_INPUT, Registers, block, float_low_word_first

STATE_START, CONFIG_START, INFO_START = 0x0000, 0x0000, 0xA000
STATE_WORDS = {"1.24": 15, "1.25": 18}
NSV_H_PER_SV_H = 1e9


def state_registers(state: MeterState) -> Registers:
    """All 18 registers of protocol 1.25; the first 15 are those of 1.24."""
    return (
        *float_low_word_first(state.dose_rate_sv_h),
        state.status,
        *float_low_word_first(state.hv_sensitive_v),
        *float_low_word_first(state.hv_coarse_v),
        *float_low_word_first(state.rate_sensitive_cps),
        state.pulses_sensitive,
        state.time_sensitive_s,
        *float_low_word_first(state.rate_coarse_cps),
        state.pulses_coarse,
        state.time_coarse_s,
        state.last_second_sensitive,
        state.last_second_coarse,
        0,  # circuit state of both channels: nothing to say
    )


def config_registers(settings: Bdmg04Settings) -> Registers:
    """40 registers; what the simulated meter has not got is 0."""
    near, far = settings.sensitive, settings.coarse
    floats = (
        near.sensitivity_cps_per_usv_h * 1e6,  # per Sv/h
        near.dead_time_us * 1e-6,
        far.sensitivity_cps_per_usv_h * 1e6,
        far.dead_time_us * 1e-6,
        (settings.overlap_upper_nsv_h or 0.0) / NSV_H_PER_SV_H,  # VGDS
        (settings.overlap_lower_nsv_h or 0.0) / NSV_H_PER_SV_H,  # NGDS
        (settings.warning_nsv_h or 0.0) / NSV_H_PER_SV_H,
        (settings.alarm_nsv_h or 0.0) / NSV_H_PER_SV_H,
    )
    head = [word for value in floats for word in float_low_word_first(value)]
    small = [0] * (34 - 16)
    small[0] = small[1] = settings.averaging_pulses
    small[11], small[12] = settings.no_counts_after_s, settings.coarse_no_counts_after_s
    tail = [*float_low_word_first(near.own_background_cps), *float_low_word_first(far.own_background_cps), 0, 0]
    return (*head, *small, *tail)


INFO_REGISTERS: Registers = (0x0004, 0x0001, 0x0200)  # type 4, board 0; firmware 1.0.0; two channels


class Bdmg04Registers:
    def __init__(self, meter: Bdmg04) -> None:
        self._meter = meter
        self._words = STATE_WORDS[meter.settings.protocol]
        self._holding = {CONFIG_START: config_registers(meter.settings), INFO_START: INFO_REGISTERS}

    @property
    def faults(self) -> Faults:
        return self._meter.faults

    def read(self, function: int, start: int, count: int, t_s: float) -> Registers:
        if function == READ_INPUT:
            state = state_registers(self._meter.shown(t_s))[: self._words]
            return block({STATE_START: state}, start, count)
        return block(self._holding, start, count)
