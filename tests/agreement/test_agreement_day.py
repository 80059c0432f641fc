"""Over a day of simulated time with random faults, what a driver reads is what the instrument showed, or an error."""

import asyncio

import pytest

from config.profile import Profile
from simulator.scenario import Scenario
from tests.agreement.day import DAY_S, SEED, Account, agree, busy_day, profile_of

EVERY_S = 30.0  # every second of the same day: python -m benchmarks --only world


@pytest.fixture(scope="module")
def accounts() -> dict[str, Account]:
    """One day for all of these tests."""
    print(f"seed {SEED}: QUANTRAC_AGREEMENT_SEED={SEED} repeats it")
    return asyncio.run(agree(busy_day(SEED), EVERY_S, DAY_S))


INSTRUMENTS = ["det-tcp", "det-rtu", "kit", "met"]


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_no_reading_of_the_day_is_wrong_and_none_is_missing_without_a_fault(
    accounts: dict[str, Account], name: str
) -> None:
    assert accounts[name].wrong == [], f"seed {SEED}"


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_day_had_readings_and_errors_enough_to_say_so(accounts: dict[str, Account], name: str) -> None:
    account = accounts[name]
    assert account.right > 0.9 * DAY_S / EVERY_S, account.said()
    assert sum(account.errors.values()) > 5, account.said()


def misread(name: str) -> Profile:
    """A driver that takes one register for its neighbour, or a value a thousandth too large."""
    profile = profile_of(name)
    changed: dict[str, dict[str, float]] = {"air_temperature": {"address": 35}, "dose_rate": {"scale": 1.001e9}}
    values = tuple(value.model_copy(update=changed.get(value.name, {})) for value in profile.values)
    sentence = tuple(
        value.model_copy(update={"scale": 1001.0}) if value.name == "shown" else value for value in profile.line_values
    )
    return profile.model_copy(update={"values": values, "line_values": sentence})


async def test_a_driver_that_misreads_a_little_is_found_out_at_every_instrument() -> None:
    accounts = await agree(busy_day(SEED), 30.0, 300, misread)
    assert all(account.right == 0 and account.wrong for account in accounts.values())


async def test_a_digit_lost_on_a_line_without_a_checksum_is_the_one_wrong_value_that_no_reader_can_notice() -> None:
    """Known and not hidden: ``CPS, 12`` without its 2 is ``CPS, 1``. Such lines are the kit's only."""
    lossy = {"instrument": "kit", "kind": "half_open", "lost_share": 0.01, "start_min": 0, "duration_min": 60}
    scenario = Scenario.model_validate(
        busy_day(SEED).model_dump(exclude_unset=True) | {"faults": [lossy], "random_faults": [], "sources": []}
    )
    account = (await agree(scenario, 30.0, 1800))["kit"]
    assert 0 < len(account.wrong) < 1800 * 0.1
