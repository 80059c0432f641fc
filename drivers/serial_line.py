"""Instruments that speak by themselves, one sentence a period, over a serial line.

Between two reads the port is listened to: a reading is made of all the sentences since the last one. Its
counts are their sum over the sum of their live times; everything else is what the newest sentence says.

 wire     s1   s2   s3        s4   s5   s6
 read  ─────────────────▲──────────────────▲──
                  counts 1+2+3         counts 4+5+6, live time 3 s

So no second is lost or counted twice, whatever the poll's period and however instrument and station drift apart.
"""

import asyncio
import logging
import re

from config.profile import Profile
from config.quality import Quality
from config.schema import Instrument
from drivers.base import BadAnswerError, NoAnswerError, PortGoneError, Reading
from drivers.decode import line_values, range_flags
from drivers.sentences import Sentence, Sentences
from drivers.serial_port import SerialLinePort

__all__ = ["LineDriver", "SerialLinePort"]

log = logging.getLogger(__name__)

PERIODS_TO_WAIT = 2.5  # the first line after opening may be a partial one
LIVE_TIME = "live_time"  # name of the value that is added where the profile, not the sentence, says the live time
SUMMED = ("counts", "live_time")


class LineDriver:
    """One instrument on a serial line."""

    def __init__(self, port: SerialLinePort, instrument: Instrument, profile: Profile) -> None:
        if profile.line is None:
            raise ValueError(f"profile {profile.id} has no line to listen to")
        self._port = port
        self._id = instrument.id
        self._profile = profile
        self._pattern = re.compile(profile.line.pattern)
        self._sentences = Sentences(profile.line.terminator.encode("latin-1"), profile.line.longest_bytes)
        self._wait_s = max(PERIODS_TO_WAIT * profile.line.period_s, port.timeout_s)
        self._news = asyncio.Event()
        self._heard_bytes = 0
        self.mismatched = 0  # whole sentences that were not the instrument's
        self.stale = 0  # sentences that were fetched too late
        port.attach(self)

    @property
    def worst_case_s(self) -> float:
        """The longest that one reading can take (real seconds)."""
        return self._port.worst_case_s + self._wait_s

    @property
    def dropped(self) -> int:
        """Everything that came in and is in no reading: garbage, partial lines, foreign and stale sentences."""
        return self._sentences.dropped + self.mismatched + self.stale

    async def read(self) -> Reading:
        """All sentences since the last read. Raises DriverError. Nothing is in flight: cancelling it costs nothing."""
        self._drop_stale()
        if not self._sentences:
            await self._port.opened()
            await self._next()
        taken = self._sentences.take()
        good = [groups for groups in map(self._match, taken) if groups is not None]
        self.mismatched += len(taken) - len(good)
        if len(good) < len(taken):
            log.warning("%s: %d of %d sentences did not match", self._id, len(taken) - len(good), len(taken))
        if not good:
            raise BadAnswerError(f"{self._port.name}: not a sentence of {self._profile.id}: {taken[-1].text!r}")
        return self._reading(good, b"\n".join(sentence.text for sentence in taken))

    def heard(self, data: bytes, at_s: float) -> None:
        """From the port."""
        self._heard_bytes += len(data)
        self._sentences.feed(data, at_s)
        if self._sentences:
            self._news.set()

    def interrupted(self) -> None:
        """From the port: what comes next begins in the middle of a line."""
        self._sentences.reset()
        self._news.set()

    def _drop_stale(self) -> None:
        """What was said longer ago than an instrument may be silent says nothing of now."""
        newest_s = self._sentences.newest_s
        if newest_s is None or newest_s >= asyncio.get_running_loop().time() - self._wait_s:
            return
        old = len(self._sentences.take())
        self.stale += old
        log.warning("%s: %d sentences were fetched too late and are dropped", self._id, old)

    async def _next(self) -> None:
        """Wait for a sentence. Raises NoAnswerError, BadAnswerError or PortGoneError."""
        before = self._heard_bytes
        try:
            async with asyncio.timeout(self._wait_s):
                while not self._sentences:
                    if not self._port.is_open:
                        raise PortGoneError(f"{self._port.name}: the port has gone")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            if heard := self._heard_bytes - before:
                text = f"{self._port.name}: {heard} bytes within {self._wait_s:g} s, but no whole sentence"
                raise BadAnswerError(text) from None
            raise NoAnswerError(f"{self._port.name}: nothing within {self._wait_s:g} s") from None

    def _match(self, sentence: Sentence) -> dict[str, str | None] | None:
        found = self._pattern.fullmatch(sentence.text.decode("latin-1"))
        return None if found is None else found.groupdict()

    def _reading(self, sentences: list[dict[str, str | None]], raw: bytes) -> Reading:
        """The newest sentence's values, with the counts and live times of all of them."""
        quantities: dict[str, str] = {value.name: value.quantity for value in self._profile.line_values}
        decoded = [line_values(self._profile.line_values, groups) for groups in sentences]
        values, flags = decoded[-1][0], Quality(0)
        for name, quantity in quantities.items():
            if quantity in SUMMED:
                values[name] = total([one[name] for one, _ in decoded])
        for _, flag in decoded:
            flags |= flag
        if (live_s := self._live_s(len(sentences), values, quantities)) is not None:
            values[LIVE_TIME], quantities[LIVE_TIME] = live_s, "live_time"
        flags |= range_flags(self._profile.detector, values, quantities)
        return Reading(values, quantities, flags, raw)

    def _live_s(self, sentences: int, values: dict[str, float | None], quantities: dict[str, str]) -> float | None:
        """The live time of the summed counts where the profile, not the sentence, says it."""
        detector = self._profile.detector
        if detector is None or detector.counts_live_s is None or "live_time" in quantities.values():
            return None
        counted = any(quantities[name] == "counts" and value is not None for name, value in values.items())
        return sentences * detector.counts_live_s if counted else None


def total(parts: list[float | None]) -> float | None:
    """The sum; a part that is missing makes it missing, for its live time would be counted without its counts."""
    there = [part for part in parts if part is not None]
    return sum(there) if len(there) == len(parts) else None
