"""The live view of a run: the script's output is left alone, the block stays below; plain lines elsewhere."""

from __future__ import annotations

import io
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from provenv.model.live_run import GpuUse, MetricNow, RunStatus
from provenv.ui.context import ASCII, UNICODE
from provenv.ui.line import line, line_cells, plain
from provenv.ui.live_run import LiveRun, PlainRun, run_view
from provenv.ui.run_lines import block, brief, ending, percent
from provenv.ui.screen import Screen
from provenv.ui.words import Words

FULL = RunStatus(
    attempt=2,
    attempts=4,
    processes=2,
    seconds=725.0,
    framework="lightning 2.6.0",
    step=1240,
    total=5000,
    epoch=3,
    epochs=10,
    rate=41.2,
    left=91.0,
    waiting=0.031,
    still=0.4,
    saved=1200,
    metrics=(
        MetricNow("loss", 0.213, tuple(2.3 / step for step in range(1, 50))),
        MetricNow("val_accuracy", 0.934, (0.1, 0.5, 0.9, 0.934)),
        MetricNow("验证损失", math.nan, (1.0, math.nan)),
    ),
    cpu=3.9,
    memory=1_503_238_553,
    gpus=(GpuUse(0, 11 * 1024**3, 0.92), GpuUse(1, 11 * 1024**3, None)),
)
STATUSES = {
    "full": FULL,
    "nothing": RunStatus(),
    "no-total": replace(FULL, total=None, left=None),
    "hangs": replace(FULL, still=500.0),
    "slow": replace(FULL, rate=0.003),
    "much": replace(
        FULL, metrics=tuple(MetricNow(f"metric_{place}", 1.0, (1.0, 2.0)) for place in range(40))
    ),
    "long": replace(FULL, metrics=(MetricNow("m" * 300, 1.0, (1.0, 2.0)),), framework="f" * 300),
}


