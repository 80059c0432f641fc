"""``python -m simulator SCENARIO``: instruments on real wires, and a line of JSON for each thing that happens.

The first line says where everything is (``"ready": true``), each later one is an event of the scenario's timeline.
It runs until SIGTERM or SIGINT, or with ``--stop-on-eof`` until its standard input ends.
"""

import argparse
import asyncio
import contextlib
import json
import logging
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
Stop = Callable[[], object]


def main(argv: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="simulator: %(levelname)s %(message)s")
    if options.list:
        sys.stdout.writelines(f"{paragraph}\n" for paragraph in listing())
        return GOOD
    try:
        scenario = _scenario(options)
    except (ScenarioError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USAGE
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
        "--fast", type=_rate, default=1.0, metavar="N", help="the world runs N times as fast; demo: as its file says"
    )
    parser.add_argument("--origin-wall-ns", type=int, metavar="NS", help="wall time at which the world begins")
    parser.add_argument("--origin-mono-ns", type=int, metavar="NS", help="monotonic time at which the world begins")
    parser.add_argument("--load", type=int, metavar="N", help="N quiet detectors instead of the scenario's instruments")
    parser.add_argument("--tcp-port", type=_port, default=0, metavar="P", help="port of the first TCP bus (0: any)")
    parser.add_argument("--stop-on-eof", action="store_true", help="end when standard input ends")
    return parser


def _rate(text: str) -> float | None:
    """None: the scenario's own speed."""
    if text == "demo":
        return None
    rate = float(text)
    if not 0 < rate <= 10_000:
        raise argparse.ArgumentTypeError("more than 0, at most 10000")
    return rate


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
    fast = scenario.demo_fast if options.fast is None else options.fast
    if fast != 1:
        clock = ScaledClock(fast, wall_ns, mono_ns, read_boot_id())
    return Simulation(scenario, clock, wall_ns, mono_ns, options.tcp_port)


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
