"""The live view as it looks: it fits 100×30 and 80×24 in both languages, and says in words what its colours say."""

from dataclasses import replace
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.screen import Screen as WholeTerminal

from config.catalogue import LANGUAGES, Catalogue
from config.clock import NS
from config.schema import Language
from station.demo.picture import Picture, Seen
from station.demo.story import Story, names_of
from station.demo.view import Facts, Screen, shown_record
from station.journal.position import Position
from station.journal.rows import Entry
from tests.builders import T0_NS, alarm, dose_rate, health, meteo

SIZES = ((80, 24), (100, 30), (140, 50))
NAMES: dict[Language, dict[str, str]] = {
    "vi": {"det-north": "Đầu dò Bắc", "det-south": "Đầu dò Nam", "gate": "Cổng", "weather": "Khí tượng"},
    "en": {"det-north": "North", "det-south": "South", "gate": "Gate", "weather": "Weather"},
}
EACH = [pytest.param(lang, size, id=f"{lang}-{size[0]}x{size[1]}") for lang, size in product(LANGUAGES, SIZES)]


def at_the_alarm() -> tuple[Picture, Story]:
    """A source near det-north in the rain."""
    picture = Picture({name: Seen() for name in NAMES["en"]})
    records = [("health", health(seq=n, instrument=name)) for n, name in enumerate(NAMES["en"], 1)]
    entries = [Entry(table, record, None) for table, record in records]
    raised = alarm(seq=10)
    entries.append(Entry("alarm", raised, None))
    for n in range(60):
        end_ns = T0_NS + n * 30 * NS
        near = dose_rate(seq=3 * n + 11, end_ns=end_ns, gross_nsv_h=1893.4, u_nsv_h=75.2, net_nsv_h=1796.2)
        vague = dose_rate(seq=3 * n + 12, end_ns=end_ns, instrument="gate", gross_nsv_h=343.0, u_nsv_h=343.0)
        entries += [Entry("dose_rate", near, None), Entry("dose_rate", vague, None)]
        if n == 3:
            mean = dose_rate(seq=3 * n + 13, end_ns=end_ns, instrument="gate", gross_nsv_h=105.0, u_nsv_h=24.0)
            entries.append(Entry("dose_rate_1m", mean, None))
    entries.append(Entry("meteo", meteo(seq=500, end_ns=T0_NS), None))
    picture.update(entries)
    picture.positions = {"recorder": Position("j", 488)}
    story = Story()
    for n, key in enumerate(("quiet", "rain_begins", "washout_peak", "rain_stops", "source_appears")):
        story.world({"event": key, "at_ns": T0_NS + n * NS, "instrument": "det-north", "nsv_h": 45.0})
    story.alarm(raised)
    return picture, story


def screen(language: Language, picture: Picture, story: Story, minute: float = 33.0) -> Screen:
    words = Catalogue.load(language)
    facts = Facts(
        station="Demo", names=names_of(words, NAMES[language]), detectors=["det-north", "det-south", "gate"],
        sensors=["weather"], destinations=["recorder"], fast=20.0, duration_min=60.0,
        data=Path.cwd() / "demo-data", recorded=Path("r"), station_file=Path("s"),
    )  # fmt: skip
    return Screen(picture, story, facts, words, T0_NS, minute)


