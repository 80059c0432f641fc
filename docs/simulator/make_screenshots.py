#!/usr/bin/env python3
"""Makes the training guide's pictures anew: plays the real demo with the plume once, keeps frames, lets chromium draw.

    python docs/simulator/make_screenshots.py

Needs chromium, pngquant and the DejaVu fonts; takes about five minutes.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console

from config.catalogue import LANGUAGES, Catalogue
from config.loader import load
from config.schema import Language
from station.demo.place import take_place
from station.demo.show import Demo, Wish
from station.demo.story import Beat, names_of
from station.demo.view import Screen

HERE = Path(__file__).resolve().parent
FAST = 240.0
# hour of the story -> name of the picture
MOMENTS = {2.8: "1-quiet", 3.7: "2-rise", 4.9: "3-alarm", 8.0: "4-rain", 13.5: "5-ground"}
END_S = 14.0 * 3600

_spec = importlib.util.spec_from_file_location("drawing", HERE.parent / "images" / "make_demo_screenshot.py")
drawing = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(drawing)


class Moments:
    """A stage that draws the first frame after each moment, in both languages, as SVG."""

    def __init__(self) -> None:
        self.drawn: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def show(self, screen: Screen, new: Sequence[Beat]) -> None:
        del new
        for hour, name in MOMENTS.items():
            if screen.minute >= hour * 60 and f"{name}.en" not in self.drawn:
                for language in LANGUAGES:
                    self.drawn[f"{name}.{language}"] = drawing.svg_of(translated(screen, language))


def translated(screen: Screen, language: Language) -> Screen:
    """The same frame for a reader of another language."""
    config = load(screen.facts.station_file, check_paths=False).config
    words = Catalogue.load(language, config.station.time_zone)
    names = names_of(words, {i.id: words.pick(i.name) for i in config.instruments})
    facts = replace(screen.facts, names=names, station=words.pick(config.station.name))
    return replace(screen, facts=facts, catalogue=words)


def main() -> int:
    stage = Moments()
    with tempfile.TemporaryDirectory(prefix="quantrac-") as folder:
        os.chdir(folder)
        place = take_place(None)
        wish = Wish("en", FAST, headless=False, for_s=END_S, scenario="plume")
        code = Demo(wish, place, Console(file=StringIO()), stage).run()
        place.close()
        for name, svg in stage.drawn.items():
            target = HERE / f"plume-{name}.png"
            drawing.draw(svg, Path(folder), target)
            subprocess.run(["pngquant", "--force", "--output", target, "64", target], check=True, timeout=60)  # noqa: S603, S607 - pictures of our own
        os.chdir(HERE)
    return code


if __name__ == "__main__":
    sys.exit(main())
