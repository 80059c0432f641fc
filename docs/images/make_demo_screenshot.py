#!/usr/bin/env python3
"""Makes demo.png anew: plays the real demo until the alarm stands, keeps that frame, lets chromium draw it.

    python docs/images/make_demo_screenshot.py [--lang vi|en]

Needs chromium and the DejaVu fonts; takes a little more than a minute.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Self

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.screen import Screen as WholeTerminal

from station.demo.place import take_place
from station.demo.show import Demo, Wish
from station.demo.story import Beat
from station.demo.view import Screen

TARGET = Path(__file__).resolve().with_name("demo.png")
COLUMNS, ROWS = 100, 30
FAST = 30.0
ALARM_STANDS_S = 35.5 * 60  # the source is near from minute 32 to 42
FONT = "DejaVu Sans Mono"
FONT_ASPECT = 0.602
FONT_PX = 21  # in lines of 24.4: its frames meet from line to line


class LastFrame:
    """A stage that keeps the newest frame."""

    def __init__(self) -> None:
        self.frame: Screen | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def show(self, screen: Screen, new: Sequence[Beat]) -> None:
        del new
        self.frame = screen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lang", choices=("vi", "en"), default="en")
    language = parser.parse_args().lang
    stage = LastFrame()
    with tempfile.TemporaryDirectory(prefix="quantrac-") as folder:
        os.chdir(folder)
        place = take_place(None)
        wish = Wish(language, FAST, headless=False, for_s=ALARM_STANDS_S, scenario="demo")
        code = Demo(wish, place, Console(file=StringIO()), stage).run()
        place.close()
        if code or stage.frame is None:
            return code or 1
        draw(svg_of(stage.frame), Path(folder), TARGET)
    return 0


def svg_of(frame: Screen) -> str:
    console = Console(file=StringIO(), width=COLUMNS, height=ROWS, record=True, force_terminal=True)
    console.print(WholeTerminal(frame), end="")
    # No font from the network: what this machine has.
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace("Fira Code", f"'{FONT}'")
    form = form.replace("font-size: {char_height}px", f"font-size: {FONT_PX}px")
    return console.export_svg(title="quantrac demo", code_format=form, font_aspect_ratio=FONT_PX * FONT_ASPECT / 20)


def draw(svg: str, folder: Path, target: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("chromium is not installed")
    width, height = (int(float(n)) + 1 for n in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    page = folder / "demo.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body style='margin:0;background:#fff'>{svg}", "utf-8")
    subprocess.run(  # noqa: S603 - a browser that was found, a page of our own
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'browser'}",
         f"--window-size={width},{height}", f"--screenshot={target}", page.as_uri()],
        check=True, timeout=60, capture_output=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
