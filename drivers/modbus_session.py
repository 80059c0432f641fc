"""One open Modbus connection: asks through pymodbus and lets only the very answer pass.

pymodbus builds the request, keeps the transport and decodes; its hooks show us every byte, and ``frames`` judges them.
A session never reopens: when it is lost or in doubt, it is thrown away as a whole.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from pymodbus.client.base import ModbusBaseClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from drivers.base import BadAnswerError, BusyError, DriverError, NoAnswerError, PortGoneError, RefusedError
from drivers.frames import EXCEPTION, NotTheAnswerError, Question

log = logging.getLogger(__name__)
if logging.getLogger("pymodbus").level == logging.NOTSET:
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # what it complains of is raised here, once

Judge = Callable[[Question, bytes, bytes], bytes | None]
# Makes a pymodbus client with two of its hooks: trace_packet and trace_connect.
ClientMaker = Callable[[Callable[[bool, bytes], bytes], Callable[[bool], None]], ModbusBaseClient]

LONGEST_SHOWN = 64
MOST_BUFFERED = 65_536
WAIT_FOR_TRANSPORT_S = 1.0
BUSY = {5: "acknowledged, needs time", 6: "busy", 0x0A: "gateway path unavailable", 0x0B: "gateway target is silent"}
REFUSED = {1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "device failure"}


class CodeError(RefusedError):
    """Refused with a Modbus exception code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Session:
    """Opened by ``open``; usable while ``is_open``."""

    def __init__(self, name: str, make_client: ClientMaker, judge: Judge) -> None:
        self._name = name
        self._judge = judge
        self._loop = asyncio.get_running_loop()
        self._up = asyncio.Event()
        self._lost = False
        self._question: Question | None = None
        self._sent = b""
        self._received = b""
        self._trouble: asyncio.Future[DriverError] = self._loop.create_future()
        self._why: Exception | None = None  # why it could not be opened: pymodbus only says that
        self._client = make_client(self._packet, self._connection)
        self._client.ctx.max_buffer_size = MOST_BUFFERED  # its default hides a flood from us
        self._create = self._client.ctx.call_create
        self._client.ctx.call_create = self._created
        self.last_byte_s = self._loop.time()  # when anything was last sent or received
        self.stray_bytes = 0  # bytes that nobody had asked for

    @classmethod
    async def open(cls, name: str, make_client: ClientMaker, judge: Judge, timeout_s: float) -> "Session":
        """Raises PortGoneError, whatever the platform says: OSError, SerialException, termios.error, bad settings."""
        session = cls(name, make_client, judge)
        try:
            if not await session._client.connect():
                reason = session._why or f"no connection within {timeout_s:g} s"
                raise PortGoneError(f"{name}: cannot be opened: {reason}") from session._why
            await asyncio.wait_for(session._up.wait(), timeout_s)
        except PortGoneError:
            await session.close()
            raise
        except asyncio.CancelledError:
            await session.close()
            raise
        except Exception as error:
            await session.close()
            raise PortGoneError(f"{name}: cannot be opened: {error}") from error
        return session

    @property
    def is_open(self) -> bool:
        return self._client.connected and not self._lost

    async def ask(self, question: Question, timeout_s: float) -> tuple[int, ...]:
        """The registers. Raises DriverError; after any but a refusal the session is in doubt."""
        self._question, self._received = question, b""
        self._trouble = self._loop.create_future()
        reply = asyncio.ensure_future(self._request(question))
        either: set[asyncio.Future[Any]] = {reply, self._trouble}
        try:
            await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if reply.done() and (answer := reply.result()) is not None:
                return self._registers(question, answer)
            if self._trouble.done():
                raise self._trouble.result()
            raise self._nothing(question, timeout_s)
        finally:
            self._question = None
            reply.cancel()
            await asyncio.wait({reply})

    async def close(self) -> None:
        """Close the transport, now and for good."""
        self._lost = True
        self._client.close()
        await asyncio.sleep(0)  # asyncio closes the socket in its next round

    async def _created(self) -> Any:
        """pymodbus's way to its transport, with the reason kept when it fails."""
        try:
            return await self._create()
        except Exception as error:
            self._why = error
            raise

    async def _request(self, question: Question) -> ModbusPDU | None:
        """pymodbus's answer, or None when it gave up: what was wrong is known from the bytes."""
        read = self._client.read_holding_registers if question.function == 3 else self._client.read_input_registers
        try:
            return await read(question.start, count=question.count, device_id=question.unit)
        except (ModbusException, OSError) as error:
            log.debug("%s: %s", self._name, error)
            return None

    def _packet(self, sending: bool, data: bytes) -> bytes:
        """pymodbus's hook: everything sent, and everything received since it was sent. Empty lets it wait on."""
        self.last_byte_s = self._loop.time()
        if sending:
            self._sent = data
            return data
        if self._question is None or self._trouble.done():
            self.stray_bytes += 1
            return b""
        self._received = data
        try:
            frame = self._judge(self._question, self._sent, data)
        except NotTheAnswerError as error:
            self._trouble.set_result(BadAnswerError(f"{self._name}: {self._question}: {error}: {shown(data)}"))
            return b""
        if frame is None:
            return b""
        self._question = None  # answered: whatever comes now is nobody's
        return frame

    def _connection(self, up: bool) -> None:
        """pymodbus's hook: the transport is there, or gone."""
        if up:
            self._up.set()
            return
        self._lost = True
        if not self._trouble.done():
            self._trouble.set_result(PortGoneError(f"{self._name}: the connection was closed{self._so_far()}"))

    def _nothing(self, question: Question, timeout_s: float) -> DriverError:
        if self._received:
            return BadAnswerError(f"{self._name}: {question}: not whole within {timeout_s:g} s{self._so_far()}")
        return NoAnswerError(f"{self._name}: {question}: nothing within {timeout_s:g} s")

    def _so_far(self) -> str:
        return f" after {shown(self._received)}" if self._received else ""

    def _registers(self, question: Question, answer: ModbusPDU) -> tuple[int, ...]:
        """The last look, at what pymodbus made of the frame."""
        if answer.function_code == question.function | EXCEPTION:
            raise refusal(f"{self._name}: {question}", int(getattr(answer, "exception_code", 0)))
        if answer.function_code != question.function or len(answer.registers) != question.count:
            raise BadAnswerError(f"{self._name}: {question}: {answer}")
        return tuple(answer.registers)

    @property
    def heard_nothing(self) -> bool:
        """Not one byte has come in answer to the last question."""
        return not self._received


def refusal(what: str, code: int) -> DriverError:
    """An exception code as an error: 'later' is transient, everything else refused."""
    if code in BUSY:
        return BusyError(f"{what}: exception {code}: {BUSY[code]}")
    return CodeError(f"{what}: exception {code}: {REFUSED.get(code, 'unknown')}", code)


def shown(data: bytes) -> str:
    """Bytes for a message, not too many."""
    return data[:LONGEST_SHOWN].hex(" ") + (" …" if len(data) > LONGEST_SHOWN else "")
