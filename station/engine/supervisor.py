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
        """Cancel one task and wait until it is gone; its deaths go with it."""
        self._deaths.pop(name, None)
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
            error = await _outcome(work)
            if loop.time() - began > DYING_WITHIN_S:
                wait_s = FIRST_WAIT_S
            how = "died" if error else "ended although it must not"
            log.error("task %s %s; restarting in %.1f s", name, how, wait_s, exc_info=error)
            self.restarts += 1
            self._deaths.setdefault(name, deque(maxlen=DYING_DEATHS)).append(loop.time())
            await asyncio.sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)


async def _outcome(work: Callable[[], Awaitable[None]]) -> BaseException | None:
    """How one life ended. Raises only when this task itself was told to stop."""
    task = asyncio.current_task()
    try:
        await work()
    except (Exception, asyncio.CancelledError) as error:
        if task is not None and task.cancelling():
            raise  # whatever the work said on its way out
        return error  # a CancelledError came from something that it waited for
    return None
