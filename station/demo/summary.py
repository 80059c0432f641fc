"""What is said at the end: the alarms that were raised, what was measured, what is confirmed, where it lies."""

from collections.abc import Iterator

from config.catalogue import Catalogue
from station.demo.picture import Occurrence, Picture
from station.demo.view import Facts, short_path
from station.records import STATION_INSTRUMENT


def summary(picture: Picture, facts: Facts, words: Catalogue, world_s: float) -> Iterator[str]:
    """Line by line, everything from the journal."""
    minutes = world_s / 60.0
    yield words.text("demo.summary_heading", minutes=words.wording.number(minutes, 0 if minutes >= 10 else 1))
    yield words.text("demo.summary_measurements", count=picture.measurements)
    for destination in facts.destinations:
        waiting = picture.waiting(destination)
        confirmed = picture.last_seq - waiting
        yield words.text("demo.summary_confirmed", destination=destination, count=confirmed)
        if waiting:
            yield words.text("demo.summary_waiting", destination=destination, count=waiting)
    if not picture.occurrences:
        yield words.text("demo.summary_no_alarms")
    for occurrence in picture.occurrences:
        yield _told(occurrence, facts, words)
    yield words.text("demo.data_at", path=short_path(facts.data))
    yield words.text("demo.recorded_at", file=short_path(facts.recorded))
    yield words.text("demo.set_up", file=short_path(facts.station_file))


def _told(one: Occurrence, facts: Facts, words: Catalogue) -> str:
    if one.instrument == STATION_INSTRUMENT:
        return words.text("demo.summary_station_alarm", condition=one.condition, level=one.level, time=one.since_ns)
    name = facts.names.get(one.instrument, one.instrument)
    what = {"instrument": name_and_id(name, one.instrument), "condition": one.condition, "level": one.level}
    if one.value is None or one.unit != "nSv/h":
        return words.text("demo.summary_instrument_alarm", time=one.since_ns, **what)
    return words.text("demo.summary_alarm", value=one.value, time=one.since_ns, **what)


def name_and_id(name: str, instrument: str) -> str:
    """People read the name; the id is what the files say."""
    return name if name == instrument else f"{name} ({instrument})"
