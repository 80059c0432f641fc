"""As fast as it goes: truth and readings side by side, the same as on the wires, without a wire."""

import csv
import io
import subprocess
import sys
from collections.abc import Callable

import pytest

from simulator.build import build_ensemble
from simulator.detectors.bdmg04 import MeterState
from simulator.dump import Stepper, dump_csv, rows
from simulator.scenario import FaultEvent, Scenario

Make = Callable[..., Scenario]
DEADLINE_S = 60.0


def test_a_step_reads_what_the_wires_would_have_read(scenario_with: Make) -> None:
    stepper, detector = Stepper(scenario_with()), build_ensemble(scenario_with()).instruments["det"]
    stepper.step(100.0)
    row = next(row for row in stepper.step(23.0) if row.instrument == "det")
    shown = detector.shown(123.0)
    assert isinstance(shown, MeterState)
    assert row.shown["dose_rate_sv_h"] == shown.dose_rate_sv_h
    assert row.t_s == 123.0


def test_the_causes_add_up_to_the_truth(scenario_with: Make) -> None:
    scenario = scenario_with(rain=[{"start_min": 0, "duration_min": 10, "rate_mm_h": 10}])
    assert all(sum(row.causes.values()) == pytest.approx(row.truth_nsv_h) for row in rows(scenario, 900.0, 60.0))


def test_the_table_has_a_line_for_each_instrument_and_time(scenario_with: Make) -> None:
    fault = FaultEvent(instrument="kit", kind="stuck", start_min=1, duration_min=1)
    out = io.StringIO()
    dump_csv(scenario_with(faults=[fault]), 120.0, 60.0, out)
    table = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert [(line["t_s"], line["instrument"]) for line in table[:4]] == [
        ("0", "det"),
        ("0", "met"),
        ("0", "kit"),
        ("60", "det"),
    ]
    assert len(table) == 9
    assert [line["faults"] for line in table if line["instrument"] == "kit"] == ["", "stuck", ""]
    assert table[0]["shown.cpm"] == ""
    assert table[2]["shown.cpm"].isdigit()


def test_the_same_seed_dumps_the_same_bytes_whatever_the_step(scenario_with: Make) -> None:
    def at_the_end(every_s: float) -> list[str]:
        out = io.StringIO()
        dump_csv(scenario_with(), 120.0, every_s, out)
        return out.getvalue().splitlines()[-3:]

    assert at_the_end(1.0) == at_the_end(120.0)


def test_time_does_not_go_back(scenario_with: Make) -> None:
    with pytest.raises(ValueError, match="go back"):
        Stepper(scenario_with()).step(-1.0)


def simulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S)


def test_an_hour_of_the_demo_needs_no_hour() -> None:
    ended = simulator("demo", "--fast", "max", "--dump", "csv", "--for", "3600", "--every", "600")
    table = list(csv.DictReader(io.StringIO(ended.stdout)))
    assert ended.returncode == 0
    assert {line["t_s"] for line in table} == {"0", "600", "1200", "1800", "2400", "3000", "3600"}


@pytest.mark.parametrize(
    "arguments",
    [("--fast", "max"), ("--dump", "csv", "--fast", "2"), ("--dump", "csv", "--control"), ("--for", "5")],
)
def test_what_does_not_go_together_ends_with_2(arguments: tuple[str, ...]) -> None:
    ended = simulator("quiet", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    command = [sys.executable, "-m", "simulator", "quiet", "--dump", "csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(DEADLINE_S) == 0
