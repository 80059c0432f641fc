"""A serial line on a pseudo-terminal: an instrument that sends one sentence each second of the world, asked or not."""

import asyncio
import logging
from collections.abc import Callable

from config.clock import Clock
from simulator.detectors.instrument import Faults
from simulator.wires.modbus import Now
from simulator.wires.pty import PtyEnd

log = logging.getLogger(__name__)

MOST_AT_ONCE = 100  # lines, then others get their turn
Sentence = Callable[[float], bytes]  # what it sends when that many seconds of the world are over


class SentenceWire:
    """When the world runs N times as fast, the line comes N times as often; no second is left out or sent twice."""

    def __init__(self, sentence: Sentence, faults: Faults, now: Now, clock: Clock) -> None:
        self._sentence = sentence
        self._faults = faults
        self._now = now
        self._clock = clock
        self._pty: PtyEnd | None = None
        self._task: asyncio.Task[None] | None = None
        self._late: set[asyncio.TimerHandle] = set()

    async def open(self) -> None:
        self._pty = PtyEnd()
        self._task = asyncio.create_task(self._talk(), name="simulator line")
        self._task.add_done_callback(_said_its_last)

    @property
    def where(self) -> dict[str, str | int]:
        assert self._pty is not None  # noqa: S101 - asked after open
        return {"device": self._pty.device}

    @property
    def lost_bytes(self) -> int:
        return self._pty.lost_bytes if self._pty is not None else 0

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for timer in self._late:
            timer.cancel()
        self._late.clear()
        if self._pty is not None:
            self._pty.close()
            self._pty = None

    async def _talk(self) -> None:
        second = max(0, int(self._now()))
        while True:
            await self._clock.sleep(max(0.0, second + 1 - self._now()))
            for _ in range(min(MOST_AT_ONCE, int(self._now()) - second)):
                second += 1
                self._say(second)

    def _say(self, second: int) -> None:
        line = self._sentence(second)
        if self._faults.silent(second):
            return
        delay_s = self._faults.delay_s(second)
        if delay_s:
            self._send_late(delay_s, self._faults.spoil(line, second))
        else:
            self._send(self._faults.spoil(line, second))

    def _send_late(self, delay_s: float, line: bytes) -> None:
        def send() -> None:
            self._late.discard(timer)
            self._send(line)

        timer = asyncio.get_running_loop().call_later(delay_s, send)
        self._late.add(timer)

    def _send(self, line: bytes) -> None:
        if self._pty is not None:
            self._pty.write(line)


def _said_its_last(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the line has died", exc_info=task.exception())
