"""Any bytes as a reply, on a real wire: never a value, never a hang, never an error outside DriverError."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import DriverError
from tests.drivers.wires import on_rtu, on_tcp
from tests.fakes.peers import Send

SHORT_S = 0.02
LIKELY = st.sampled_from(
    [b"", b"\x01", b"\x01\x04", b"\x01\x04\x24", b"\x01\x84", b"\x00\x01\x00\x00\x00\x27\x01\x04\x24"]
)


@settings(max_examples=60)
@given(LIKELY, st.binary(max_size=600))
def test_rtu_random_replies_are_driver_errors(head: bytes, tail: bytes) -> None:
    async def exchange() -> None:
        async with on_rtu(lambda _: [Send(head + tail)], timeout_s=SHORT_S) as (_, driver, line):
            with pytest.raises(DriverError):
                async with asyncio.timeout(10 * line.worst_case_s):
                    await driver.read()

    asyncio.run(exchange())


@settings(max_examples=60)
@given(st.binary(max_size=7), st.binary(max_size=600))
def test_tcp_random_replies_are_driver_errors(head: bytes, tail: bytes) -> None:
    async def exchange() -> None:
        async with on_tcp(lambda request: [Send(request[:2] + head + tail)], timeout_s=SHORT_S) as (_, driver, line):
            with pytest.raises(DriverError):
                async with asyncio.timeout(10 * line.worst_case_s):
                    await driver.read()

    asyncio.run(exchange())