def drawn(shown: Screen, size: tuple[int, int]) -> list[str]:
    console = Console(file=StringIO(), width=size[0], height=size[1], force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(WholeTerminal(shown), end="")
    return captured.get().split("\n")


@pytest.mark.parametrize(("language", "size"), EACH)
def test_it_fills_the_terminal_and_no_more(language: Language, size: tuple[int, int]) -> None:
    lines = drawn(screen(language, *at_the_alarm()), size)
    assert len(lines) == size[1]
    assert max(cell_len(line) for line in lines) <= size[0]


@pytest.mark.parametrize(("language", "size"), EACH)
def test_everything_that_must_be_seen_is_seen(language: Language, size: tuple[int, int]) -> None:
    words = Catalogue.load(language)
    text = "\n".join(drawn(screen(language, *at_the_alarm()), size))
    mark = words.wording.decimal_mark
    for wanted in (
        *NAMES[language].values(),  # each instrument
        "1893 ± 75",  # dose rate and uncertainty
        f"90{mark}0",  # background
        "+1796",  # net
        words.text("quality.good"),
        words.text("link.up"),
        words.text("level.alarm"),
        words.text("condition.level_exceeded"),
        words.text("state.unacknowledged"),
        f"12{mark}0 mm/h",
        words.text("live.outbox_line", destination="recorder", count=12),
        words.text("demo.alarm_raised", instrument=NAMES[language]["det-north"], level="alarm", value=1500.0)[:40],
        words.text("demo.look_alarm")[:40],
        "./demo-data",
        words.text("demo.how_to_stop"),
        "×20",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize(("language", "size"), EACH)
def test_the_first_screen_has_no_data_and_says_so(language: Language, size: tuple[int, int]) -> None:
    words = Catalogue.load(language)
    text = "\n".join(drawn(screen(language, Picture({}), Story(), 0.0), size))
    assert words.text("demo.starting")[:40] in text
    assert words.text("live.no_alarms") in text
    assert words.text("state.normal") not in text
    assert "0 ±" not in text


def test_a_detector_with_few_counts_shows_its_minutes_mean_and_marks_it() -> None:
    text = "\n".join(drawn(screen("en", *at_the_alarm()), (100, 30)))
    assert "105 ± 24¹" in text
    assert "343" not in text


def test_a_single_reading_that_says_enough_is_shown_itself() -> None:
    raw, mean = dose_rate(gross_nsv_h=95.0, u_nsv_h=4.0), dose_rate(gross_nsv_h=90.0)
    assert shown_record(Seen(raw=raw, minute=mean)) == (raw, False)


def test_many_alarms_leave_room_for_the_story() -> None:
    picture, story = at_the_alarm()
    picture.update(Entry("alarm", alarm(seq=600 + n, alarm=f"a{n}", instrument="gate"), None) for n in range(20))
    text = "\n".join(drawn(screen("en", picture, story), (80, 24)))
    assert "and 18 more alarms" in text
    assert Catalogue.load("en").text("live.now") in text


def test_the_minute_stops_at_the_storys_end() -> None:
    text = drawn(screen("en", *at_the_alarm(), minute=75.0), (80, 24))[0]
    assert "minute 60 of 60" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_narrow_terminal_loses_columns_but_no_level_and_no_word_of_an_alarm(language: Language) -> None:
    words = Catalogue.load(language)
    lines = drawn(screen(language, *at_the_alarm()), (40, 24))
    assert max(cell_len(line) for line in lines) <= 40
    row = next(line for line in lines if NAMES[language]["det-north"] in line)
    assert words.text("level.alarm") in row
    said = " ".join(" ".join(lines).replace("│", " ").split())
    assert words.text("state.unacknowledged") in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_80_columns_the_state_of_an_alarm_that_is_over_is_said_whole(language: Language) -> None:
    words, (picture, story) = Catalogue.load(language), at_the_alarm()
    over = alarm(seq=900, event="returned", state="returned_unacknowledged", condition="above_background")
    picture.update([Entry("alarm", over, None)])
    assert any(
        words.text("state.returned_unacknowledged") in line
        for line in drawn(screen(language, picture, story), (80, 24))
    )


def network(language: Language, size: tuple[int, int]) -> list[str]:
    """Twenty detectors and twenty weather stations; the thirteenth detector is in alarm."""
    names = {f"d{n}": f"Place{n}" for n in range(20)} | {f"w{n}": f"Met{n}" for n in range(20)}
    picture = Picture({name: Seen() for name in names}, bin_min=24)
    raised = alarm(seq=50, instrument="d13")
    picture.update([Entry("alarm", raised, None)])
    picture.update(Entry("dose_rate", dose_rate(seq=60 + n, instrument=f"d{n}"), None) for n in range(20))
    shown = screen(language, picture, Story(), 725.0)
    facts = replace(
        shown.facts, names=names_of(shown.catalogue, names), detectors=[f"d{n}" for n in range(20)],
        sensors=[f"w{n}" for n in range(20)], duration_min=1440.0,
    )  # fmt: skip
    return drawn(replace(shown, facts=facts), size)


@pytest.mark.parametrize(("language", "size"), EACH)
def test_many_instruments_fit_the_worst_first_the_others_counted(language: Language, size: tuple[int, int]) -> None:
    lines = network(language, size)
    text = "\n".join(lines)
    assert len(lines) == size[1]
    assert Catalogue.load(language).text("demo.how_to_stop") in text
    assert Catalogue.load(language).text("live.more_instruments", count=18) in text  # of the weather
    rows = [line for line in lines if line.startswith("Place")]
    if len(rows) < 20:
        assert rows[0].startswith("Place13 ")
        assert Catalogue.load(language).text("live.more_instruments", count=20 - len(rows)) in text


def test_a_story_of_a_day_is_told_in_hours() -> None:
    assert "12:05 of 24 h" in network("en", (100, 30))[0]
