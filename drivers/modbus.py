"""Modbus instruments, driven by their profiles alone: which blocks to read, what the registers mean.

A block's ``fallback_count`` is asked when the instrument refuses the whole block (older firmware); what was found is
remembered until the line is opened again or the instrument fails to answer.
"""

import logging
import struct

from config.profile import Block, Profile
from config.schema import Instrument
from drivers.base import DriverError, Reading
from drivers.decode import register_reading
from drivers.frames import Question
from drivers.inflight import to_the_end
from drivers.modbus_line import ModbusLine, ModbusRtuLine, ModbusTcpLine
from drivers.modbus_session import CodeError

__all__ = ["ModbusDriver", "ModbusLine", "ModbusRtuLine", "ModbusTcpLine"]

log = logging.getLogger(__name__)

NOT_SO_MANY = (2, 3)  # exception codes of an instrument that has fewer registers


class ModbusDriver:
    """One instrument on a Modbus line."""

    def __init__(self, line: ModbusLine, instrument: Instrument, profile: Profile) -> None:
        if not profile.blocks:
            raise ValueError(f"profile {profile.id} has no blocks to read")
        self._line = line
        self._id = instrument.id
        self._unit = instrument.address
        self._profile = profile
        self._short: set[Block] = set()  # blocks that this instrument has only a part of
        self._short_since = 0  # the opening of the line in which that was found

    @property
    def worst_case_s(self) -> float:
        """The longest that one reading can take (real seconds)."""
        requests = sum(1 if block.fallback_count is None else 2 for block in self._profile.blocks)
        return requests * self._line.worst_case_s

    async def read(self) -> Reading:
        """One reading. Raises DriverError. A cancellation waits for the exchange in flight."""
        return await to_the_end(self._read())

    async def _read(self) -> Reading:
        words: dict[int, int] = {}
        raw = b""
        try:
            for block in self._profile.blocks:
                registers = await self._block(block)
                words.update(enumerate(registers, block.start))
                raw += struct.pack(f">{len(registers)}H", *registers)
        except DriverError:
            self._short.clear()
            raise
        return register_reading(self._profile, words, raw)

    async def _block(self, block: Block) -> tuple[int, ...]:
        if self._short_since != self._line.opening:
            self._short.clear()
        if block not in self._short:
            try:
                return await self._ask(block, block.count)
            except CodeError as error:
                if block.fallback_count is None or error.code not in NOT_SO_MANY:
                    raise
                log.info("%s: %s; asking for %d registers", self._id, error, block.fallback_count)
        registers = await self._ask(block, block.fallback_count or block.count)
        self._short.add(block)
        self._short_since = self._line.opening
        return registers

    async def _ask(self, block: Block, count: int) -> tuple[int, ...]:
        return await self._line.ask(Question(self._unit, block.function, block.start, count))
