"""A serial port that is listened to: opened when it is needed, reopened after an unplug, read by the event loop.

Devices are best named by ``/dev/serial/by-id/…``: the same instrument has the same name after it was plugged in again.
Any URL of pyserial that has a file descriptor will do, ``socket://host:port`` for one.
"""

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Protocol

import serial

from config.schema import SerialLineBus
from drivers.aside import aside
from drivers.base import PortGoneError

log = logging.getLogger(__name__)

CHUNK = 4096


class Listener(Protocol):
    """Who hears what comes in, and learns that the stream was interrupted."""

    def heard(self, data: bytes, at_s: float) -> None: ...
    def interrupted(self) -> None: ...


class SerialLinePort:
    """One port. All listeners hear all bytes."""

    def __init__(self, bus: SerialLineBus) -> None:
        self.timeout_s = bus.timeout_s
        self.name = f"{bus.id} ({bus.device})"
        self._bus = bus
        self._serial: serial.SerialBase | None = None
        self._gone: serial.SerialBase | None = None  # lost, and not closed yet: that may take its time
        self._opening: asyncio.Future[serial.SerialBase] | None = None
        self._lock = asyncio.Lock()
        self._listeners: list[Listener] = []

    @property
    def worst_case_s(self) -> float:
        """Closing and opening the port; how long a sentence may be waited for is the driver's to say."""
        return 2 * self.timeout_s

    @property
    def is_open(self) -> bool:
        return self._serial is not None

    def attach(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def opened(self) -> None:
        """Open the port unless it is. Raises PortGoneError, within the timeout."""
        async with self._lock:
            if self._serial is None:
                await self._reopen()

    async def _reopen(self) -> None:
        await self._close_gone()
        # In a thread, for a network port or a sick adapter may block; one that hangs is waited for, not started twice.
        if self._opening is None:
            self._opening = aside(self._open, f"open {self.name}")
        await asyncio.wait({self._opening}, timeout=self.timeout_s)
        if not self._opening.done():
            raise PortGoneError(f"{self.name}: not open within {self.timeout_s:g} s")
        opening, self._opening = self._opening, None
        if (error := opening.exception()) is not None:
            raise PortGoneError(f"{self.name}: cannot be opened: {error}") from error
        self._listen(opening.result())

    async def close(self) -> None:
        """Close the port. It opens again when it is read again."""
        if self._opening is not None:
            opening, self._opening = self._opening, None
            await asyncio.wait({opening}, timeout=self.timeout_s)
            if not opening.done():
                opening.add_done_callback(_close_late)
            elif opening.exception() is None:
                self._gone = opening.result()
        if self._serial is not None:
            self._lost(self._serial)
        await self._close_gone()

    def _open(self) -> serial.SerialBase:
        bus = self._bus
        port = serial.serial_for_url(
            bus.device,
            do_not_open=True,
            baudrate=bus.baudrate,
            bytesize=bus.bytesize,
            parity=bus.parity,
            stopbits=bus.stopbits,
            timeout=0,
        )
        if "://" not in bus.device:
            port.exclusive = True  # two readers would share the sentences between them
        port.open()
        return port

    def _listen(self, port: serial.SerialBase) -> None:
        try:
            asyncio.get_running_loop().add_reader(port.fileno(), self._readable, port)
        except (OSError, ValueError, NotImplementedError) as error:
            self._gone = port
            raise PortGoneError(f"{self.name}: cannot be listened to: {error}") from error
        self._serial = port
        log.info("%s: open", self.name)

    def _readable(self, port: serial.SerialBase) -> None:
        """The loop says that there is something to read; when there is nothing, the device has gone."""
        try:
            data = port.read(CHUNK)
        except (OSError, TypeError, ValueError) as error:  # SerialException is an OSError; the others: closed meanwhile
            log.info("%s: gone: %s", self.name, error)
            self._lost(port)
            return
        at_s = asyncio.get_running_loop().time()
        for listener in self._listeners:
            listener.heard(data, at_s)

    def _lost(self, port: serial.SerialBase) -> None:
        asyncio.get_running_loop().remove_reader(port.fileno())
        self._serial, self._gone = None, port
        for listener in self._listeners:
            listener.interrupted()

    async def _close_gone(self) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            await asyncio.wait({aside(lambda: _close(gone), f"close {self.name}")}, timeout=self.timeout_s)


def _close(port: serial.SerialBase) -> None:
    """Close a port; pyserial forgets the socket of a network port whose other end has gone, and sleeps in any case."""
    connection: socket.socket | None = getattr(port, "_socket", None)
    with suppress(OSError):
        port.close()
    if connection is not None:
        connection.close()


def _close_late(opening: "asyncio.Future[serial.SerialBase]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        _close(opening.result())
