"""Make the pictures of the README and the guide by running what they show: `python docs/make_pictures.py`.

The commands run in tmux, a real terminal of 100 columns, in a new home folder; rich turns what stands
on it into SVG. The report is opened in Chromium. Folders and names of the machine that draws are
replaced by neutral ones. Needs tmux, chromium and the `dev` group of dependencies; some minutes.
"""

from __future__ import annotations

import argparse
import html
import io
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
NEUTRAL_HOME, NEUTRAL_NAME = "/home/ada", "workstation"
COLUMNS = 100
ROWS = 400
LINE, CELL_WIDTH = 24.4, 12.2  # of rich's export, in pixels
LEFT, TOP = 20, 22
LANGUAGES = {"en": "", "zh": ".zh-CN"}

THEME = TerminalTheme(
    background=(255, 255, 255),
    foreground=(31, 35, 40),
    normal=[
        (36, 41, 47),
        (207, 34, 46),
        (17, 99, 41),
        (122, 82, 0),
        (9, 105, 218),
        (130, 80, 223),
        (15, 106, 125),
        (87, 96, 106),
    ],
)

# rich's own form, without the font that it takes from the network, and with a thin frame instead of buttons
FORM = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC",
        "Microsoft YaHei", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
}}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
<rect fill="#ffffff" stroke="#d0d7de" x="1" y="1" width="FRAME-WIDTH" height="FRAME-HEIGHT" rx="8"/>
<g transform="translate(20, 22)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g>
</svg>
"""


@dataclass(frozen=True)
class Shot:
    """What one picture shows: the commands and where they run; `after` puts things right again."""

    name: str
    folder: str
    commands: Sequence[str]
    after: str = "true"


SHOTS = (
    Shot("demo", "", ("provenv demo --folder digits",)),
    Shot("prove", "digits", ("provenv prove",)),
    Shot(
        "drift",
        "digits",
        (
            "echo '# tuned by hand' >> .venv/lib/python3*/site-packages/numpy/version.py",
            "provenv status",
        ),
        after="provenv up --repair",
    ),
)

# what is photographed of the report: file name, first and last section ("" is the page's head)
PAGES = (("report", "", "environment"), ("report-learning", "learning", "confusion"))
REPORT_WIDTH = 1080
CELL = re.compile(
    r'<text class="(\S+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+" (clip-path="\S+")>(.*?)</text>'
)
RUNS = re.compile(r"[\u2e80-\uffef]+|[^\u2e80-\uffef]+")


def record(shot: Shot, folder: Path, environment: Mapping[str, str]) -> str:
    """Run the commands of a shot in a terminal and return what stands on it, with its colours."""
    lines = [f"cd {shlex.quote(str(folder / shot.folder))}", "clear"]
    for command in shot.commands:
        lines += [f"printf '\\033[2m$\\033[0m \\033[1m%s\\033[0m\\n' {shlex.quote(command)}", command, "echo"]
    with tempfile.TemporaryDirectory(prefix="provenv-pictures-") as scratch:
        script = Path(scratch) / "script.sh"
        script.write_text("\n".join([*lines, "tmux wait-for -S done", "exec sleep infinity"]) + "\n")
        tmux = ["tmux", "-S", str(Path(scratch) / "socket"), "-f", os.devnull]
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        start = ["new-session", "-d", *size, "bash", str(script)]
        subprocess.run([*tmux, *start], check=True, env=dict(environment))
        try:
            subprocess.run([*tmux, "wait-for", "done"], check=True)
            shown = subprocess.run(
                [*tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True
            )
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)
    return shown.stdout.rstrip()


def picture(shown: str, name: str) -> str:
    """Return a terminal's content as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False)
    lines = shown.splitlines()
    for line in lines:
        console.print(Text.from_ansi(line), soft_wrap=True)
    # rich's form has no fields for a frame of our own
    width, height = COLUMNS * CELL_WIDTH + 2 * LEFT, len(lines) * LINE + 2 * TOP
    form = FORM.replace("FRAME-WIDTH", f"{width - 2:g}").replace("FRAME-HEIGHT", f"{height - 2:g}")
    made = console.export_svg(title="", theme=THEME, code_format=form, unique_id=name)
    made = re.sub(r'viewBox="[^"]+"', f'viewBox="0 0 {width:g} {height:g}"', made, count=1)
    return CELL.sub(_cells, made)


