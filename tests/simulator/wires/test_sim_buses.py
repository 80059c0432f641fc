"""Who may stand on which bus: what the scenario's file gets wrong is said."""

import pytest
from pydantic import ValidationError

from simulator.scenario import Scenario


def scenario(kind: str, *instruments: dict[str, object], **bus: object) -> Scenario:
    return Scenario.model_validate(
        {
            "id": "buses",
            "summary": "for a test",
            "seed": 7,
            "duration_min": 1.0,
            "buses": [{"id": "bus", "kind": kind, **bus}],
            "instruments": [
                {"id": f"i{number}", "bus": "bus"} | instrument for number, instrument in enumerate(instruments)
            ],
        }
    )


FHT: dict[str, object] = {"profile": "thermo-fht-6020"}
GMC: dict[str, object] = {"profile": "gq-gmc-rfc1201"}
WXT: dict[str, object] = {"profile": "vaisala-wxt530-ascii"}


def test_instruments_with_addresses_of_their_own_share_a_line() -> None:
    assert len(scenario("serial-line", FHT, FHT | {"address": 2}, WXT, WXT | {"letter": "1"}).instruments) == 4


@pytest.mark.parametrize(
    ("kind", "instruments", "complaint"),
    [
        ("serial-line", (FHT, FHT), "its place on bus bus is taken"),
        ("serial-line", (FHT, GMC), "its place on bus bus is taken"),
        ("serial-tcp", (GMC, FHT), "its place on bus bus is taken"),
        ("modbus-tcp", ({"profile": "atomtex-bdkg-05"},), "does not speak on a modbus-tcp bus"),
        ("modbus-rtu", (FHT,), "does not speak on a modbus-rtu bus"),
        ("serial-tcp", ({"profile": "sonbus-xm9505"},), "does not speak on a serial-tcp bus"),
        ("tcp-client", (GMC,), "tcp-client needs it"),
        ("serial-line", ({"profile": "ecotest-bdbg-09", "protocol": "1.2", "address": 15},), "addresses 1 to 14"),
        ("modbus-tcp", ({"profile": "user-map", "values": [{"address": 1}, {"address": 2}]},), "taken twice"),
        ("modbus-tcp", ({"profile": "user-map", "values": [{"address": 65535}]},), "outside"),
        ("modbus-tcp", ({"profile": "user-map", "values": [{"address": 1, "type": "text"}]},), "go together"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, instruments: tuple[dict[str, object], ...], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        scenario(kind, *instruments)
