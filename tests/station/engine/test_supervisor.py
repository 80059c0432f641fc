"""No task dies quietly: restarted with a back-off, counted, and named when it keeps dying."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from station.engine import supervisor as module
from station.engine.supervisor import Supervisor
from tests.clocks import settle


@pytest.fixture
async def supervisor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Supervisor]:
    """One whose waits are over at once."""
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.0)
    made = Supervisor()
    yield made
    await made.stop_all()


async def for_ever() -> None:
    await asyncio.Event().wait()


class Mortal:
    """Work that ends in a given way for a number of times and then goes on for ever."""

    def __init__(self, deaths: int, error: BaseException | None) -> None:
        self.deaths = deaths
        self.error = error
        self.lives = 0

    async def __call__(self) -> None:
        self.lives += 1
        if self.lives > self.deaths:
            await for_ever()
        if self.error is not None:
            raise self.error


async def test_a_task_runs_under_its_name(supervisor: Supervisor) -> None:
    supervisor.start("bus north", for_ever)
    assert "bus north" in {task.get_name() for task in asyncio.all_tasks()}


async def test_a_task_that_dies_is_started_again(supervisor: Supervisor) -> None:
    work = Mortal(2, RuntimeError("no"))
    supervisor.start("bus", work)
    await settle()
    assert (work.lives, supervisor.restarts) == (3, 2)


async def test_a_task_that_ends_is_started_again(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    work = Mortal(1, None)
    supervisor.start("bus", work)
    await settle()
    assert (work.lives, supervisor.restarts) == (2, 1)
    assert "task bus ended although it must not" in caplog.text


async def test_a_death_is_logged_with_its_cause(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    supervisor.start("bus", Mortal(1, RuntimeError("the wire is hot")))
    await settle()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "task bus died" in record.getMessage()
    assert "the wire is hot" in caplog.text


async def test_a_cancellation_from_within_is_a_death_and_not_an_end(supervisor: Supervisor) -> None:
    """Waiting for something that somebody else cancelled raises CancelledError too: nobody asked this task to stop."""
    work = Mortal(1, asyncio.CancelledError())
    supervisor.start("bus", work)
    await settle()
    assert (work.lives, supervisor.restarts) == (2, 1)


async def test_the_others_go_on(supervisor: Supervisor) -> None:
    healthy = Mortal(0, None)
    supervisor.start("healthy", healthy)
    supervisor.start("sick", Mortal(10**6, RuntimeError("no")))
    await settle()
    assert healthy.lives == 1


async def test_one_name_is_one_task(supervisor: Supervisor) -> None:
    supervisor.start("bus", for_ever)
    with pytest.raises(ValueError, match="task bus runs already"):
        supervisor.start("bus", for_ever)


@pytest.mark.parametrize(("deaths", "named"), [(2, []), (3, ["bus"]), (7, ["bus"])])
async def test_a_task_that_died_three_times_is_dying(supervisor: Supervisor, deaths: int, named: list[str]) -> None:
    supervisor.start("bus", Mortal(deaths, RuntimeError("no")))
    await settle()
    assert supervisor.dying() == named


async def test_deaths_long_ago_do_not_count(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor.start("bus", Mortal(3, RuntimeError("no")))
    await settle()
    monkeypatch.setattr(module, "DYING_WITHIN_S", 0.0)
    assert supervisor.dying() == []


async def test_a_task_that_was_stopped_is_not_dying(supervisor: Supervisor) -> None:
    """A reload took its bus away: there is nothing left that could recover."""
    supervisor.start("bus", Mortal(3, RuntimeError("no")))
    await settle()
    await supervisor.stop("bus")
    assert supervisor.dying() == []


async def test_stop_waits_until_the_task_has_cleaned_up(supervisor: Supervisor) -> None:
    cleaned = []

    async def work() -> None:
        try:
            await for_ever()
        finally:
            await settle()
            cleaned.append("line closed")

    supervisor.start("bus", work)
    await settle()
    await supervisor.stop("bus")
    assert cleaned == ["line closed"]


async def test_a_stopped_task_is_not_started_again_and_its_name_is_free(supervisor: Supervisor) -> None:
    work = Mortal(0, None)
    supervisor.start("bus", work)
    await settle()
    await supervisor.stop("bus")
    await settle()
    assert (work.lives, supervisor.restarts) == (1, 0)
    supervisor.start("bus", work)
    await settle()
    assert work.lives == 2


async def test_stopping_what_does_not_run_does_nothing(supervisor: Supervisor) -> None:
    await supervisor.stop("nobody")


async def test_a_task_that_dies_while_it_is_stopped_is_gone(supervisor: Supervisor) -> None:
    async def work() -> None:
        try:
            await for_ever()
        finally:
            raise RuntimeError("could not close")

    supervisor.start("bus", work)
    await settle()
    await asyncio.wait_for(supervisor.stop("bus"), 5.0)
    assert "bus" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_stop_all_stops_all(supervisor: Supervisor) -> None:
    before = asyncio.all_tasks()
    for name in "abc":
        supervisor.start(name, for_ever)
    await settle()
    await supervisor.stop_all()
    assert asyncio.all_tasks() == before


async def waits_of(monkeypatch: pytest.MonkeyPatch, lives_s: list[float]) -> list[float]:
    """The seconds that the supervisor waits after each of these lives."""
    loop = asyncio.get_running_loop()
    now_s = 0.0
    waited: list[float] = []
    lives = iter(lives_s)
    supervisor = Supervisor()
    ended = asyncio.Event()

    async def work() -> None:
        nonlocal now_s
        lived_s = next(lives, None)
        if lived_s is None:
            ended.set()
            await for_ever()
        now_s += lived_s or 0.0
        raise RuntimeError("no")

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: now_s)
        patched.setattr(asyncio, "sleep", sleep)
        supervisor.start("bus", work)
        await ended.wait()
    await supervisor.stop_all()
    return waited


async def test_it_waits_ever_longer_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waits_of(monkeypatch, [1.0] * 9) == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


async def test_it_begins_anew_after_a_long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waits_of(monkeypatch, [1.0, 1.0, 601.0, 1.0]) == [0.5, 1.0, 0.5, 1.0]


async def test_the_wait_that_is_logged_is_the_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await waits_of(monkeypatch, [1.0, 1.0, 601.0])
    assert [r.getMessage() for r in caplog.records] == [
        f"task bus died; restarting in {wait_s} s" for wait_s in (0.5, 1.0, 0.5)
    ]
