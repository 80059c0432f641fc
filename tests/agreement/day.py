"""A simulated day on real wires, read by the real drivers, each reading held against what the instrument truly said.

The world's clock stands still while a driver asks, and jumps between the polls; so "at that moment" is exact. What the
instruments truly show is taken from their state in physical units, never from registers: the simulator's encoding and
the driver's decoding are both between the two that are compared.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import config
from config.clock import NS
from config.profile import Profile
from config.profiles import load_profile
from config.schema import Bus, Instrument, ModbusRtuBus, ModbusTcpBus, SerialLineBus, Text
from drivers.base import Driver, DriverError, Line, Reading
from drivers.factory import make_driver, open_line
from simulator.faults.faults import Faults
from simulator.scenario import Scenario
from simulator.simulation import Simulation
from tests.agreement.truth import Kit, Truth, truths

PROFILES = Path(config.__file__).parent / "profiles"
DAY_S = 86_400
TIMEOUT_S = 0.04  # real; the clock of the world stands still meanwhile
SENTENCE_PERIOD_S = 0.06  # real: the kit's second, in a world that runs fast
ASKED_AGAIN = 5  # times, at the same moment, when a busy machine was too slow for the short deadline
WIRE_FAULTS = {
    "no_answer", "late_answer", "bad_checksum", "exception", "wrong_unit", "half_open", "line_noise", "collision",
    "reboot", "power_cut",
}  # fmt: skip
SEED = int(os.environ.get("QUANTRAC_AGREEMENT_SEED", "20261123"))

BUSES = [
    {"id": "tcp", "kind": "modbus-tcp"},
    {"id": "rtu", "kind": "modbus-rtu"},
    {"id": "line", "kind": "serial-line"},
    {"id": "weather", "kind": "modbus-rtu"},
]
INSTRUMENTS: list[dict[str, Any]] = [
    {
        "id": "det-tcp",
        "profile": "positron-bdmg-04",
        "bus": "tcp",
        "address": 1,
        "device": {"warning_nsv_h": 300.0, "alarm_nsv_h": 1000.0},
    },
    {
        "id": "det-rtu",
        "profile": "positron-bdmg-04",
        "bus": "rtu",
        "address": 17,
        "device": {"protocol": "1.24"},
    },
    {"id": "kit", "profile": "mightyohm", "bus": "line"},
    {"id": "met", "profile": "lufft-ws-umb", "bus": "weather", "address": 1, "place": {"gauge_start_mm": 648.0}},
]
# One wire's own: what TCP has not got is left out, and what no reader can notice. A Modbus TCP frame and the kit's
# sentence carry no checksum, so bytes may be lost there but not changed (TCP) or neither (kit): see docs/simulator.md.
RANDOM: list[dict[str, Any]] = [
    {"kind": "no_answer", "per_hour": 0.15, "mean_duration_s": 30},
    {"kind": "exception", "code": 4, "per_hour": 0.12, "mean_duration_s": 60},
    {"kind": "exception", "code": 2, "per_hour": 0.12, "mean_duration_s": 60},
    {"kind": "exception", "code": 6, "per_hour": 0.12, "mean_duration_s": 60},
    {"kind": "wrong_unit", "per_hour": 0.09, "mean_duration_s": 40},
    {"kind": "bad_checksum", "per_hour": 0.12, "mean_duration_s": 40},
    {"kind": "collision", "per_hour": 0.12, "mean_duration_s": 40},
    {"kind": "line_noise", "noise_bytes": 3, "per_hour": 0.12, "mean_duration_s": 40},
    {"kind": "half_open", "lost_share": 0.02, "per_hour": 0.12, "mean_duration_s": 40, "instrument": "det-tcp"},
    {"kind": "half_open", "lost_share": 0.02, "changed_share": 0.02, "per_hour": 0.12, "mean_duration_s": 40,
     "instrument": "det-rtu"},
    {"kind": "half_open", "lost_share": 0.01, "changed_share": 0.02, "per_hour": 0.12, "mean_duration_s": 40,
     "instrument": "met"},
    *({"kind": "late_answer", "delay_s": times * TIMEOUT_S, "per_hour": 0.09, "mean_duration_s": 40, "instrument": who}
      for times in (0.25, 1.6) for who in ("det-tcp", "det-rtu", "met")),
    {"kind": "stuck", "per_hour": 0.12, "mean_duration_s": 300},
    {"kind": "hv_off", "per_hour": 0.06, "mean_duration_s": 200},
    {"kind": "noise_counts", "extra_cps": 40, "per_hour": 0.12, "mean_duration_s": 120},
    {"kind": "light_leak", "extra_cps": 5, "per_hour": 0.06, "mean_duration_s": 1200},
    {"kind": "counter_reset", "per_hour": 0.18, "mean_duration_s": 1},
    {"kind": "reboot", "per_hour": 0.06, "mean_duration_s": 40},
    {"kind": "power_cut", "per_hour": 0.06, "mean_duration_s": 40},
]  # fmt: skip


def busy_day(seed: int, seconds: int = DAY_S) -> Scenario:
    """Rain, a source near the detectors, and all kinds of faults at times that the seed draws."""
    near = {"det-tcp": 5000.0, "det-rtu": 60_000.0, "kit": 200_000.0}
    return Scenario.model_validate(
        {
            "id": "busy-day",
            "summary": {"vi": "Một ngày", "en": "A day"},
            "seed": seed,
            "duration_min": seconds / 60,
            "buses": BUSES,
            "instruments": INSTRUMENTS,
            "rain": [{"start_min": seconds / 240, "duration_min": seconds / 600, "rate_mm_h": 9.0}],
            "sources": [
                {"start_min": seconds / 100, "duration_min": seconds / 1200, "ramp_s": 20, "at_nsv_h": near},
            ],
            "random_faults": RANDOM,
        }
    )


class JumpingClock:
    """Time passes when the test says so, all at once, and whoever slept past it wakes."""

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate
        self.boot_id = "boot"
        self.now_ns = 0
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def wall_ns(self) -> int:
        return self.now_ns

    def monotonic_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now_ns + round(seconds * NS), woken))
        await woken

    def jump_to(self, t_s: float) -> None:
        self.now_ns = round(t_s * NS)
        due = [woken for at_ns, woken in self._sleepers if at_ns <= self.now_ns]
        self._sleepers = [(at_ns, woken) for at_ns, woken in self._sleepers if at_ns > self.now_ns]
        for woken in due:
            if not woken.done():
                woken.set_result(None)


@dataclass
class Account:
    """What became of one instrument's polls."""

    right: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    right_in_fault: int = 0  # readings that were right although a fault of the wire was on
    asked_again: int = 0
    wrong: list[str] = field(default_factory=list)

    def said(self) -> str:
        errors = ", ".join(f"{name} {count}" for name, count in sorted(self.errors.items()))
        return f"{self.right} right ({self.right_in_fault} of them in a fault of the wire), {errors or 'no errors'}"


