"""What a recorder asks of whatever keeps the records; InfluxDB unless another store is given (the demo's is a file)."""

from typing import Protocol

from station.journal.position import Position
from station.record.answers import Answer
from station.wire.message import Message


class Keeper(Protocol):
    """``write`` answers 204 when the lines are durable; anything else is treated by the table of answers."""

    async def write(self, lines: list[str]) -> Answer: ...
    async def positions(self, station: str, recorder: str) -> tuple[Answer, list[Position]]: ...
    async def close(self) -> None: ...


class Store(Keeper, Protocol):
    """A keeper with a form of its own: how it writes a record and a position as one line."""

    def line_of(self, message: Message) -> str: ...
    def position_line(self, station: str, recorder: str, position: Position) -> str: ...
