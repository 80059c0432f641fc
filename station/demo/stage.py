"""How the demo is shown: as a live screen, or as sparse lines where there is no terminal."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from config.catalogue import Catalogue
from station.demo.story import Beat, Line
from station.demo.view import HOURS_FROM_MIN, Facts, Screen, hours

FRAME_S = 0.25
PROGRESS_WORLD_MIN = 10.0
PROGRESS_REAL_S = 5.0
NEAR_MIN = 0.05  # an event at minute 8 is not told as one of minute 7


class Stage(Protocol):
    """``show`` is called about four times a second with the newest frame and the beats that are new in it."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, screen: Screen, new: Sequence[Beat]) -> None: ...


class LiveStage:
    """The whole terminal, given back as it was at the end."""

    def __init__(self, console: Console) -> None:
        self._live = Live(
            console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def show(self, screen: Screen, new: Sequence[Beat]) -> None:
        del new  # the screen has them
        self._live.update(screen, refresh=True)


class LineStage:
    """A line for each thing that happens, and now and then one that says how far it is."""

    def __init__(self, console: Console, words: Catalogue, facts: Facts) -> None:
        self._console = console
        self._words = words
        self._facts = facts
        self._fast = 1.0
        self._told_min = 0.0
        self._told_s = time.monotonic()

    def __enter__(self) -> Self:
        self.say(self._words.text("demo.starting"))
        self.say(self._words.text("demo.data_at", path=str(self._facts.data)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, screen: Screen, new: Sequence[Beat]) -> None:
        if screen.facts.fast != self._fast:
            self._fast = screen.facts.fast
            self.say(self._words.text("demo.fast", factor=self._fast))
        for beat in new:
            self._at(beat.at_ns, beat.line, screen)
        now_s = time.monotonic()
        if screen.minute - self._told_min >= PROGRESS_WORLD_MIN and now_s - self._told_s >= PROGRESS_REAL_S:
            self._told_min, self._told_s = screen.minute, now_s
            picture = screen.picture
            counted = {
                "measurements": picture.measurements,
                "confirmed": picture.confirmed,
                "alarms": picture.holding,
            }
            if screen.facts.duration_min < HOURS_FROM_MIN:
                self.say(self._words.text("demo.progress", minute=int(screen.minute), **counted))
            else:
                self.say(self._words.text("demo.progress_hour", hour=hours(screen.minute), **counted))

    def _at(self, at_ns: int, line: Line, screen: Screen) -> None:
        minute = max(0.0, screen.minute - (screen.now_ns - at_ns) / 60e9 + NEAR_MIN)
        said = line.said(self._words, screen.facts.names)
        if screen.facts.duration_min < HOURS_FROM_MIN:
            self.say(self._words.text("demo.at_minute", minute=int(minute), text=said))
        else:
            self.say(self._words.text("demo.at_hour", hour=hours(minute), text=said))