@pytest.mark.parametrize("marks", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("status", STATUSES.values(), ids=STATUSES.keys())
def test_the_block_is_never_wider_than_the_terminal(status, width, language, marks, context):
    found = block(status, "train · 20261122-183419-ab12", context(language, width, marks=marks))
    assert 2 <= len(found) <= 5
    assert max(line_cells(one) for one in found) <= width


def test_the_block_says_all_where_there_is_room(context):
    told = "\n".join(plain(one) for one in block(FULL, "train", context("en", 120)))
    for words in ("step 1,240 / 5,000", "25%", "left", "epoch 3 / 10", "41.2 steps/s", "3% waiting for data"):
        assert words in told
    for words in ("attempt 2 of 4", "saved at step 1,200", "loss 0.213 ", "NaN", "3.9 cores", "GPU 0 92%"):
        assert words in told


def test_a_run_that_stands_still_says_so_instead_of_its_rate(context):
    told = plain(block(STATUSES["hangs"], "train", context("en", 120))[2])
    assert "no step for 8 min 20 s" in told
    assert "steps/s" not in told


def test_a_line_for_logs_and_one_for_the_end(context):
    assert "step 1,240 / 5,000 · epoch 3 / 10 · 41.2 steps/s" in plain(brief(FULL, context("en", 80)))
    told = plain(ending(replace(FULL, state="done", step=5000), context("en", 80)))
    assert told.startswith("✓ done after 12 min 05 s · step 5,000 / 5,000 · 2 attempts")


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0%"), (0.001, "<1%"), (0.999, "99%"), (1, "100%"), (0.5, "50%")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(share, words):
    assert percent(share) == words


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_a_line_each_half_minute_and_one_at_the_end(memory_screen):
    screen, clock = memory_screen(width=100), Clock()
    view = run_view(screen, Words("en"), "train", clock=clock)
    assert isinstance(view, PlainRun)
    view.write(1, b"epoch 1\n")
    for clock.now in range(1, 95):
        view.update(FULL)
    view.close(replace(FULL, state="failed"))
    assert screen.out.getvalue() == "epoch 1\n"
    told = screen.err.getvalue().splitlines()
    assert len(told) == 4
    assert told[-1].startswith("✗ failed after 12 min 05 s")
    assert not any("\x1b" in one for one in told)


def test_quiet_says_nothing_of_its_own(memory_screen):
    screen, clock = memory_screen(quiet=True), Clock()
    view = run_view(screen, Words("en"), "train", clock=clock)
    view.write(1, b"out")
    view.write(2, b"err")
    clock.now = 100.0
    view.update(FULL)
    view.close(FULL)
    assert (screen.out.getvalue(), screen.err.getvalue()) == ("out", "err")


def test_bytes_are_handed_on_as_they_are(tmp_path):
    with (tmp_path / "out").open("w", encoding="ascii") as out:
        view = run_view(Screen(out, out), Words("en"), "train")
        out.write("first ")
        view.write(1, b"\xff\xfe\x00\xe4\xbd")
    assert (tmp_path / "out").read_bytes() == b"first \xff\xfe\x00\xe4\xbd"


def test_a_reader_that_has_left_ends_nothing():
    near, far = os.pipe()
    os.close(near)
    with open(far, "w") as out:
        view = run_view(Screen(out, out), Words("en"), "train")
        with pytest.raises(BrokenPipeError):
            # nobody reads indeed
            os.write(far, b"words")
        view.write(1, b"words")
        view.close()


def live(terminal, rows=24, columns=80, **more) -> tuple[LiveRun, io.StringIO, list[int]]:
    stream, size = terminal(is_terminal=True), [columns, rows]
    screen = Screen(stream, stream, columns, live=True, **more)
    view = run_view(screen, Words("en"), "train", size=lambda: (size[0], size[1]))
    assert isinstance(view, LiveRun)
    return view, stream, size


def test_the_script_gets_the_rows_above_the_block(terminal):
    view, stream, _ = live(terminal)
    assert view.rows == 24
    view.update(FULL)
    assert view.rows == 19
    assert "\x1b[1;19r" in stream.getvalue()
    view.close()
    assert stream.getvalue().endswith("\x1b[r\x1b8")


def test_without_colour_there_is_none(terminal):
    view, stream, _ = live(terminal)
    view.update(FULL)
    assert "\x1b[32m" not in stream.getvalue()
    assert "\x1b[36m" not in stream.getvalue()


@pytest.mark.parametrize(
    "half", [b"\xe4", b"\xe4\xbd", b"\xf0\x9f\x98", b"\x1b", b"\x1b[", b"\x1b[38;5", b"\x1b]0;t"]
)
def test_nothing_is_drawn_in_the_midst_of_a_character_or_a_control(terminal, half):
    view, stream, _ = live(terminal)
    view.write(1, half)
    before = stream.getvalue()
    view.update(FULL)
    assert stream.getvalue() == before


@pytest.mark.parametrize(
    "whole", ["é你😀".encode(), b"\x1b[1m", b"\x1b[?25l", b"\x1b]0;t\x07", b"\x1b]0;t\x1b\\", b"\x1b(B"]
)
def test_whole_characters_and_controls_are_no_hindrance(terminal, whole):
    view, stream, _ = live(terminal)
    view.write(1, whole)
    view.update(FULL)
    assert "step 1,240" in stream.getvalue()


def test_what_never_becomes_whole_does_not_hold_it_up_for_ever(terminal):
    view, stream, _ = live(terminal)
    view.write(1, b"\x1b[")
    for _ in range(4):
        view.update(FULL)
    assert "step 1,240" in stream.getvalue()


def test_another_screen_is_left_alone_and_the_block_comes_back(terminal):
    view, stream, _ = live(terminal)
    view.update(FULL)
    view.write(1, b"\x1b[?1049h")
    before = stream.getvalue()
    view.update(FULL)
    assert stream.getvalue() == before
    view.write(1, b"\x1b[?1049l")
    assert "\x1b[1;19r" in stream.getvalue()[len(before) :]


def test_a_terminal_that_is_too_low_has_no_block(terminal):
    view, stream, size = live(terminal)
    view.update(FULL)
    size[1] = 6
    view.resized()
    assert stream.getvalue().endswith("\x1b[r\x1b8")
    before = stream.getvalue()
    view.update(FULL)
    assert stream.getvalue() == before


def test_margins_that_somebody_moved_meanwhile_are_set_again(terminal):
    view, stream, _ = live(terminal)
    view.update(FULL)
    before = stream.getvalue()
    view.update(FULL)
    assert "\x1b[1;19r" in stream.getvalue()[len(before) :]


def test_lines_of_our_own_stand_on_lines_of_their_own(terminal):
    view, stream, _ = live(terminal)
    view.write(1, b"no newline")
    view.tell([line("a warning")])
    assert stream.getvalue().endswith("no newline\na warning\n")


SCRIPT = """
import os, subprocess, sys, tty
sys.path[:0] = {paths!r}
from provenv.model.live_run import MetricNow, RunStatus
from provenv.ui.live_run import run_view
from provenv.ui.screen import screen
from provenv.ui.words import Words

view = run_view(screen(), Words({language!r}), "train")
loss = MetricNow("loss", 0.5, (1.0, 0.5))
def status(step): return RunStatus(step=step, total=300, rate=10.0, metrics=(loss,))
tty.setcbreak(0)
def reached(name):
    # the terminal answers (DSR, ECMA-48 8.3.35) when it has taken in all that came before
    os.write(1, b"\\x1b[5n")
    os.read(0, 64)
    subprocess.run(["tmux", "-L", {socket!r}, "wait-for", "-S", name], check=True)
    subprocess.run(["tmux", "-L", {socket!r}, "wait-for", name + "-seen"], check=True)

for number in range(1, 101):
    view.write(1, f"line {{number}}\\n".encode())
    if number % 7 == 0:
        view.update(status(number))
reached("scrolled")
view.write(1, b"progress  10%")
view.update(status(110))
view.write(1, b"\\rprogress  20%\\n\\x1b[A\\rprogress  30%")
view.update(status(120))
reached("rewritten")
view.resized()
view.write(1, b"\\nlast line\\n")
view.update(status(300))
reached("resized")
view.close(RunStatus(state="done", step=300, total=300, seconds=10.0))
for number in range(40):
    print("after", number)
reached("closed")
"""


class Tmux:
    """A real terminal: tmux of its own socket."""

    def __init__(self, folder: Path, script: str, columns: int, rows: int, **variables: str) -> None:
        self.socket = f"provenv-{os.getpid()}-{columns}"
        path = folder / "script.py"
        path.write_text(script.replace("SOCKET", self.socket), encoding="utf-8")
        told = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **variables}
        command = f"{sys.executable} {path} 2>&1 || cat"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), command, env=told
        )

    def _tmux(self, *words: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-L", self.socket, *words],
            check=True,
            capture_output=True,
            text=True,
            env=env,
            timeout=60,
        )
        return done.stdout

    def at(self, name: str, *meanwhile: str) -> list[str]:
        """Return what is on the terminal when the script has come to `name`, and let it go on."""
        self._tmux("wait-for", name)
        shown = self._tmux("capture-pane", "-p").rstrip("\n").split("\n")
        if meanwhile:
            self._tmux(*meanwhile)
        self._tmux("wait-for", "-S", f"{name}-seen")
        return shown

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], capture_output=True, check=False)


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("tmux") is None, reason="no tmux, which is the terminal here (package `tmux`)"
)
@pytest.mark.parametrize(("columns", "language"), [(80, "en"), (40, "zh_CN")])
def test_on_a_real_terminal(tmp_path, columns, language, repository):
    paths = [str(repository / "src")]
    terminal = Tmux(tmp_path, SCRIPT.format(paths=paths, socket="SOCKET", language=language), columns, 20)
    try:
        shown = terminal.at("scrolled")
        rule = next(place for place, one in enumerate(shown) if one.startswith("── train"))
        assert shown[:rule] == [*(f"line {number}" for number in range(102 - rule, 101)), ""]
        assert any("98 / 300" in one for one in shown[rule:])
        shown = terminal.at("rewritten", "resize-window", "-x", str(columns), "-y", "26")
        rule = next(place for place, one in enumerate(shown) if one.startswith("── train"))
        above = [one for one in shown[:rule] if one]
        assert above[-1] == "progress  30%"
        assert not any("10%" in one or "20%" in one for one in above)
        shown = terminal.at("resized")
        assert sum(one.startswith("── train") for one in shown) == 1
        assert "last line" in shown
        assert any("300 / 300" in one for one in shown[-4:])
        shown = terminal.at("closed")
        assert not any("──" in one for one in shown)
        assert [one for one in shown if one][-1] == "after 39"
    finally:
        terminal.close()
