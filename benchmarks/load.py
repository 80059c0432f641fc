"""Table 2: what one station process sustains, with simulated instruments on Modbus TCP; and where it ends.

Due is what the file asks for (instruments over poll_s); kept are the dose-rate records in the journal whose interval
ended in the window; missing is the rest: polls that were skipped because they were late, or failed.
"""

import time
from dataclasses import dataclass

from benchmarks.figures import percent, written
from benchmarks.report import Bar, Table
from benchmarks.running import Alone, JournalEye, Moment, Running, Whole, memory_mb, running
from benchmarks.settings import Settings

SIZES = (10, 100, 1_000)
SETTLE_S = 3.0  # after each instrument's first measurement
START_S = 3.0  # about, for the bar
MOST_MISSING = 0.01
# Rising rates; each ladder is climbed until more than MOST_MISSING is missing. 0.1 s is the shortest poll_s.
ONE_BUS = ((100, 0.5), (100, 0.2), (100, 0.15), (100, 0.12), (100, 0.1), (150, 0.1), (200, 0.1), (247, 0.1))
FIVE_BUSES = ((1_000, 1.0), (1_000, 0.7), (1_000, 0.5), (1_000, 0.4), (1_000, 0.3), (1_000, 0.2))
BACKLOG_INSTRUMENTS, BACKLOG_POLL_S = 100, 0.2
BROKERS = ("", "max_inflight_messages 1000")  # its default is 20, for MQTT 5 clients too
DRAIN_WITHIN_S = 300.0
DRAIN_STEPS = 60.0  # about, for the bar
COLUMNS = (
    "instruments", "poll s", "due /s", "kept /s", "missing", "station CPU", "simul. CPU", "all CPU", "MB", "commits /s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sustained:
    """What happened in one window."""

    instruments: int
    poll_s: float
    due_per_s: float
    kept_per_s: float
    recorded_per_s: float
    station_cpu: float  # of one core
    simulator_cpu: float
    everybody_cpu: float  # of one core, all processes on all cores
    memory_mb: float
    commits_per_s: float

    @property
    def missing(self) -> float:
        return max(0.0, 1.0 - self.kept_per_s / self.due_per_s)

    def row(self) -> tuple[str, ...]:
        return (
            f"{self.instruments:,}", f"{self.poll_s:g}", written(self.due_per_s), written(self.kept_per_s),
            percent(self.missing), percent(self.station_cpu, 1), percent(self.simulator_cpu, 1),
            percent(self.everybody_cpu, 0),
            written(self.memory_mb), written(self.commits_per_s),
        )  # fmt: skip


def run(settings: Settings, bar: Bar) -> list[Table]:
    window_s = settings.seconds(20.0, 5.0)
    ladder_s = settings.seconds(10.0, 5.0)
    each_s = START_S + SETTLE_S
    bar.expect(len(BROKERS) * DRAIN_STEPS)
    bar.expect(2 * len(SIZES) * (window_s + each_s) + (len(ONE_BUS) + len(FIVE_BUSES)) * (ladder_s + each_s))
    return [
        _alone(settings, bar, window_s),
        _published(settings, bar, window_s),
        _ladder(settings, bar, ladder_s),
        _drain(settings, bar),
    ]


def _alone(settings: Settings, bar: Bar, window_s: float) -> Table:
    table = Table(f"2a. Sustained by one station process, journal only ({window_s:.0f} s each)", COLUMNS)
    for size in SIZES:
        found = measure(Alone(settings.folder / f"alone-{size}", size, 1.0), size, 1.0, window_s, bar)
        table.rows.append(found.row())
    table.notes.append(
        "CPU: of one core, user and system. All CPU: of everybody on all cores, so how quiet the machine was."
    )
    table.notes.append(
        "Memory: resident at the window's end. Commits: of the journal. Missing: polls skipped or failed."
    )
    return table


def _published(settings: Settings, bar: Bar, window_s: float) -> Table:
    table = Table(
        f"2b. The same with Mosquitto, recorder and InfluxDB on the same cores ({window_s:.0f} s each)",
        (*COLUMNS, "Influx /s"),
    )
    for size in SIZES:
        found = measure(Whole(settings.folder / f"whole-{size}", size, 1.0), size, 1.0, window_s, bar)
        table.rows.append((*found.row(), written(found.recorded_per_s)))
    table.notes.append(
        "Influx: measurements that came to be in InfluxDB in the window; what is not there yet is in the outbox."
    )
    return table


def _ladder(settings: Settings, bar: Bar, window_s: float) -> Table:
    limit = percent(MOST_MISSING)
    table = Table(f"2c. Until more than {limit} is missing, journal only ({window_s:.0f} s each)", COLUMNS)
    for name, rungs in (("on one bus", ONE_BUS), ("on five buses", FIVE_BUSES)):
        best = 0.0
        for number, (size, poll_s) in enumerate(rungs):
            folder = settings.folder / f"ladder-{len(table.rows)}"
            found = measure(Alone(folder, size, poll_s), size, poll_s, window_s, bar)
            table.rows.append(found.row())
            if found.missing > MOST_MISSING:
                bar.advance((len(rungs) - number - 1) * (window_s + START_S + SETTLE_S))
                break
            best = found.kept_per_s
        table.notes.append(f"Largest rate {name} with at most {limit} missing: {written(best)} measurements a second.")
    return table


def _drain(settings: Settings, bar: Bar) -> Table:
    columns = ("the broker's file", "records waiting", "new /s", "all there after s", "backlog /s", "in all /s")
    title = f"2d. A recorder that was away catches up; live meanwhile {BACKLOG_INSTRUMENTS} every {BACKLOG_POLL_S:g} s"
    table = Table(title, columns)
    table.rows.extend(_catch_up(settings, bar, broker) for broker in BROKERS)
    table.notes.append(
        "From the recorder's start (its Python's too) until its position in the outbox is past the backlog."
    )
    return table


def _catch_up(settings: Settings, bar: Bar, broker: str) -> tuple[str, ...]:
    """The recorder is away and comes back, while the station goes on measuring."""
    folder = settings.folder / f"catch-up-{len(broker)}"
    house = Whole(folder, BACKLOG_INSTRUMENTS, BACKLOG_POLL_S, broker=broker)
    eye = JournalEye(house.folder)
    bar.say("a backlog")
    with running(house):
        eye.wait_for_all(BACKLOG_INSTRUMENTS, house.station)
        house.settle()
        house.recorder.stop()
        time.sleep(settings.seconds(20.0, 5.0))
        house.recorder.start()
        last, confirmed = house.journal_state()
        began = time.monotonic()
        house.settle(DRAIN_WITHIN_S)
        took_s = time.monotonic() - began
        came = house.journal_state()[0] - last
    bar.advance(DRAIN_STEPS)
    backlog = last - confirmed
    rates = (written(came / took_s), written(took_s), written(backlog / took_s), written((backlog + came) / took_s))
    return (broker or "as Mosquitto comes", f"{backlog:,}", *rates)


def measure(what: Running, instruments: int, poll_s: float, window_s: float, bar: Bar) -> Sustained:
    """Start everything, let it settle, look at two moments, end it, then count what the journal has of the window."""
    bar.say(f"{instruments} instruments every {poll_s:g} s: starting")
    eye = JournalEye(what.folder)
    with running(what):
        eye.wait_for_all(instruments, what.station)
        bar.advance(START_S)
        bar.wait(SETTLE_S)
        bar.say(f"{instruments} instruments every {poll_s:g} s")
        began = Moment.of(what, eye)
        bar.wait(window_s)
        ended = Moment.of(what, eye)
        memory = memory_mb(what.station)
    span_s = ended.mono_s - began.mono_s
    return Sustained(
        instruments=instruments,
        poll_s=poll_s,
        due_per_s=instruments / poll_s,
        kept_per_s=eye.measured(began.wall_ns, ended.wall_ns) / span_s,
        recorded_per_s=(ended.recorded - began.recorded) / span_s,
        station_cpu=(ended.station_s - began.station_s) / span_s,
        simulator_cpu=(ended.simulator_s - began.simulator_s) / span_s,
        everybody_cpu=(ended.machine_s - began.machine_s) / span_s,
        memory_mb=memory,
        commits_per_s=(ended.commits - began.commits) / span_s,
    )
