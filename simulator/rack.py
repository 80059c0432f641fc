"""The wires together, as a rack with one power supply: all on, or all gone and back at the same places."""

import contextlib
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)


class Wire(Protocol):
    @property
    def where(self) -> dict[str, str | int]: ...
    async def open(self) -> None: ...
    async def close(self) -> None: ...


class Rack:
    """``may_be_cut``: ptys are known by links that stay the same, as real devices' names do; the kernel's may not."""

    def __init__(self, wires: Mapping[str, Wire], *, may_be_cut: bool) -> None:
        self._wires = dict(wires)
        self._may_be_cut = may_be_cut
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.is_on = False

    async def open(self) -> None:
        """All wires or none."""
        if self._may_be_cut:
            self._folder = tempfile.TemporaryDirectory(prefix="quantrac-simulator-")
        try:
            await self.switch_on()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        await self.switch_off()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def where(self, bus: str) -> dict[str, str | int]:
        found = self._wires[bus].where
        link = self._link(bus)
        return found | {"device": str(link)} if link is not None and "device" in found else found

    async def switch_on(self) -> None:
        """Raises OSError where a port was taken meanwhile; then all stay off."""
        try:
            for bus, wire in self._wires.items():
                await wire.open()
                self._plug(bus)
        except BaseException:
            await self.switch_off()
            raise
        self.is_on = True

    async def switch_off(self) -> None:
        self.is_on = False
        for bus, wire in self._wires.items():
            link = self._link(bus)
            if link is not None:
                with contextlib.suppress(FileNotFoundError):
                    link.unlink()
            await wire.close()

    def _link(self, bus: str) -> Path | None:
        return Path(self._folder.name, bus) if self._folder is not None else None

    def _plug(self, bus: str) -> None:
        link, device = self._link(bus), self._wires[bus].where.get("device")
        if link is not None and isinstance(device, str):
            link.symlink_to(device)
