"""A Modbus TCP server: several unit ids, so several instruments, on one port.

A unit id with nobody behind it is answered as a gateway does (exception 0x0B); a frame that is not Modbus closes the
connection, since a stream cannot be synchronised again.
"""

import asyncio
import logging
import struct
from collections.abc import Mapping

from simulator.faults.wire import Framing
from simulator.wires.modbus import Device, Now, reply_to

log = logging.getLogger(__name__)

HEADER = struct.Struct(">HHHB")  # transaction, protocol (0), length of unit id and PDU, unit id
LONGEST_LENGTH = 254
GATEWAY_TARGET_SILENT = 0x0B
MOST_UNSENT_BYTES = 65536
FRAMING = Framing(address_at=6)


class ModbusTcpWire:
    """Serves from ``open`` until ``close``; then nothing of it is left."""

    def __init__(self, devices: Mapping[int, Device], now: Now, host: str = "127.0.0.1", port: int = 0) -> None:
        self.devices = devices
        self.now = now
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self.connections: set[_Connection] = set()

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self._host, self._port, backlog=128)
        self._port = self._server.sockets[0].getsockname()[1]

    @property
    def where(self) -> dict[str, str | int]:
        return {"host": self._host, "port": self._port}

    async def close(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self.connections):
            connection.abort()
        await self._server.wait_closed()
        await asyncio.sleep(0)  # lets the aborted transports close their sockets
        self._server = None


def _framed(transaction: int, unit: int, pdu: bytes) -> bytes:
    return HEADER.pack(transaction, 0, len(pdu) + 1, unit) + pdu


class _Connection(asyncio.Protocol):
    def __init__(self, wire: ModbusTcpWire) -> None:
        self._wire = wire
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._late: set[asyncio.TimerHandle] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server makes no others
        self._transport = transport
        self._wire.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._wire.connections.discard(self)
        for timer in self._late:
            timer.cancel()
        self._late.clear()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._transport is not None and len(self._received) >= HEADER.size:
            transaction, protocol, length, unit = HEADER.unpack_from(self._received)
            if protocol != 0 or not 2 <= length <= LONGEST_LENGTH:
                log.debug("not modbus: protocol %d, length %d", protocol, length)
                self.abort()
                return
            end = HEADER.size + length - 1
            if len(self._received) < end:
                return
            pdu = bytes(self._received[HEADER.size : end])
            del self._received[:end]
            self._answer(transaction, unit, pdu)

    def _answer(self, transaction: int, unit: int, pdu: bytes) -> None:
        device = self._wire.devices.get(unit)
        if device is None:
            self._send(_framed(transaction, unit, bytes((pdu[0] | 0x80, GATEWAY_TARGET_SILENT))))
            return
        t_s = self._wire.now()
        reply = reply_to(device, pdu, t_s)
        if reply is None:
            return
        answer = device.faults.spoil(_framed(transaction, unit, reply.pdu), t_s, FRAMING)
        if reply.delay_s:
            self._send_late(reply.delay_s, answer)
        else:
            self._send(answer)

    def _send_late(self, delay_s: float, answer: bytes) -> None:
        def send() -> None:
            self._late.discard(timer)
            self._send(answer)

        timer = asyncio.get_running_loop().call_later(delay_s, send)
        self._late.add(timer)

    def _send(self, answer: bytes) -> None:
        if self._transport is None:
            return
        self._transport.write(answer)
        if self._transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            log.warning("a client asks and does not read: connection closed")
            self._transport.abort()
