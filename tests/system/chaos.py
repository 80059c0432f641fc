"""Kill -9 at random, then hold the record against the journal. ``python -m tests.system.chaos`` runs it for long.

The seed is printed: it gives the same victims in the same order (when they fall depends on the machine).
"""

import argparse
import random
import secrets
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tests.system.compare import Verdict
from tests.system.house import House


def rampage(house: House, seconds: float, seed: int, progress: Progress | None = None) -> Counter[str]:
    """Kill one victim after the other until the time is over, and start each again a moment later."""
    dice = random.Random(seed)
    killed: Counter[str] = Counter()
    end = time.monotonic() + seconds
    bar = progress.add_task(f"kill -9 (seed {seed})", total=seconds) if progress else None
    while (left := end - time.monotonic()) > 0:
        name = dice.choice(sorted(house.victims()))
        kill, start = house.victims()[name]
        kill()
        killed[name] += 1
        time.sleep(dice.uniform(0.0, 2.0))
        start()
        time.sleep(dice.uniform(0.2, 3.0))
        if progress and bar is not None:
            told = ", ".join(f"{n} {k}" for n, k in sorted(killed.items()))
            progress.update(bar, completed=seconds - left, description=f"kill -9 (seed {seed}): {told}")
    return killed


def run(seconds: float, seed: int, *, persistence: bool, folder: Path, progress: Progress | None = None) -> Verdict:
    """One chaos run; the verdict tells whether InfluxDB has exactly the journal."""
    house = House(folder, persistence=persistence, poll_s=0.25, commit_interval_s=0.05)
    try:
        house.start()
        house.wait_for_records(20)
        killed = rampage(house, seconds, seed, progress)
        last = house.settle()
        verdict = house.verdict(last)
    finally:
        house.stop()
    kills = ", ".join(f"{name} {number}" for name, number in sorted(killed.items()))
    print(f"seed {seed}, broker {'with' if persistence else 'without'} persistence: killed {kills}; ", end="")
    print(f"{verdict.compared} records compared, {len(verdict.differences)} differences")
    return verdict


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--persistence", choices=["with", "without", "both"], default="both")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else secrets.randbelow(2**31)
    kinds = {"with": [True], "without": [False], "both": [False, True]}[options.persistence]
    wrong = 0
    for persistence in kinds:
        folder = Path(tempfile.mkdtemp(prefix="quantrac-chaos-"))
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns) as progress:
            verdict = run(options.seconds / len(kinds), seed, persistence=persistence, folder=folder, progress=progress)
        for difference in verdict.differences:
            print("  " + difference)
        if verdict.differences:
            wrong += 1
            print(f"logs and journal are kept in {folder}")
        else:
            shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
