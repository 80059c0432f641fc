"""The demo from beginning to end: start the children, follow world and journal, show, end everything, sum up."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from config.catalogue import Catalogue
from config.clock import NS, Clock
from config.loader import Loaded, load
from config.schema import Language, StationConfig
from station.demo.children import Child, ChildError, Children
from station.demo.generated import ScenarioMismatchError
from station.demo.origin import clock_of
from station.demo.picture import Follower, blank, minutes_a_column
from station.demo.place import SIMULATOR_LOG, STATION_LOG, Place
from station.demo.stage import FRAME_S, LineStage, LiveStage, Stage
from station.demo.station_file import CONFIG_FILE, fit, write_station_file
from station.demo.story import Beat, Story, names_of
from station.demo.summary import summary
from station.demo.view import Facts, Screen, short_path

GOOD, FAILED, WRONG_USAGE = 0, 1, 2
START_DEADLINE_S = 60.0
STORY_MIN = 60.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command was asked for.

    ``fast``: None as the scenario likes to be shown. ``for_s``: world seconds until it ends by itself; None until it is
    told to, or without a screen at the end of the story.
    """

    language: Language
    fast: float | None
    headless: bool
    for_s: float | None
    scenario: str


class Demo:
    """One run. ``run`` gives the exit code; nothing of it lives on afterwards."""

    def __init__(self, wish: Wish, place: Place, console: Console, stage: Stage | None = None) -> None:
        """``stage``: instead of the live screen, or the lines of a headless run."""
        self._wish = wish
        self._place = place
        self._console = console
        self._given_stage = stage
        self._stop = threading.Event()
        loaded: Loaded = load(CONFIG_FILE, check_paths=False)
        self._config: StationConfig = loaded.config
        self._sensors = frozenset(i for i, profile in loaded.profiles.items() if profile.kind == "meteo")
        self._words = Catalogue.load(wish.language, self._config.station.time_zone)
        self._origin_wall_ns = time.time_ns()
        self._origin_mono_ns = time.monotonic_ns()
        self._fast = wish.fast or 1.0
        self._for_s = wish.for_s
        self._begin_world()
        self._take_config(self._config, STORY_MIN)

    def _begin_world(self) -> None:
        """The world's time begins now."""
        self._origin_wall_ns, self._origin_mono_ns = time.time_ns(), time.monotonic_ns()
        self._clock: Clock = clock_of(self._fast, self._origin_wall_ns, self._origin_mono_ns)
        self._story = Story()

    def _take_config(self, config: StationConfig, duration_min: float) -> None:
        self._config = config
        words = self._words
        names = {i.id: words.pick(i.name) for i in config.instruments}
        self._facts = Facts(
            station=words.pick(config.station.name),
            names=names_of(words, names),
            detectors=[i.id for i in config.instruments if i.id not in self._sensors],
            sensors=[i.id for i in config.instruments if i.id in self._sensors],
            destinations=[d.id for d in config.destinations],
            fast=self._fast,
            duration_min=duration_min,
            data=self._place.path,
            recorded=self._place.recorded,
            station_file=self._place.station_file,
        )
        self._picture = blank(config, minutes_a_column(duration_min))
        self._follower = Follower(self._place.journal, self._picture)

    # -- the run

    def run(self) -> int:
        with _told_to_stop(self._stop.set):
            trouble, code = "", GOOD
            with Children() as children:
                try:
                    with self._stage() as stage:
                        self._play(children, stage)
                except ChildError as error:
                    trouble, code = self._said_of(error)
                except ScenarioMismatchError as error:
                    trouble, code = self._bad_scenario(str(error)), WRONG_USAGE
                finally:
                    world_s = self._world_s()
                    self._follower.close()
            if trouble:
                self._say(trouble, error=True)
            if code == WRONG_USAGE:
                return code
            return max(code, self._sum_up(world_s))

    def _stage(self) -> Stage:
        if self._given_stage is not None:
            return self._given_stage
        if self._wish.headless:
            return LineStage(self._console, self._words, self._facts)
        return LiveStage(self._console)

    def _play(self, children: Children, stage: Stage) -> None:
        def waiting() -> bool:
            self._frame(stage, [])
            return self._stop.is_set()

        node = children.start("node", ["station.demo.node", str(self._place.path)], self._place.path / STATION_LOG)
        broker = node.expect("broker", START_DEADLINE_S, waiting)
        if broker is None:
            return
        self._begin_world()
        world = children.start("simulator", self._simulator(), self._place.path / SIMULATOR_LOG)
        ready = world.expect("ready", START_DEADLINE_S, waiting)
        if ready is None:
            return
        self._set_up(node, ready, int(broker["broker"]))
        self._follow(children, world, stage)

    def _simulator(self) -> list[str]:
        origin = ["--origin-wall-ns", str(self._origin_wall_ns), "--origin-mono-ns", str(self._origin_mono_ns)]
        fast = "demo" if self._wish.fast is None else repr(self._wish.fast)
        return ["simulator", self._wish.scenario, "--fast", fast, "--control", "--stop-on-eof", *origin]

    def _set_up(self, node: Child, ready: dict[str, Any], port: int) -> None:
        self._fast = float(ready["rate"])
        self._clock = clock_of(self._fast, self._origin_wall_ns, self._origin_mono_ns)
        if self._wish.headless and self._for_s is None:
            self._for_s = float(ready["duration_s"])
        config = fit(self._config, ready, mqtt_port=port, data=self._place.path, language=self._wish.language)
        write_station_file(config, self._place.station_file)
        self._place.control.write_text(f"{ready['control']}\n", encoding="ascii")
        self._take_config(config, float(ready["duration_s"]) / 60.0)
        if "stations" in ready:
            self._story.tell_network(self._clock.wall_ns(), len(ready["stations"]))
        node.tell(
            {
                "station": str(self._place.station_file),
                "fast": self._fast,
                "origin_wall_ns": self._origin_wall_ns,
                "origin_mono_ns": self._origin_mono_ns,
            }
        )

    def _follow(self, children: Children, world: Child, stage: Stage) -> None:
        for_s = self._for_s
        while not self._stop.wait(FRAME_S):
            dead = children.dead()
            if dead is not None:
                raise ChildError(dead)
            self._frame(stage, self._news(world))
            if for_s is not None and self._world_s() >= for_s:
                return

    def _news(self, world: Child) -> list[Beat]:
        beats = [self._story.world(event) for event in world.lines()]
        beats += [self._story.alarm(event) for event in self._follower.look()]
        return [beat for beat in beats if beat is not None]

    def _frame(self, stage: Stage, new: list[Beat]) -> None:
        minute = self._world_s() / 60.0
        stage.show(Screen(self._picture, self._story, self._facts, self._words, self._clock.wall_ns(), minute), new)

    def _world_s(self) -> float:
        return (self._clock.monotonic_ns() - self._origin_mono_ns) / NS

    # -- the end

    def _sum_up(self, world_s: float) -> int:
        """The journal as the station has left it."""
        self._follower.finish()
        self._follower.close()
        for line in summary(self._picture, self._facts, self._words, world_s):
            self._say(line)
        self._say(self._words.text("demo.stopped"))
        if self._picture.measurements == 0:
            self._say(self._words.text("demo.nothing_measured"), error=True)
            return FAILED
        return GOOD

    def _said_of(self, error: ChildError) -> tuple[str, int]:
        child = error.child
        if error.late:
            return self._words.text("demo.late_start", seconds=START_DEADLINE_S), FAILED
        if child.name == "simulator" and child.process.poll() == WRONG_USAGE:
            return self._bad_scenario(_last_line(child.log_path)), WRONG_USAGE
        part = self._words.text("demo.part_simulator" if child.name == "simulator" else "demo.part_station")
        return self._words.text("demo.died", part=part, log=short_path(child.log_path)), FAILED

    def _bad_scenario(self, reason: str) -> str:
        return self._words.text("demo.bad_scenario", scenario=self._wish.scenario, reason=reason)

    def _say(self, text: str, *, error: bool = False) -> None:
        console = Console(stderr=True) if error else self._console
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else ""


@contextmanager
def _told_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a terminal that goes away all end the demo in order."""

    def told(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, told) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
