"""Finds and reads instrument profiles: the shipped ones by their id, a user's own by its path."""

from dataclasses import dataclass
from pathlib import Path

from config.explain import parse
from config.mistakes import ConfigError, Mistake, Phrase, phrase, shown
from config.profile import Profile
from config.source import read_toml

SHIPPED = Path(__file__).with_name("profiles")
_PATH_BEGINS = ("./", "../", "/")


@dataclass(frozen=True, slots=True)
class ProfileFile:
    profile: Profile
    text: str
    path: Path


def shipped() -> tuple[str, ...]:
    """The ids of the profiles that come with quantrac."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def is_path(reference: str) -> bool:
    return reference.startswith(_PATH_BEGINS)


def known_profile() -> Phrase:
    """What may stand where a profile is named."""
    return phrase("allowed.known_profile", ids=", ".join(shipped()))


def profile_path(reference: str, base: Path) -> Path | None:
    """The file of a profile, or None when no shipped one has this id. A relative path begins at ``base``."""
    if is_path(reference):
        return base / reference
    return SHIPPED / f"{reference}.toml" if reference in shipped() else None


def read_profile(path: Path) -> ProfileFile:
    """Raises ConfigError with all mistakes of the file."""
    source = read_toml(path)
    profile, mistakes = parse(Profile, source.data, str(path))
    if profile is None:
        raise ConfigError(tuple(mistakes))
    return ProfileFile(profile, source.text, path)


def load_profile(reference: str, base: Path = Path()) -> Profile:
    """One profile by id or path. Raises ConfigError."""
    path = profile_path(reference, base)
    if path is None:
        raise ConfigError((Mistake(reference, "", shown(reference), known_profile()),))
    return read_profile(path).profile
