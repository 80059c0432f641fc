"""A line that speaks by itself: whole sentences only, no second of counts lost or doubled, no stale ones."""

import asyncio
import threading
from pathlib import Path

import pytest
import serial

from config.profile import Profile
from config.quality import Quality
from drivers.base import BadAnswerError, NoAnswerError, PortGoneError
from drivers.serial_line import LineDriver, SerialLinePort
from tests.drivers.wires import TIMEOUT_S, instrument, line_bus, on_line, shipped
from tests.fakes.peers import PtyPeer, TcpPeer

VECTOR = b"CPS, 1, CPM, 20, uSv/hr, 0.11, SLOW\r\n"
PARTIAL = b"20, uSv/hr, 0.11, SLOW\r\n"
HEARD_S = 0.05


def line(cps: int, shown: str = "0.11") -> bytes:
    return f"CPS, {cps}, CPM, 20, uSv/hr, {shown}, FAST\r\n".encode()


def hasty() -> Profile:
    """The MightyOhm ten times as fast, so that waiting for nothing does not take seconds."""
    profile = shipped("mightyohm")
    assert profile.line is not None
    return profile.model_copy(update={"line": profile.line.model_copy(update={"period_s": 0.1})})


async def heard(peer: PtyPeer, *data: bytes) -> None:
    for piece in data:
        peer.send(piece)
    await asyncio.sleep(HEARD_S)


async def test_the_vector() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL, VECTOR)
        reading = await driver.read()
    assert reading.values == {"cps": 1.0, "cpm": 20.0, "shown": 110.0, "live_time": 1.0}
    assert (reading.of("counts"), reading.of("dose_rate"), reading.of("live_time")) == (1.0, 110.0, 1.0)
    assert reading.raw == VECTOR.strip()
    assert reading.flags == 0


async def test_a_read_waits_for_the_next_sentence() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL)
        reading = asyncio.create_task(driver.read())
        await asyncio.sleep(HEARD_S)
        assert not reading.done()
        peer.send(line(7))
        assert (await reading).values["cps"] == 7.0


async def test_seconds_between_two_reads_are_summed_and_the_rest_is_the_newest() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL, line(3), line(4, "0.12"), line(5, "0.13"))
        reading = await driver.read()
        assert reading.values == {"cps": 12.0, "cpm": 20.0, "shown": 130.0, "live_time": 3.0}
        await heard(peer, line(6, "0.14"))
        assert (await driver.read()).values == {"cps": 6.0, "cpm": 20.0, "shown": 140.0, "live_time": 1.0}


async def test_no_count_is_lost_or_doubled_however_reads_and_sentences_fall() -> None:
    sent = list(range(1, 41))
    counted = live_s = 0.0

    async def speak() -> None:
        for cps in sent:
            peer.send(line(cps))
            await asyncio.sleep(0.003)

    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL)
        speaking = asyncio.create_task(speak())
        while live_s < len(sent):
            reading = await driver.read()
            counted += reading.of("counts") or 0.0
            live_s += reading.of("live_time") or 0.0
            await asyncio.sleep(0.007)
        await speaking
    assert (counted, live_s) == (sum(sent), len(sent))


async def test_the_line_on_which_the_port_was_opened_is_dropped_even_when_it_looks_whole() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, line(1), line(2))
        assert (await driver.read()).values["cps"] == 2.0
        assert driver.dropped == 1


async def test_garbage_between_sentences_is_dropped_and_counted() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL, b"\xff\x00CPS, x\r\n", line(2), b"CPS, 1, CPM\r\n")
        reading = await driver.read()
        assert (reading.of("counts"), reading.of("live_time")) == (2.0, 1.0)
        assert driver.mismatched == 2


async def test_nothing_but_foreign_sentences_is_a_bad_answer() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL, b"$GPGGA,123519\r\n")
        with pytest.raises(BadAnswerError, match="GPGGA"):
            await driver.read()


async def test_silence_is_no_answer() -> None:
    async with on_line(hasty()) as (_, driver, _port):
        with pytest.raises(NoAnswerError):
            await driver.read()


async def test_bytes_without_an_end_are_a_bad_answer() -> None:
    async with on_line(hasty()) as (peer, driver, _):
        reading = asyncio.create_task(driver.read())
        await heard(peer, b"CPS, 1, CPM")
        with pytest.raises(BadAnswerError, match="no whole sentence"):
            await reading


async def test_a_flood_without_an_end_does_not_grow_and_ends_with_the_next_sentence() -> None:
    async with on_line() as (peer, driver, _):
        for _ in range(100):
            peer.send(b"x" * 500)
            await asyncio.sleep(0.002)
        assert len(driver._sentences._buffer) < 100
        await heard(peer, b"\r\n", line(9))
        assert (await driver.read()).values["cps"] == 9.0


