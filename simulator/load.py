"""The load scenario: N detectors at quiet places, on as few Modbus TCP ports as their unit ids need."""

from simulator.scenario import Bdmg04Instrument, BusSpec, Scenario
from simulator.scenario_gallery import Words

UNITS_PER_PORT = 247


def load_scenario(detectors: int, timeline_of: Scenario | None = None) -> Scenario:
    """``timeline_of``: its seed, world and rain; its instruments are replaced, its sources and faults left out."""
    if not 1 <= detectors <= 9999:
        raise ValueError(f"1 to 9999 detectors, not {detectors}")
    instruments = tuple(
        Bdmg04Instrument(
            id=f"load-{n + 1:04d}",
            profile="positron-bdmg-04",
            bus=f"tcp-{n // UNITS_PER_PORT + 1}",
            address=n % UNITS_PER_PORT + 1,
        )
        for n in range(detectors)
    )
    ports = -(-detectors // UNITS_PER_PORT)
    load = Scenario(
        id=f"load-{detectors}",
        summary=Words(vi=f"{detectors} liều kế, mọi thứ yên tĩnh", en=f"{detectors} quiet detectors"),
        seed=1,
        duration_min=60.0,
        buses=tuple(BusSpec(id=f"tcp-{port + 1}", kind="modbus-tcp") for port in range(ports)),
        instruments=instruments,
    )
    if timeline_of is None:
        return load
    taken = {name: getattr(timeline_of, name) for name in ("seed", "duration_min", "world", "rain")}
    return load.model_copy(update=taken)
