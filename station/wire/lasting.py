"""Connections one after another, with a back-off between them: for whoever must always try to be connected."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from station.wire.link import Link, LinkError

log = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
STEADY_AFTER_S = 10.0  # a connection that lived so long was a good one: the back-off begins anew


async def keep_connected(make: Callable[[], Link], use: Callable[[Link], Awaitable[None]], who: str) -> None:
    """Make a link, open it, let ``use`` have it until it is gone or fails with LinkError; again, for ever."""
    loop = asyncio.get_running_loop()
    wait_s = FIRST_WAIT_S
    told = ""
    while True:
        link = make()
        began = loop.time()
        try:
            await link.open()
            log.info("%s: connected to the broker", who)
            told = ""
            await use(link)
            reason = link.reason or "gone"
        except LinkError as error:
            reason = str(error)
        finally:
            await link.close()
        if reason != told:  # once, not with each try
            log.warning("%s: no broker: %s", who, reason)
            told = reason
        if loop.time() - began > STEADY_AFTER_S:
            wait_s = FIRST_WAIT_S
        await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, no secret
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)


async def while_there(link: Link, work: Awaitable[None]) -> None:
    """Do ``work`` until the link is gone; what work raises is raised here."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(link.gone.wait())
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        for each in (task, gone):
            each.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)
