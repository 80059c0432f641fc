"""What a scenario's file says to people: its words in both languages, its stations, how fast it is best shown."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from config.schema import Identifier, Part


class Words(Part):
    """One text in both languages. A bare string in the file stands for both: good enough for a file of one's own."""

    vi: Annotated[str, Field(min_length=1, max_length=200)]
    en: Annotated[str, Field(min_length=1, max_length=200)]

    @model_validator(mode="before")
    @classmethod
    def _one_for_both(cls, value: Any) -> Any:
        return {"vi": value, "en": value} if isinstance(value, str) else value


class StationSpec(Part):
    """A station that instruments belong to. A scenario without stations is one station."""

    id: Identifier
    name: Words


DemoFast = Annotated[float, Field(gt=0, le=1000)]  # how many times as fast as real the scenario is shown
