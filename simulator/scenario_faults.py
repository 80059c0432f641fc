"""What a scenario may say of faults: each at its time, or so many an hour at times that the seed draws."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, model_validator

from config.schema import Identifier, Part, Positive
from simulator.scenario_parts import Happening

FaultKind = Literal[
    # of the wire: what arrives of a reply
    "no_answer",
    "late_answer",
    "bad_checksum",
    "exception",
    "wrong_unit",
    "half_open",
    "line_noise",
    "collision",
    # of the detector: what it counts and shows
    "stuck",
    "hv_off",
    "noise_counts",
    "light_leak",
    "counter_reset",
    "reboot",
    "clock_wrong",
    # of the whole rack
    "power_cut",
]
Share = Annotated[float, Field(ge=0, le=1)]

NEEDED: dict[str, tuple[str, ...]] = {
    "late_answer": ("delay_s",),
    "exception": ("code",),
    "line_noise": ("noise_bytes",),
    "noise_counts": ("extra_cps",),
    "light_leak": ("extra_cps",),
    "clock_wrong": ("offset_s",),
}
ALLOWED: dict[str, tuple[str, ...]] = {
    **NEEDED,
    "wrong_unit": ("unit",),
    "half_open": ("lost_share", "changed_share"),
}
PARAMETERS = sorted({name for names in ALLOWED.values() for name in names})

MODBUS = frozenset({"modbus-tcp", "modbus-rtu", "modbus-rtu-tcp"})
NOT_ON: dict[str, frozenset[str]] = {
    "bad_checksum": frozenset({"modbus-tcp", "tcp-client"}),
    "collision": frozenset({"modbus-tcp", "tcp-client"}),
}
NO_CHECKSUM = frozenset(
    {"mightyohm", "gq-gmc-rfc1201", "gq-gmc-rfc1801", "rad-pro", "gamma-scout", "ludlum-375", "thermo-fh40g"}
)
WITH_AN_ADDRESS = frozenset({"ecotest-bdbg-09", "doza-bdmg-300"})  # that their replies carry; Modbus' do as well
WITH_A_CLOCK = frozenset({"gq-gmc-rfc1201", "gq-gmc-rfc1801", "rad-pro", "gamma-scout"})  # that their replies carry
NO_TUBE = frozenset(
    {"lufft-ws-umb", "vaisala-wxt530-modbus", "vaisala-wxt530-ascii", "sonbus-xm9505", "deltaohm-hd2016"}
)
ON_A_TUBE = frozenset({"hv_off", "noise_counts", "light_leak"})

LONGEST_EXPECTED = 20_000  # random faults in one scenario


class FaultParts(Part):
    """One kind of fault and its numbers."""

    instrument: Identifier | None = None
    kind: FaultKind
    delay_s: Annotated[float, Field(gt=0, le=3600)] | None = None  # real seconds, as all deadlines on wires
    code: Annotated[int, Field(ge=1, le=255)] | None = None  # the Modbus exception that it answers with
    unit: Annotated[int, Field(ge=0, le=255)] | None = None  # in whose name it answers; absent: its own plus 1
    lost_share: Share | None = None  # of the bytes
    changed_share: Share | None = None  # of the bytes
    noise_bytes: Annotated[float, Field(gt=0, le=200)] | None = None  # mean number before and behind a reply
    extra_cps: Annotated[float, Field(gt=0, le=1e6)] | None = None  # pulses that are not radiation
    offset_s: Annotated[float, Field(ge=-7e8, le=7e8)] | None = None  # its clock less the right time

    @model_validator(mode="after")
    def _its_own_numbers(self) -> Self:
        given = {name for name in PARAMETERS if getattr(self, name) is not None}
        for name in NEEDED.get(self.kind, ()):
            if name not in given:
                raise ValueError(f"{self.kind} needs {name}")
        for name in sorted(given.difference(ALLOWED.get(self.kind, ()))):
            raise ValueError(f"{name} does not belong to {self.kind}")
        if self.kind == "half_open" and not given:
            raise ValueError("half_open needs lost_share or changed_share")
        return self

    def numbers(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in PARAMETERS if getattr(self, name) is not None}


class FaultEvent(FaultParts, Happening):
    """A fault at its time. A power cut is of no instrument: it is of all of them."""

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if (self.kind == "power_cut") != (self.instrument is None):
            raise ValueError("a fault names its instrument, and only a power_cut names none")
        return self


class RandomFault(FaultParts):
    """So many an hour on average, each by itself, for a time that is drawn too. No instrument: every one that can."""

    per_hour: Annotated[float, Field(gt=0, le=600)]
    mean_duration_s: Positive

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if self.kind == "power_cut" and self.instrument is not None:
            raise ValueError("a power_cut is of no instrument")
        return self


class Wired(Protocol):
    """As much of an instrument's entry as decides which faults it can have."""

    @property
    def id(self) -> str: ...
    @property
    def bus(self) -> str: ...
    @property
    def profile(self) -> str: ...


def cannot_have(kind: str, profile: str, bus_kind: str) -> str | None:
    """Why an instrument cannot have a fault; None when it can."""
    if bus_kind in NOT_ON.get(kind, ()) or (kind == "exception" and bus_kind not in MODBUS):
        return f"there is no {kind} on a {bus_kind} bus"
    lacking = (
        ("checksum", kind == "bad_checksum" and profile in NO_CHECKSUM),
        ("address", kind == "wrong_unit" and bus_kind not in MODBUS and profile not in WITH_AN_ADDRESS),
        ("tube", kind in ON_A_TUBE and profile in NO_TUBE),
        ("clock", kind == "clock_wrong" and profile not in WITH_A_CLOCK),
    )
    missing = next((what for what, lacks in lacking if lacks), None)
    return f"{profile} has no {missing}" if missing else None


def fault_mistakes(
    faults: Iterable[FaultEvent], drawn: Iterable[RandomFault], instruments: Iterable[Wired], kinds: Mapping[str, str]
) -> Iterator[str]:
    """``kinds``: of the buses, by id."""
    known = {instrument.id: instrument for instrument in instruments}
    for fault in (*faults, *drawn):
        if fault.instrument is None:
            continue
        instrument = known.get(fault.instrument)
        if instrument is None:
            yield f"a fault of {fault.instrument}, which is not an instrument"
        elif why := cannot_have(fault.kind, instrument.profile, kinds.get(instrument.bus, "")):
            yield f"a fault of {fault.instrument}: {why}"


def too_many(drawn: Iterable[RandomFault], instruments: int, hours: float) -> Iterator[str]:
    expected = sum(rule.per_hour * hours * (instruments if rule.instrument is None else 1) for rule in drawn)
    if expected > LONGEST_EXPECTED:
        yield f"about {expected:.0f} random faults are expected; at most {LONGEST_EXPECTED}"
