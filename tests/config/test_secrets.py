"""Secrets: read from the environment or from files of their owner only, and shown nowhere."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.catalogue import LANGUAGES, Catalogue
from config.loader import load
from config.mistakes import ConfigError, render
from config.schema import Mqtt, StationConfig
from config.secrets import SecretSource, SecretUnavailableError

Write = Callable[..., Path]
Lines = Callable[..., list[str]]

PLANTED = "hunter2-correct-horse"
MQTT = '\n[mqtt]\npassword = { env = "QUANTRAC_TEST_PASSWORD" }\n'
DESTINATION = """
[[destinations]]
id = "{0}"
kind = "recorder"
influx = {{ url = "http://h", token = {{ file = "{0}" }} }}
"""


def secret_file(path: Path, text: str = PLANTED, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_secret_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTRAC_TEST_PASSWORD", PLANTED)
    assert SecretSource(env="QUANTRAC_TEST_PASSWORD").read().get_secret_value() == PLANTED


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "secret", PLANTED + "\n")
    assert SecretSource(file=path).read().get_secret_value() == PLANTED


def test_a_secret_prints_as_stars(tmp_path: Path) -> None:
    secret = SecretSource(file=secret_file(tmp_path / "secret")).read()
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret):  # noqa: UP031 - as logging does
        assert "***" in shown
        assert PLANTED not in shown


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    source = SecretSource(file=secret_file(tmp_path / "secret", mode=mode))
    with pytest.raises(SecretUnavailableError, match="chmod 600") as caught:
        source.read()
    assert PLANTED not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "trouble"),
    [
        (lambda path: None, "secret_no_file"),
        (lambda path: path.mkdir(), "secret_unreadable"),
        (lambda path: secret_file(path, "\n"), "secret_empty"),
    ],
    ids=["missing", "directory", "empty"],
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, make: Callable[[Path], object], trouble: str) -> None:
    make(tmp_path / "secret")
    with pytest.raises(SecretUnavailableError) as caught:
        SecretSource(file=tmp_path / "secret").read()
    assert caught.value.trouble == trouble


@pytest.mark.parametrize("value", [None, ""])
def test_an_environment_without_the_secret_is_refused(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("QUANTRAC_TEST_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("QUANTRAC_TEST_PASSWORD", value)
    with pytest.raises(SecretUnavailableError, match="QUANTRAC_TEST_PASSWORD"):
        SecretSource(env="QUANTRAC_TEST_PASSWORD").read()


def test_a_configuration_never_holds_the_secret(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTRAC_TEST_PASSWORD", PLANTED)
    loaded = load(write(more=MQTT), check_secrets=True)
    config = loaded.config
    for shown in (repr(loaded), str(config), repr(config.model_dump()), config.model_dump_json(), loaded.text):
        assert PLANTED not in shown
    assert PLANTED.encode() not in pickle.dumps(config)


@pytest.mark.parametrize(
    "wrong",
    [
        f'[mqtt]\npassword = "{PLANTED}"',
        f'[mqtt]\npassword = ["{PLANTED}"]',
        f'[mqtt]\npassword = {{ value = "{PLANTED}" }}',
        f'[mqtt]\npassword = {{ env = "{PLANTED}" }}',
        f'[mqtt]\npassword = {{ file = 3, env = "{PLANTED}" }}',
        f'[mqtt]\npasword = "{PLANTED}"',
        f'[mqtt]\nhost = {{ password = "{PLANTED}" }}',
        f'mqtt = "{PLANTED}"',
        f'[mqtt]\npassword = "{PLANTED}',
        f'[[destinations]]\nid = "db"\nkind = "recorder"\ninflux = {{ url = "http://me:{PLANTED}@host" }}',
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_secret_in_the_wrong_place_is_not_told(tmp_path: Path, wrong: str, language: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(wrong, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    catalogue = Catalogue.load(language)  # type: ignore[arg-type]  # the parameter is one of LANGUAGES
    lines = [render(mistake, catalogue) for mistake in caught.value.mistakes]
    assert PLANTED not in "\n".join([*lines, str(caught.value), repr(caught.value)])
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_what_pydantic_itself_prints_does_not_show_it() -> None:
    for model in (StationConfig, Mqtt, SecretSource):
        with pytest.raises(ValidationError) as caught:
            model.model_validate({"password": PLANTED, "env": [PLANTED], "mqtt": PLANTED})
        assert PLANTED not in str(caught.value)


def test_secrets_are_looked_for_only_when_asked(write: Write, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUANTRAC_TEST_PASSWORD", raising=False)
    assert lines(write(more=MQTT)) == []


def test_secrets_that_are_not_there_are_mistakes(
    write: Write, lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUANTRAC_TEST_PASSWORD", raising=False)
    destination = (
        '[[destinations]]\nid = "{0}"\nkind = "recorder"\ninflux = {{ url = "http://h", token = {{ file = "{0}" }} }}\n'
    )
    path = write(more=MQTT + destination.format("none") + destination.format("open"))
    secret_file(tmp_path / "open", mode=0o644)
    assert lines(path, check_secrets=True) == [
        (
            "station.toml: mqtt.password: found environment variable QUANTRAC_TEST_PASSWORD not set; "
            "allowed: the secret in it"
        ),
        "station.toml: destinations[none].influx.token: found no secret file none; allowed: the secret in it",
        (
            "station.toml: destinations[open].influx.token: found a secret file open that others can read; "
            "allowed: a file of its owner only: chmod 600 open"
        ),
    ]
