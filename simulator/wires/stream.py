"""A line of bytes with its talkers on a port: a pty, a TCP server as a serial server is, or a TCP client."""

import asyncio
import logging
from collections.abc import Sequence

from config.clock import Clock
from simulator.wires.modbus import Now
from simulator.wires.ports import Port
from simulator.wires.talker import Said, Talker

log = logging.getLogger(__name__)

FRAME_GAP_S = 0.02  # real silence after which a half request is none
MOST_AT_ONCE = 100  # seconds of the world, then others get their turn


class StreamWire:
    """Serves from ``open`` until ``close``. No second of the world is left out or said twice, however fast it runs.

    ``clock``: not needed where all talkers wait to be asked.
    """

    def __init__(self, talkers: Sequence[Talker], port: Port, now: Now, clock: Clock | None = None) -> None:
        self._talkers = tuple(talkers)
        self._port = port
        self._now = now
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._gap: asyncio.TimerHandle | None = None
        self._late: set[asyncio.TimerHandle] = set()

    async def open(self) -> None:
        await self._port.open(self._received)
        if self._clock is not None and any(talker.unasked for talker in self._talkers):
            self._task = asyncio.create_task(self._talk(self._clock), name="simulator line")
            self._task.add_done_callback(_said_its_last)

    @property
    def where(self) -> dict[str, str | int]:
        return self._port.where

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        for timer in (*self._late, *((self._gap,) if self._gap else ())):
            timer.cancel()
        self._late.clear()
        await self._port.close()

    def _received(self, data: bytes) -> None:
        if self._gap is not None:
            self._gap.cancel()
        t_s = self._now()
        for talker in self._talkers:
            self._say(talker.received(data, t_s), t_s)
        self._gap = asyncio.get_running_loop().call_later(FRAME_GAP_S, self._fell_silent)

    def _fell_silent(self) -> None:
        for talker in self._talkers:
            talker.gap()

    async def _talk(self, clock: Clock) -> None:
        second = max(0, int(self._now()))
        while True:
            await clock.sleep(max(0.0, second + 1 - self._now()))
            for _ in range(min(MOST_AT_ONCE, int(self._now()) - second)):
                second += 1
                for talker in self._talkers:
                    if talker.unasked:
                        self._say(talker.second(second), second)

    def _say(self, said: list[Said], t_s: float) -> None:
        for one in said:
            if one.faults.silent(t_s):
                continue
            data = one.arrives(t_s)
            delay_s = one.faults.delay_s(t_s)
            if delay_s:
                self._say_late(delay_s, data)
            else:
                self._port.send(data)

    def _say_late(self, delay_s: float, data: bytes) -> None:
        def send() -> None:
            self._late.discard(timer)
            self._port.send(data)

        timer = asyncio.get_running_loop().call_later(delay_s, send)
        self._late.add(timer)


def _said_its_last(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the line has died", exc_info=task.exception())