async def agree(
    scenario: Scenario, every_s: float, seconds: int, profile: Callable[[str], Profile] | None = None
) -> dict[str, Account]:
    """Poll every instrument each ``every_s`` of the world, for so long; each reading against the truth."""
    clock = JumpingClock()
    accounts = {spec.id: Account() for spec in scenario.instruments}
    async with playing(scenario, clock) as simulation:
        checks = truths(scenario, simulation)
        async with station(simulation.ready(), profile or profile_of) as drivers:
            await asyncio.gather(*(_first(driver, checks[name]) for name, driver in drivers.items()))
            for step in range(1, int(seconds / every_s) + 1):
                t_s = step * every_s
                clock.jump_to(t_s)
                await _power_is_as_it_must_be(simulation, t_s)
                polls = (
                    _poll(drivers[name], checks[name], simulation.instruments[name].faults, t_s, every_s, account)
                    for name, account in accounts.items()
                )
                await asyncio.gather(*polls)
    for name, check in checks.items():
        accounts[name].wrong += check.left_out(drivers[name])
    return accounts


@asynccontextmanager
async def playing(scenario: Scenario, clock: JumpingClock) -> AsyncIterator[Simulation]:
    simulation = Simulation(scenario, clock, 0, 0)
    await simulation.open()
    life = asyncio.create_task(simulation.run(lambda _line: None))
    try:
        await asyncio.sleep(0)
        yield simulation
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        await simulation.close()


