"""What a scenario may say about causes of dose rate. Defaults are chosen unless docs/simulator/physics.md has a source.

Every group of the world below is absent by default, and then its cause does not exist.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.schema import Part, Positive
from simulator.scenario_parts import Happening, Minutes, NotNegative, Spectrum

Share = Annotated[float, Field(ge=0, le=1)]
PlaceM = tuple[float, float]  # east and north of the scenario's origin, in metres
NEAREST_M = 0.5  # nothing comes nearer than this, so that the inverse square stays a number


class CosmicSettings(Part):
    """Cosmic radiation follows the air pressure: the muons among it fall when more air lies above."""

    muon_share: Share = 0.75
    muon_per_kpa: float = -0.01564
    reference_hpa: Positive | None = None  # where ``cosmic_nsv_h`` holds; absent: the climate's pressure


class RadonSettings(Part):
    """Radon's daughters in the air near the ground: most before sunrise, few in the afternoon."""

    wave_nsv_h: NotNegative = 4.0  # the usual night's height over the afternoon
    peak_hour: Annotated[float, Field(ge=0, lt=24)] = 5.5  # local
    day_sigma: Annotated[float, Field(ge=0, le=1.5)] = 0.4  # how much one night differs from another (log-normal)


class SoilSettings(Part):
    """Water in the topsoil holds terrestrial radiation back."""

    usual_mm: NotNegative = 30.0  # where ``terrestrial_nsv_h`` holds, and what the world begins with
    capacity_mm: Positive = 90.0  # more runs off
    drying_days: Positive = 6.0
    layer_kg_m2: Positive = 300.0  # dry mass of the layer that shines: 20 cm of 1.5 g/cm³
    attenuation: NotNegative = 1.4  # dose rate = dry / (1 + attenuation × water by weight)


class SnowSettings(Part):
    """Snow covers what shines from the ground; warm air melts it into the soil."""

    cover_mm: NotNegative = 0.0  # water equivalent when the world begins
    melt_mm_per_degc_day: NotNegative = 4.0
    efold_mm: Positive = 120.0  # of water equivalent


class RainEvent(Happening):
    rate_mm_h: Positive  # of water, also when it snows
    falls_as: Literal["rain", "snow"] = "rain"
    strength: NotNegative | None = None  # progeny that it carries; absent: 1, or chance by strength_sigma


class Reaching(Part):
    """At each instrument: given directly, or by a strength at 1 m and either distances or a place."""

    at_nsv_h: dict[str, Positive] = Field(default_factory=dict)
    strength_nsv_h_at_1m: Positive | None = None
    distance_m: dict[str, Positive] = Field(default_factory=dict)
    at_m: PlaceM | None = None  # reaches every instrument whose place has x_m and y_m

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = bool(self.at_nsv_h) + bool(self.distance_m) + (self.at_m is not None)
        if ways != 1 or bool(self.at_nsv_h) == (self.strength_nsv_h_at_1m is not None):
            raise ValueError("either at_nsv_h, or strength_nsv_h_at_1m with distance_m or at_m")
        return self

    def instruments(self) -> frozenset[str]:
        """Those that it names."""
        return frozenset(self.at_nsv_h) | frozenset(self.distance_m)


class SourceEvent(Happening, Reaching):
    """A source that is brought, stays and is taken away."""

    ramp_s: NotNegative = 0.0
    spectrum: Spectrum = "caesium"

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if 2 * self.ramp_s > self.duration_min * 60.0:
            raise ValueError("duration_min holds both ramps")
        return self


class VehicleEvent(Part):
    """A source that drives past on a straight road at one speed, at ``at_min`` nearest to ``through_m`` or to each."""

    at_min: Minutes
    speed_m_s: Positive = 10.0
    strength_nsv_h_at_1m: Positive
    closest_m: dict[str, Annotated[float, Field(ge=NEAREST_M)]] = Field(default_factory=dict)
    through_m: PlaceM | None = None
    heading_deg: Annotated[float, Field(ge=0, lt=360)] = 0.0  # 0 north, 90 east
    spectrum: Spectrum = "caesium"

    @model_validator(mode="after")
    def _one_road(self) -> Self:
        if bool(self.closest_m) == (self.through_m is not None):
            raise ValueError("either closest_m, or through_m with heading_deg")
        return self

    def instruments(self) -> frozenset[str]:
        return frozenset(self.closest_m)


class MixtureSettings(Part):
    """What each nuclide gives of the deposit's dose rate when it is fresh."""

    i131: Share = 0.6
    cs137: Share = 0.3
    ru106: Share = 0.1

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if abs(self.i131 + self.cs137 + self.ru106 - 1.0) > 1e-9:
            raise ValueError("i131, cs137 and ru106 add up to 1")
        return self


class PlumeEvent(Part):
    """A cloud that comes with the wind, stays over the place and goes; what it leaves on the ground decays."""

    start_min: Minutes  # when its edge reaches the scenario's origin
    rise_min: Positive = 30.0
    plateau_min: NotNegative = 180.0
    fall_min: Positive = 90.0
    cloud_nsv_h: NotNegative
    deposit_nsv_h: NotNegative  # after its passage in dry weather, if nothing decayed meanwhile
    mixture: MixtureSettings = MixtureSettings()
    rain_enhancement: NotNegative = 0.0  # deposit grows by (1 + this × rate^0.8), rate in mm/h
    at_factor: dict[str, NotNegative] = Field(default_factory=dict)  # absent: 1
    wind_m_s: Positive | None = None  # absent: it is everywhere at once
    wind_from_deg: Annotated[float, Field(ge=0, lt=360)] = 0.0

    def instruments(self) -> frozenset[str]:
        return frozenset(self.at_factor)


class RadiographyEvent(Happening, Reaching):
    """Somebody tests welds nearby: exposures of minutes, and pauses in which the source is in its box."""

    exposure_min: Positive = 3.0  # each one between 0.5 and 1.5 of it
    pause_min: Positive = 8.0  # the same
    spectrum: Spectrum = "medium"


class ScannerEvent(Happening, Reaching):
    """An X-ray lorry scanner, as at a border crossing: for each lorry a train of short pulses."""

    lorry_every_min: Positive = 5.0  # each between 0.5 and 1.5 of it, from one lorry's end to the next one's beginning
    scan_s: Positive = 20.0
    pulse_hz: Positive = 100.0
    spectrum: Spectrum = "low"
