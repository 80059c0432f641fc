"""The Modbus wires: one connection that the instruments of a bus share, opened when it is needed.

ask ──► open? ──no──► open (PortGoneError: the next read tries again; nothing retries in the background)
         │
         ▼
       quiet? (RTU, after a failure: no byte for a whole timeout, so that a late reply dies unheard)
         │
         ▼
       one exchange ──► answer
         │
         └─► anything but an answer: TCP closes the connection, RTU listens before it speaks again
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from urllib.parse import urlsplit

from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.client.base import ModbusBaseClient

from config.schema import ModbusRtuBus, ModbusTcpBus
from drivers.base import BadAnswerError, BusyError, DriverError, PortGoneError, RefusedError, TransientError
from drivers.frames import Question, rtu_answer, tcp_answer
from drivers.modbus_session import ClientMaker, Judge, Session

log = logging.getLogger(__name__)

SILENT_CHARACTERS = 3.5  # what separates two RTU frames
LONGEST_DRAIN = 3.0  # timeouts that a babbling line is listened to before it is given up


class ModbusLine(ABC):
    """What TCP and RTU share: one exchange at a time, one session, a gap between frames. Times are real seconds."""

    def __init__(self, name: str, judge: Judge, timeout_s: float, gap_s: float) -> None:
        self._name = name
        self._judge = judge
        self._timeout_s = timeout_s
        self._gap_s = gap_s
        self._lock = asyncio.Lock()
        self._session: Session | None = None
        self._openings = 0

    @property
    @abstractmethod
    def worst_case_s(self) -> float: ...

    @property
    def opening(self) -> int:
        """The number of the opening that the next question uses: what was learned of a device holds for one."""
        is_open = self._session is not None and self._session.is_open
        return self._openings if is_open else self._openings + 1

    @abstractmethod
    async def _exchange(self, question: Question) -> tuple[int, ...]: ...

    @abstractmethod
    def _client_maker(self, timeout_s: float) -> ClientMaker: ...

    async def ask(self, question: Question) -> tuple[int, ...]:
        """The registers of one block. Raises DriverError within ``worst_case_s``."""
        async with self._lock:
            try:
                return await self._exchange(question)
            except DriverError:
                raise
            except BaseException:
                await self._drop()  # cut off in flight: what is on the wire is nobody's any more
                raise

    async def close(self) -> None:
        """Close the line when the exchange in flight is over. It opens again when it is asked again."""
        async with self._lock:
            await self._drop()

    async def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _opened(self, timeout_s: float) -> Session:
        """The open session, or a new one. Raises PortGoneError."""
        if self._session is not None and self._session.is_open:
            return self._session
        await self._drop()
        self._session = await Session.open(self._name, self._client_maker(timeout_s), self._judge, timeout_s)
        self._openings += 1
        log.info("%s: open", self._name)
        return self._session

    async def _gap(self, session: Session) -> None:
        """Keep the quiet time between two frames."""
        wait_s = session.last_byte_s + self._gap_s - asyncio.get_running_loop().time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)


class ModbusTcpLine(ModbusLine):
    """A TCP connection. Every answer carries its question's number; after a failure the connection is closed."""

    def __init__(self, bus: ModbusTcpBus) -> None:
        super().__init__(f"{bus.id} ({bus.host}:{bus.port})", tcp_answer, bus.timeout_s, bus.min_gap_s)
        self._host, self._port = bus.host, bus.port

    @property
    def worst_case_s(self) -> float:
        """Connecting and answering, each within the timeout."""
        return 2 * self._timeout_s + self._gap_s

    async def _exchange(self, question: Question) -> tuple[int, ...]:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self.worst_case_s
        was_open = self._session is not None and self._session.is_open
        try:
            return await self._ask_once(question, self._timeout_s)
        except PortGoneError:
            session = self._session
            idle_close = was_open and (session is None or session.heard_nothing)
            await self._drop()
            left_s = deadline_s - loop.time()
            if not idle_close or left_s <= 0:
                raise
        # A gateway may close a connection that was idle; that is normal, and is tried once more at once.
        return await self._ask_once(question, min(self._timeout_s, left_s / 2))

    async def _ask_once(self, question: Question, timeout_s: float) -> tuple[int, ...]:
        if self._session is not None and self._session.stray_bytes:
            await self._drop()  # somebody speaks out of turn
        session = await self._opened(timeout_s)
        await self._gap(session)
        try:
            return await session.ask(question, timeout_s)
        except (RefusedError, BusyError, PortGoneError):
            raise
        except TransientError:
            await self._drop()
            raise

    def _client_maker(self, timeout_s: float) -> ClientMaker:
        return tcp_client(self._host, self._port, FramerType.SOCKET, timeout_s)


