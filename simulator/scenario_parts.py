"""What all groups of a scenario's models share: places, tubes, what an instrument is, when something happens."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.schema import Identifier, Part, Positive
from simulator.scenario_gallery import Words

Minutes = Annotated[float, Field(ge=0)]
NotNegative = Annotated[float, Field(ge=0)]
DeadTimeModel = Literal["none", "non_paralysable", "paralysable", "hybrid"]
Spectrum = Literal["natural", "cosmic", "low", "medium", "caesium", "high"]  # a cause's photons, as detectors tell them
EnergyResponse = Literal[
    "flat", "over_responds_to_low_energy", "blind_to_low_energy", "over_responds_to_cosmic", "as_a_bare_gm_tube"
]


class PlaceSettings(Part):
    """What is different where one instrument stands; absent is as in the world."""

    terrestrial_nsv_h: NotNegative | None = None
    cosmic_nsv_h: NotNegative | None = None
    washout_factor: NotNegative = 1.0
    gauge_factor: NotNegative = 1.0
    gauge_start_mm: NotNegative = 0.0
    x_m: float | None = None  # east of the scenario's origin
    y_m: float | None = None  # north of it

    @model_validator(mode="after")
    def _whole_place(self) -> Self:
        if (self.x_m is None) != (self.y_m is None):
            raise ValueError("x_m and y_m go together")
        return self


class Channel(Part):
    """One counting tube."""

    sensitivity_cps_per_usv_h: Positive
    dead_time_us: NotNegative = 0.0
    dead_time_model: DeadTimeModel = "none"
    paralysing_us: NotNegative = 0.0  # of the hybrid model: follows ``dead_time_us``, which does not paralyse
    own_background_cps: NotNegative = 0.0
    energy_response: EnergyResponse = "flat"
    response: dict[Spectrum, NotNegative] = Field(default_factory=dict)  # factors that differ from the words
    temperature_per_degc: float = 0.0  # change of sensitivity per degree above ``reference_degc``
    reference_degc: float = 22.0
    loss_per_year: Annotated[float, Field(ge=0, lt=1)] = 0.0
    age_years: NotNegative = 0.0  # when the world begins

    @model_validator(mode="after")
    def _dead_time_is_named(self) -> Self:
        if (self.dead_time_us > 0) != (self.dead_time_model != "none"):
            raise ValueError("dead_time_us and dead_time_model go together")
        if (self.paralysing_us > 0) != (self.dead_time_model == "hybrid"):
            raise ValueError("paralysing_us belongs to the hybrid model, and it needs it")
        return self


class InstrumentBase(Part):
    id: Identifier
    name: Words | None = None  # for people; absent: its id
    station: Identifier | None = None
    bus: Identifier
    address: Annotated[int, Field(ge=1, le=247)] = 1
    place: PlaceSettings = PlaceSettings()


class Happening(Part):
    start_min: Minutes
    duration_min: Positive

    @property
    def start_s(self) -> float:
        return self.start_min * 60.0

    @property
    def end_s(self) -> float:
        return (self.start_min + self.duration_min) * 60.0
