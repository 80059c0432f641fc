"""The real servers, for tests of the whole house, and the threads of a loop in which a station ran."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.servers.fixtures import influx, mosquitto

__all__ = ["influx", "loop_threads_end", "mosquitto"]


@pytest.fixture
async def loop_threads_end() -> AsyncIterator[None]:
    """What ``asyncio.to_thread`` started ends with the test, as it does with the process."""
    yield
    await asyncio.get_running_loop().shutdown_default_executor()
