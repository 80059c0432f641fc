"""``python -m simulator SCENARIO``: instruments on real wires, and a line of JSON for each thing that happens.

The first line says where everything is (``"ready": true``), each later one is an event: of the scenario's timeline, or
one that somebody has injected by ``--control``. With ``--dump`` nothing is opened and nobody waits.
It runs until SIGTERM or SIGINT, or with ``--stop-on-eof`` until its standard input ends.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence

from config.clock import Clock, ScaledClock, read_boot_id, system_clock
from simulator.library import ScenarioError, listing, read_scenario
from simulator.load import load_scenario
from simulator.scenario import Scenario
from simulator.simulation import Simulation, Tell

GOOD, FAILED, WRONG_USAGE = 0, 1, 2
AS_FAST_AS_IT_GOES, AS_ITS_FILE_SAYS = math.inf, 0.0
OTHER_SPEEDS = {"max": AS_FAST_AS_IT_GOES, "demo": AS_ITS_FILE_SAYS}
LONGEST_DUMP_S = 10 * 366 * 86400.0
Stop = Callable[[], object]


def main(argv: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = _agreeing(parser, parser.parse_args(argv))
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="simulator: %(levelname)s %(message)s")
    if options.list:
        sys.stdout.writelines(f"{paragraph}\n" for paragraph in listing())
        return GOOD
    try:
        scenario = _scenario(options)
    except (ScenarioError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USAGE
    if options.fast == AS_FAST_AS_IT_GOES:
        return _dump(scenario, options)
    try:
        asyncio.run(_serve(scenario, options))
    except OSError as error:
        sys.stderr.write(f"simulator: {error}\n")
        return FAILED
    return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("scenario", nargs="?", default="quiet", help="a shipped scenario, load-N, or a TOML file")
    parser.add_argument("--list", action="store_true", help="print the shipped scenarios and end")
    parser.add_argument(
        "--fast",
        type=_rate,
        metavar="N",
        help="the world runs N times as fast (1); demo: as its file says; max: as fast as it goes, with --dump",
    )
    parser.add_argument("--origin-wall-ns", type=int, metavar="NS", help="wall time at which the world begins")
    parser.add_argument("--origin-mono-ns", type=int, metavar="NS", help="monotonic time at which the world begins")
    parser.add_argument("--load", type=int, metavar="N", help="N quiet detectors instead of the scenario's instruments")
    parser.add_argument("--tcp-port", type=_port, default=0, metavar="P", help="port of the first TCP bus (0: any)")
    parser.add_argument("--control", action="store_true", help="let people inject events: see simulator.control")
    parser.add_argument("--dump", choices=["csv"], help="no wires: truth and readings to standard output, --fast max")
    parser.add_argument("--for", type=_seconds, dest="for_s", metavar="S", help="of the dump; default the scenario's")
    parser.add_argument("--every", type=_seconds, dest="every_s", metavar="S", help="seconds between readings (1)")
    parser.add_argument("--stop-on-eof", action="store_true", help="end when standard input ends")
    return parser


def _rate(text: str) -> float:
    if text in OTHER_SPEEDS:
        return OTHER_SPEEDS[text]
    rate = float(text)
    if not 0 < rate <= 10_000:
        raise argparse.ArgumentTypeError("more than 0, at most 10000")
    return rate


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= LONGEST_DUMP_S:
        raise argparse.ArgumentTypeError(f"more than 0, at most {LONGEST_DUMP_S}")
    return seconds


def _agreeing(parser: argparse.ArgumentParser, options: argparse.Namespace) -> argparse.Namespace:
    """``--dump`` and ``--fast max`` go together, and neither leaves anything to connect to."""
    if options.dump and options.fast is None:
        options.fast = AS_FAST_AS_IT_GOES
    if options.fast is None:
        options.fast = 1.0
    dumping = options.fast == AS_FAST_AS_IT_GOES
    if dumping != bool(options.dump):
        parser.error("--dump goes with --fast max, and --fast max with --dump")
    if dumping and (options.control or options.stop_on_eof or options.tcp_port):
        parser.error("--dump opens no wires and no control")
    if not dumping and (options.for_s or options.every_s):
        parser.error("--for and --every go with --dump")
    return options


def _dump(scenario: Scenario, options: argparse.Namespace) -> int:
    from simulator.dump import dump_csv

    try:
        dump_csv(scenario, options.for_s or scenario.duration_min * 60.0, options.every_s or 1.0, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return GOOD


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("0 to 65535")
    return port


def _scenario(options: argparse.Namespace) -> Scenario:
    scenario = read_scenario(options.scenario)
    return scenario if options.load is None else load_scenario(options.load, scenario)


def _simulation(scenario: Scenario, options: argparse.Namespace) -> Simulation:
    """The clock and the origin are made here and nowhere else."""
    wall_ns = time.time_ns() if options.origin_wall_ns is None else options.origin_wall_ns
    mono_ns = time.monotonic_ns() if options.origin_mono_ns is None else options.origin_mono_ns
    clock: Clock = system_clock()
    fast = scenario.demo_fast if options.fast == AS_ITS_FILE_SAYS else options.fast
    if fast != 1:
        clock = ScaledClock(fast, wall_ns, mono_ns, read_boot_id())
    return Simulation(scenario, clock, wall_ns, mono_ns, options.tcp_port, control=options.control)


async def _serve(scenario: Scenario, options: argparse.Namespace) -> None:
    simulation = _simulation(scenario, options)
    await simulation.open()
    stopped = asyncio.Event()
    try:
        _watch_for_the_end(stopped.set, stop_on_eof=options.stop_on_eof)
        tell = _teller(stopped.set)
        tell(simulation.ready())
        life = asyncio.create_task(simulation.run(tell), name="simulator")
        end = asyncio.create_task(stopped.wait(), name="simulator end")
        done, waiting = await asyncio.wait({life, end}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        if life in done:
            await life
    finally:
        await simulation.close()


def _teller(stop: Stop) -> Tell:
    def tell(line: dict[str, object]) -> None:
        try:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:  # whoever started this is gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            stop()

    return tell


def _watch_for_the_end(stop: Stop, *, stop_on_eof: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if not stop_on_eof:
        return

    def readable() -> None:
        if not os.read(0, 4096):
            loop.remove_reader(0)
            stop()

    try:
        loop.add_reader(0, readable)
    except PermissionError:  # a file or /dev/null cannot be waited for: it is at its end at once
        stop()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