class ModbusRtuLine(ModbusLine):
    """A serial port, or RTU through a TCP serial server (``socket://host:port``).

    RTU answers carry no number: a late reply looks like the answer to the next question. So after a failure nothing
    is asked until the line has been quiet for a whole timeout; ``timeout_s`` must be longer than the slowest reply.
    """

    def __init__(self, bus: ModbusRtuBus) -> None:
        bits = 1 + bus.bytesize + (bus.parity != "N") + bus.stopbits
        gap_s = max(bus.min_gap_s, SILENT_CHARACTERS * bits / bus.baudrate)
        super().__init__(f"{bus.id} ({bus.device})", rtu_answer, bus.timeout_s, gap_s)
        self._bus = bus
        self._doubtful_since_s: float | None = None

    @property
    def worst_case_s(self) -> float:
        """Draining, opening, and the answer."""
        return (LONGEST_DRAIN + 2) * self._timeout_s + self._gap_s

    async def _exchange(self, question: Question) -> tuple[int, ...]:
        session = await self._opened(self._timeout_s)
        await self._drained(session)
        await self._gap(session)
        try:
            return await session.ask(question, self._timeout_s)
        except (RefusedError, BusyError):
            raise
        except PortGoneError:
            await self._drop()
            raise
        except BaseException:
            self._doubtful_since_s = asyncio.get_running_loop().time()
            raise

    async def _drained(self, session: Session) -> None:
        """After a failure: no byte for a whole timeout. Raises BadAnswerError when the line does not fall silent."""
        if self._doubtful_since_s is None:
            return
        loop = asyncio.get_running_loop()
        give_up_s = loop.time() + LONGEST_DRAIN * self._timeout_s
        while (until_s := max(self._doubtful_since_s, session.last_byte_s) + self._timeout_s) > loop.time():
            if until_s > give_up_s:
                raise BadAnswerError(f"{self._name}: the line does not fall silent")
            if not session.is_open:
                await self._drop()
                raise PortGoneError(f"{self._name}: the port has gone")
            await asyncio.sleep(until_s - loop.time())
        self._doubtful_since_s = None

    def _client_maker(self, timeout_s: float) -> ClientMaker:
        bus = self._bus
        if bus.device.startswith("socket://"):
            url = urlsplit(bus.device)
            return tcp_client(url.hostname or "", url.port or 0, FramerType.RTU, timeout_s)
        return lambda packet, connection: AsyncModbusSerialClient(
            bus.device,
            framer=FramerType.RTU,
            baudrate=bus.baudrate,
            bytesize=bus.bytesize,
            parity=bus.parity,
            stopbits=bus.stopbits,
            reconnect_delay=0,
            timeout=timeout_s,
            retries=0,
            trace_packet=packet,
            trace_connect=connection,
        )


def tcp_client(host: str, port: int, framer: FramerType, timeout_s: float) -> ClientMaker:
    """A client that neither retries nor reconnects by itself."""

    def make(packet: Callable[[bool, bytes], bytes], connection: Callable[[bool], None]) -> ModbusBaseClient:
        return AsyncModbusTcpClient(
            host,
            framer=framer,
            port=port,
            reconnect_delay=0,
            timeout=timeout_s,
            retries=0,
            trace_packet=packet,
            trace_connect=connection,
        )

    return make