async def test_a_sentence_that_nobody_fetched_in_time_is_not_believed() -> None:
    async with on_line(hasty()) as (peer, driver, _):
        await heard(peer, PARTIAL, line(5))
        await asyncio.sleep(0.3)
        with pytest.raises(NoAnswerError):
            await driver.read()
        assert driver.stale == 1
        await heard(peer, line(6))
        assert (await driver.read()).values["cps"] == 6.0


async def test_a_cancelled_read_takes_no_sentence_with_it() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL)
        reading = asyncio.create_task(driver.read())
        await asyncio.sleep(HEARD_S)
        reading.cancel()
        await heard(peer, line(3))
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert (await driver.read()).values["cps"] == 3.0


async def test_a_dose_rate_beyond_the_range_is_flagged() -> None:
    async with on_line() as (peer, driver, _):
        await heard(peer, PARTIAL, line(9999, "900.00"))
        assert (await driver.read()).flags == Quality.OVER_RANGE


async def test_an_unplugged_port_is_gone_and_comes_back_under_its_lasting_name(tmp_path: Path) -> None:
    link = tmp_path / "usb-kit"
    port = SerialLinePort(line_bus(str(link)))
    driver = LineDriver(port, instrument("mightyohm"), shipped("mightyohm"))
    with pytest.raises(PortGoneError, match="cannot be opened"):
        await driver.read()
    for cps in (4, 5):
        async with PtyPeer(link=link) as peer:
            await port.opened()
            await heard(peer, PARTIAL, line(cps))
            assert (await driver.read()).values["cps"] == cps
        with pytest.raises(PortGoneError):
            await driver.read()
    await port.close()


async def test_a_read_that_waits_learns_of_the_unplug_at_once() -> None:
    async with on_line() as (peer, driver, _):
        reading = asyncio.create_task(driver.read())
        await asyncio.sleep(HEARD_S)
        peer.unplug()
        with pytest.raises(PortGoneError):
            await reading


async def test_a_sentence_torn_by_an_unplug_is_not_glued_to_what_follows(tmp_path: Path) -> None:
    link = tmp_path / "usb-kit"
    port = SerialLinePort(line_bus(str(link)))
    driver = LineDriver(port, instrument("mightyohm"), shipped("mightyohm"))
    async with PtyPeer(link=link) as peer:
        await port.opened()
        await heard(peer, PARTIAL, b"CPS, 1")
    with pytest.raises(PortGoneError):
        await driver.read()
    async with PtyPeer(link=link) as peer:
        await port.opened()
        await heard(peer, b"1, CPM, 20, uSv/hr, 0.11, SLOW\r\n", line(3))
        assert (await driver.read()).values["cps"] == 3.0
    await port.close()


async def test_a_serial_server_on_the_network_is_a_port_too() -> None:
    async with TcpPeer(lambda _: []) as peer:
        port = SerialLinePort(line_bus(f"socket://127.0.0.1:{peer.port}"))
        driver = LineDriver(port, instrument("mightyohm"), hasty())
        with pytest.raises(NoAnswerError):
            await driver.read()
        assert peer.connections == 1
        await peer.hang_up()
        await asyncio.sleep(HEARD_S)
        assert not port.is_open
        await port.close()


async def test_a_port_that_somebody_else_holds_is_gone() -> None:
    async with on_line() as (peer, _, _port):
        second = SerialLinePort(line_bus(peer.path))
        with pytest.raises(PortGoneError, match="lock"):
            await second.opened()
        await second.close()


class HangingPort(SerialLinePort):
    """Its device hangs in open() until it is let go."""

    let_go = threading.Event()
    started = 0
    given: serial.SerialBase | None = None

    def _open(self) -> serial.SerialBase:
        self.started += 1
        self.let_go.wait(10)
        self.given = super()._open()
        return self.given


async def test_a_port_that_hangs_when_it_is_opened_blocks_nobody_and_is_opened_once() -> None:
    async with PtyPeer() as peer:
        port = HangingPort(line_bus(peer.path))
        port.let_go = threading.Event()
        for _ in range(2):
            with pytest.raises(PortGoneError, match="not open within"):
                await port.opened()
        port.let_go.set()
        await port.opened()
        assert port.started == 1
        await port.close()


async def test_a_port_that_is_closed_while_it_hangs_is_closed_when_it_comes_back() -> None:
    async with PtyPeer() as peer:
        port = HangingPort(line_bus(peer.path))
        port.let_go = threading.Event()
        with pytest.raises(PortGoneError):
            await port.opened()
        await port.close()
        port.let_go.set()
        await asyncio.sleep(HEARD_S)
        assert port.given is not None
        assert not port.given.is_open


async def test_the_worst_case_covers_opening_and_waiting() -> None:
    async with on_line() as (_, driver, _port):
        assert driver.worst_case_s == pytest.approx(2 * TIMEOUT_S + 2.5)
