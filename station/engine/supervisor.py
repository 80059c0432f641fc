"""No task dies quietly: it is restarted with a back-off, counted, and if it keeps dying the station says so."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
DYING_DEATHS = 3
DYING_WITHIN_S = 600.0


class Supervisor:
    """Keeps named coroutines running. Waits in real seconds: a crash loop costs the machine, not the world's time."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._deaths: dict[str, deque[float]] = {}
        self.restarts = 0

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        if name in self._tasks:
            raise ValueError(f"task {name} runs already")
        self._tasks[name] = asyncio.create_task(self._keep(name, work), name=name)

    async def stop(self, name: str) -> None:
        """Cancel one task and wait until it is gone."""
        task = self._tasks.pop(name, None)
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def stop_all(self) -> None:
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def dying(self) -> list[str]:
        """Tasks that died three times within ten minutes."""
        now = asyncio.get_running_loop().time()
        return [
            name
            for name, deaths in self._deaths.items()
            if len(deaths) >= DYING_DEATHS and now - deaths[-DYING_DEATHS] < DYING_WITHIN_S
        ]

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        wait_s = FIRST_WAIT_S
        while True:
            began = loop.time()
            try:
                await work()
                log.error("task %s ended although it must not; restarting", name)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("task %s died; restarting in %.1f s", name, wait_s)
            self.restarts += 1
            self._deaths.setdefault(name, deque(maxlen=DYING_DEATHS)).append(loop.time())
            if loop.time() - began > DYING_WITHIN_S:
                wait_s = FIRST_WAIT_S
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)
