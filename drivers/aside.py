"""Work that may hang, done aside: in a thread of its own that ends with the work and never holds up the process's end.

asyncio's own pool would keep its threads, has few of them, and waits for a hung one when the loop is closed.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def aside(work: Callable[[], T], name: str) -> "asyncio.Future[T]":
    """Start the work; the future is its result. Nobody need await it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            answer(future.set_exception, error)
        else:
            answer(future.set_result, result)

    def answer(settle: Callable[[T], None] | Callable[[Exception], None], value: T | Exception) -> None:
        def settled() -> None:
            if not future.done():
                settle(value)  # type: ignore[arg-type]  # each is called with its own kind of value, just above

        with suppress(RuntimeError):  # the loop is closed: nobody is there to hear it
            loop.call_soon_threadsafe(settled)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
