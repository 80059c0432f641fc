"""A pseudo-terminal that behaves as a UART does: what nobody reads is lost, and it stays there when nobody is on it."""

import contextlib
import fcntl
import os
import struct
import termios
import tty

MOST_UNREAD_BYTES = 3000
HIGH_WATER_BYTES = 4096


class PtyEnd:
    """The simulator's end. It keeps the other end open too, so that a station coming and going is no hang-up."""

    def __init__(self) -> None:
        self.fd, self._station_fd = os.openpty()
        tty.setraw(self._station_fd)
        os.set_blocking(self.fd, False)
        self.device = os.ttyname(self._station_fd)
        self.lost_bytes = 0

    def read(self) -> bytes:
        try:
            return os.read(self.fd, HIGH_WATER_BYTES)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        """As far as there is room; a UART without flow control waits for nobody."""
        unread = self._unread_bytes()
        if unread > MOST_UNREAD_BYTES:
            termios.tcflush(self._station_fd, termios.TCIFLUSH)
            self.lost_bytes += unread
        try:
            self.lost_bytes += len(data) - os.write(self.fd, data)
        except BlockingIOError:
            self.lost_bytes += len(data)

    def _unread_bytes(self) -> int:
        answer = fcntl.ioctl(self._station_fd, termios.FIONREAD, b"\0\0\0\0")
        return int(struct.unpack("i", answer)[0])

    def close(self) -> None:
        for fd in (self.fd, self._station_fd):
            with contextlib.suppress(OSError):
                os.close(fd)
