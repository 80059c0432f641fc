"""Is this the answer to that question? Modbus replies, byte by byte: pure, no I/O.

RTU  [unit 1][function 1][bytes 1][registers 2n][crc 2]               exception: [unit][function|80][code][crc 2]
TCP  [id 2][protocol 2 = 0][length 2][unit 1][function 1][bytes 1][registers 2n]

pymodbus accepts another function code or another number of registers, and hunts for frames in garbage; here only the
very frame that was asked for passes, and what cannot become it any more is refused at once.
"""

from dataclasses import dataclass

from pymodbus.framer import FramerRTU

# What a two-wire transceiver may add when it turns around; neither byte can be a unit of a reply.
GLITCHES = b"\x00\xff"
MOST_GLITCHES = 4
EXCEPTION = 0x80


class NotTheAnswerError(Exception):
    """What came is not the answer; the text says in what."""


@dataclass(frozen=True, slots=True)
class Question:
    """One block of registers of one unit."""

    unit: int
    function: int  # 3 holding registers, 4 input registers
    start: int
    count: int

    def __str__(self) -> str:
        return f"unit {self.unit}, function {self.function}, registers {self.start}+{self.count}"


def rtu_answer(question: Question, sent: bytes, received: bytes) -> bytes | None:
    """The frame when it is whole, None while it may still become whole. Raises NotTheAnswerError."""
    del sent  # RTU carries no id that would tie an answer to its question
    frame = received.lstrip(GLITCHES)
    if len(received) - len(frame) > MOST_GLITCHES:
        raise NotTheAnswerError(f"{len(received) - len(frame)} stray bytes")
    whole = _checked_length(question, frame[:1], frame[1:])
    if whole is None or len(frame) < (size := 1 + whole + 2):
        return None
    frame, rest = frame[:size], frame[size:]
    if rest.strip(GLITCHES) or len(rest) > MOST_GLITCHES:
        raise NotTheAnswerError(f"{len(rest)} bytes after the answer")
    if FramerRTU.compute_CRC(frame[:-2]) != int.from_bytes(frame[-2:], "big"):
        raise NotTheAnswerError("wrong checksum")
    return frame


def tcp_answer(question: Question, sent: bytes, received: bytes) -> bytes | None:
    """The frame when it is whole, None while it may still become whole. Raises NotTheAnswerError."""
    if received[:4] != sent[:4][: len(received)]:
        raise NotTheAnswerError(f"transaction {received[:4].hex(' ')}, expected {sent[:4].hex(' ')}")
    whole = _checked_length(question, received[6:7], received[7:])
    if whole is None:
        return None
    if int.from_bytes(received[4:6], "big") != 1 + whole:
        raise NotTheAnswerError(f"length {int.from_bytes(received[4:6], 'big')}, expected {1 + whole}")
    if len(received) > 7 + whole:
        raise NotTheAnswerError(f"{len(received) - 7 - whole} bytes after the answer")
    return received if len(received) == 7 + whole else None


def _checked_length(question: Question, unit: bytes, pdu: bytes) -> int | None:
    """The whole length of the PDU once its head is there; None before. Raises NotTheAnswerError."""
    if unit and unit[0] != question.unit:
        raise NotTheAnswerError(f"answer of unit {unit[0]}")
    if not pdu:
        return None
    if pdu[0] == question.function | EXCEPTION:
        return 2
    if pdu[0] != question.function:
        raise NotTheAnswerError(f"answer to function {pdu[0]}")
    if len(pdu) < 2:
        return None
    if pdu[1] != 2 * question.count:
        raise NotTheAnswerError(f"{pdu[1] / 2:g} registers")
    return 2 + pdu[1]