@asynccontextmanager
async def station(ready: Mapping[str, Any], profile: Callable[[str], Profile]) -> AsyncIterator[dict[str, Driver]]:
    """Lines and drivers as a station makes them, for all that the ready line names."""
    lines: dict[str, Line] = {
        name: open_line(bus_of(name, where, TIMEOUT_S, SENTENCE_PERIOD_S)) for name, where in ready["buses"].items()
    }
    try:
        yield {
            name: make_driver(lines[told["bus"]], instrument_of(name, told), profile(told["profile"]))
            for name, told in ready["instruments"].items()
        }
    finally:
        for line in lines.values():
            await line.close()


def bus_of(name: str, where: Mapping[str, Any], timeout_s: float, line_timeout_s: float) -> Bus:
    if where["kind"] == "modbus-tcp":
        return ModbusTcpBus(kind="modbus-tcp", id=name, host=where["host"], port=where["port"], timeout_s=timeout_s)
    if where["kind"] == "modbus-rtu":
        return ModbusRtuBus(
            kind="modbus-rtu", id=name, device=where["device"], baudrate=115200, timeout_s=timeout_s, min_gap_s=0.0
        )
    return SerialLineBus(kind="serial-line", id=name, device=where["device"], timeout_s=line_timeout_s)


def instrument_of(name: str, told: Mapping[str, Any]) -> Instrument:
    return Instrument(
        id=name, bus=told["bus"], profile=told["profile"], name=Text(vi=name, en=name), address=told["address"]
    )


def profile_of(name: str) -> Profile:
    """As shipped, but for the kit's second, which is shorter in real time since the world runs fast."""
    profile = load_profile(name)
    if profile.line is None:
        return profile
    return profile.model_copy(update={"line": profile.line.model_copy(update={"period_s": SENTENCE_PERIOD_S})})


async def _first(driver: Driver, truth: Truth) -> None:
    """The port is open before the day begins; a line that speaks by itself has said nothing yet."""
    if isinstance(truth, Kit):
        try:
            await driver.read()
        except DriverError:
            return


async def _power_is_as_it_must_be(simulation: Simulation, t_s: float) -> None:
    """A power cut takes the wires away in a task of the simulator's own."""
    cut = any("power_cut" in instrument.faults.active(t_s) for instrument in simulation.instruments.values())
    for _ in range(2000):
        if simulation.has_power == (not cut):
            return
        await asyncio.sleep(0.001)
    raise TimeoutError("the power has not come or gone")


async def _poll(driver: Driver, truth: Truth, faults: Faults, t_s: float, every_s: float, account: Account) -> None:
    excused = t_s <= 1 or any(  # of a line that has just been opened the first sentence is dropped
        set(faults.active(at_s)) & WIRE_FAULTS or faults.off(int(at_s)) for at_s in truth.looked_at(t_s, every_s)
    )
    for _ in range(ASKED_AGAIN):
        try:
            reading: Reading = await driver.read()
        except DriverError as error:
            account.errors[type(error).__name__] += 1
            if excused:
                return
            account.asked_again += 1
            why = error
            continue
        mistakes = truth.mistakes(reading, t_s)
        account.wrong += [f"{t_s:.0f} s: {mistake}" for mistake in mistakes]
        account.right += not mistakes
        account.right_in_fault += bool(excused and not mistakes)
        return
    account.wrong.append(f"{t_s:.0f} s: nothing is wrong with the wire, and yet {type(why).__name__}: {why}")
