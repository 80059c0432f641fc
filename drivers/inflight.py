"""What is on the wire is not abandoned: a cancelled caller waits until the exchange has ended by its own deadline.

An abandoned exchange would leave its late reply in the line, to be taken for the answer to the next question.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(exchange: Coroutine[Any, Any, T]) -> T:
    """Await an exchange that must not be cut off. A cancellation takes effect when the exchange is over."""
    task = asyncio.ensure_future(exchange)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as caught:
            cancelled = caught
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, so that nobody complains: the caller has gone
    raise cancelled