def _cells(found: re.Match[str]) -> str:
    """Return a piece of text with every run of wide or narrow letters in its own cells.

    rich takes every letter for one cell when it sets the length, and Chinese ones take two.
    """
    kind, left, y, clip, content = found.groups()
    column, pieces = float(left) / CELL_WIDTH, []
    for run in RUNS.findall(html.unescape(content)):
        width = cell_len(run)
        if run.strip():
            letters = html.escape(run, quote=False).replace(" ", "&#160;").replace("\xa0", "&#160;")
            pieces.append(
                f'<text class="{kind}" x="{column * CELL_WIDTH:g}" y="{y}" '
                f'textLength="{width * CELL_WIDTH:g}" {clip}>{letters}</text>'
            )
        column += width
    return "".join(pieces)


def photograph(report: Path, goal: Path, suffix: str) -> None:
    """Write the pictures of the report."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": REPORT_WIDTH, "height": 1200}, color_scheme="light")
        page.goto(report.as_uri())
        for name, first, last in PAGES:
            beginning = page.locator(f"#{first}").bounding_box() if first else None
            end = page.locator(f"#{last}").bounding_box()
            assert end is not None, "the report has this section"
            top = beginning["y"] if beginning else 0.0
            page.screenshot(
                path=goal / f"{name}{suffix}.png",
                full_page=True,
                clip={"x": 0, "y": top, "width": REPORT_WIDTH, "height": end["y"] + end["height"] - top + 24},
            )
        browser.close()


def neutral(content: str, home: Path) -> str:
    """Return `content` with this machine's folders and name replaced."""
    content = content.replace(str(home), NEUTRAL_HOME)
    return re.sub(rf"\b{re.escape(platform.node())}\b", NEUTRAL_NAME, content) if platform.node() else content


def main() -> int:
    """Run all shots in both languages; return the process's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--provenv", default=str(HERE.parent / "provenv"), help="the program to run")
    parser.add_argument(
        "--home",
        type=Path,
        help="a home folder made for this; its `digits` is removed (else a temporary one)",
    )
    options = parser.parse_args()
    home = options.home or Path(tempfile.mkdtemp(prefix="provenv-home-"))
    programs = home / ".local" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    (programs / "provenv").unlink(missing_ok=True)
    (programs / "provenv").symlink_to(options.provenv)
    PICTURES.mkdir(exist_ok=True)
    for language, suffix in LANGUAGES.items():
        environment = dict(
            os.environ,
            HOME=str(home),
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
            PROVENV_LANG=language,
        )
        # set up, so that the launcher's own words of the first start are not in the picture
        subprocess.run(["provenv", "version"], check=True, env=environment, stdout=subprocess.DEVNULL)
        shutil.rmtree(home / "digits", ignore_errors=True)
        for shot in SHOTS:
            shown = neutral(record(shot, home, environment), home)
            (PICTURES / f"{shot.name}{suffix}.svg").write_text(
                picture(shown, f"provenv-{shot.name}"), encoding="utf-8"
            )
            subprocess.run(["bash", "-c", shot.after], cwd=home / shot.folder, env=environment, check=True)
            print(f"{shot.name}{suffix}", file=sys.stderr)
            if shot.name == "demo":
                page = home / "digits" / "report.html"
                page.write_text(neutral(page.read_text(encoding="utf-8"), home), encoding="utf-8")
                photograph(page, PICTURES, suffix)
    return 0


if __name__ == "__main__":
    sys.exit(main())
