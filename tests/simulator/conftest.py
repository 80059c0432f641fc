"""What the simulator's tests share: a small scenario with one instrument on each kind of wire."""

from collections.abc import Callable

import pytest

from simulator.scenario import Bdmg04Instrument, BusSpec, LufftInstrument, MightyOhmInstrument, Scenario


@pytest.fixture
def scenario_with() -> Callable[..., Scenario]:
    """A scenario of one instrument a wire; keyword arguments are parts of it that a test wants otherwise."""

    def make(**parts: object) -> Scenario:
        base: dict[str, object] = {
            "id": "test",
            "summary": "for a test",
            "seed": 7,
            "duration_min": 60.0,
            "buses": (
                BusSpec(id="tcp", kind="modbus-tcp"),
                BusSpec(id="line", kind="serial-line"),
                BusSpec(id="rtu", kind="modbus-rtu"),
            ),
            "instruments": (
                Bdmg04Instrument(id="det", profile="positron-bdmg-04", bus="tcp", address=1),
                MightyOhmInstrument(id="kit", profile="mightyohm", bus="line"),
                LufftInstrument(id="met", profile="lufft-ws-umb", bus="rtu", address=1),
            ),
        }
        return Scenario.model_validate(base | parts)

    return make
