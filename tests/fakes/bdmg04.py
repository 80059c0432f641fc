"""A BDMG-04, byte by byte, from the vectors; its own code, sharing nothing with the drivers or the simulator.

Run by itself it serves until it is killed and prints one line with where it is to be found:

    python tests/fakes/bdmg04.py tcp          -> "tcp 127.0.0.1 40123"
    python tests/fakes/bdmg04.py pty          -> "pty /dev/pts/5"

``--protocol 1.24`` has 15 registers and refuses to give 18.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fakes.peers import Answers, PtyPeer, Send, Step, TcpPeer

UNIT = 1
# Request and reply of 0.12 µSv/h at 0.6 counts/s, unit 1, 18 registers.
REQUEST = bytes.fromhex("01 04 00 00 00 12 70 07")
REPLY = bytes.fromhex(
    "01 04 24 D9 59 34 00 00 00 00 00 43 C8 00 00 43 C8 99 9A 3F 19 02 58 03 E8 D7 0A 3C 23 00 0A 03 E8 00 01"
    "00 00 00 00 2C AC"
)
REGISTERS = REPLY[3:-2]
DOSE_RATE_NSV_H = 120.0
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2


def crc(data: bytes) -> bytes:
    """The checksum of Modbus RTU as it is on the wire, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def answer_pdu(pdu: bytes, registers: bytes = REGISTERS) -> bytes:
    """The answer to a request without its framing."""
    function, start, count = pdu[0], int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
    if function != 4:
        return bytes([function | 0x80, ILLEGAL_FUNCTION])
    if 2 * (start + count) > len(registers):
        return bytes([function | 0x80, ILLEGAL_ADDRESS])
    return bytes([function, 2 * count]) + registers[2 * start : 2 * (start + count)]


def rtu(pdu: bytes, unit: int = UNIT) -> bytes:
    return bytes([unit]) + pdu + crc(bytes([unit]) + pdu)


def tcp(request: bytes, pdu: bytes, unit: int = UNIT) -> bytes:
    """The answer to this very request: its transaction number is repeated."""
    return request[:4] + (1 + len(pdu)).to_bytes(2, "big") + bytes([unit]) + pdu


def rtu_answers(registers: Callable[[], bytes] = lambda: REGISTERS, unit: int = UNIT) -> Answers:
    """A unit on a bus: silent when another one is asked or the checksum is wrong."""

    def answers(request: bytes) -> list[Step]:
        if request[0] != unit or crc(request[:-2]) != request[-2:]:
            return []
        return [Send(rtu(answer_pdu(request[1:-2], registers()), unit))]

    return answers


def tcp_answers(registers: Callable[[], bytes] = lambda: REGISTERS, unit: int = UNIT) -> Answers:
    """A unit behind a TCP connection, silent when another one is asked."""

    def answers(request: bytes) -> list[Step]:
        if request[6] != unit:
            return []
        return [Send(tcp(request, answer_pdu(request[7:], registers()), unit))]

    return answers


async def serve(wire: str, registers: bytes, unit: int) -> None:
    """Until it is killed."""
    if wire == "pty":
        async with PtyPeer(rtu_answers(lambda: registers, unit)) as port:
            print(f"pty {port.path}", flush=True)
            await asyncio.Event().wait()
    async with TcpPeer(tcp_answers(lambda: registers, unit)) as peer:
        print(f"tcp 127.0.0.1 {peer.port}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A BDMG-04, byte by byte.")
    parser.add_argument("wire", choices=["tcp", "pty"])
    parser.add_argument("--unit", type=int, default=UNIT)
    parser.add_argument("--protocol", choices=["1.24", "1.25"], default="1.25")
    given = parser.parse_args()
    asyncio.run(serve(given.wire, REGISTERS if given.protocol == "1.25" else REGISTERS[:30], given.unit))
