"""What holds for every test: nothing is left behind, neither a task nor a thread nor an open file."""

import asyncio
import gc
import inspect
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("quantrac", deadline=None, print_blob=True)
settings.load_profile("quantrac")

FD_DIRECTORY = Path("/proc/self/fd")
THREAD_END_S = 2.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, "_no_task_left")  # first in, last out: after the other fixtures have cleaned up


@pytest.fixture
async def _no_task_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    for _ in range(5):  # a task that was just cancelled may end
        await asyncio.sleep(0)
    left = [task.get_name() for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    assert not left, f"tasks left running: {left}"


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    threads_before = set(threading.enumerate())
    files_before = _open_files()
    yield
    deadline = time.monotonic() + THREAD_END_S
    while (left := _new_threads(threads_before)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not left, f"threads left running: {left}"
    while (leaked := _new_files(files_before)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not leaked, f"files left open: {leaked}"


def _new_files(before: dict[str, str]) -> dict[str, str]:
    if len(_open_files()) <= len(before):
        return {}
    gc.collect()
    return {fd: name for fd, name in _open_files().items() if before.get(fd) != name}


def _new_threads(before: set[threading.Thread]) -> list[str]:
    return [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]


def _open_files() -> dict[str, str]:
    found = {}
    for entry in FD_DIRECTORY.iterdir() if FD_DIRECTORY.is_dir() else ():
        try:
            name = str(entry.readlink())
            if not name.startswith("socket:"):  # a client library's pool may close its own a moment later;
                found[entry.name] = name  # where sockets matter, a test counts them (tests/drivers/test_unplug.py)
        except OSError:
            continue  # the descriptor of the listing itself
    return found
