"""A server that is not installed: said with its Debian package; a skip on a developer's machine, a failure in CI."""

from collections.abc import Callable

import pytest

from tests.servers.fixtures import made
from tests.servers.processes import MissingServerError, Mosquitto, binary


def not_there() -> Mosquitto:
    binary("no-such-server-binary", "some-package")
    raise AssertionError


def test_text_names_the_package() -> None:
    with pytest.raises(MissingServerError, match="apt-get install some-package"):
        binary("no-such-server-binary", "some-package")


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_it_is_a_skip_here_and_a_failure_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="some-package"):
        made(not_there)


def test_killed_broker_comes_back_on_the_same_port(mosquitto: Callable[..., Mosquitto]) -> None:
    broker = mosquitto()
    port = broker.port
    broker.kill()
    assert not broker.running
    broker.start()
    assert (broker.running, broker.port) == (True, port)
