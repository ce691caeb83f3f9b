"""Progress: plain lines, events, bars; and the cursor after Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading

import pytest
from rich.progress import Task as Row

from awaiting import AWAITING
from provenv.errors import verbatim
from provenv.ui.events import Events
from provenv.ui.live import Live, amount
from provenv.ui.progress import LateLive, Plain
from provenv.ui.words import Words

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def test_plain_progress_is_one_line_for_each_finished_step(memory_screen):
    screen = memory_screen()
    progress = Plain(screen, Words("en"))
    task = progress.task(verbatim("installing"), 100, "bytes")
    task.advance(50)
    task.describe(verbatim("numpy"))
    task.finish(verbatim("installed `numpy`"))
    progress.note(verbatim("a note"))
    assert screen.err.getvalue() == "✓ installed `numpy`\na note\n"
    assert screen.out.getvalue() == ""


def test_verbose_plain_progress_also_tells_beginnings(memory_screen):
    screen = memory_screen(verbose=True)
    Plain(screen, Words("en")).task(verbatim("installing")).finish(verbatim("installed"))
    assert screen.err.getvalue() == "installing\n✓ installed\n"


def test_events_are_json_lines(memory_screen):
    now = [0.0]
    screen = memory_screen()
    events = Events(screen, Words("zh_CN"), clock=lambda: now[0])
    task = events.task(verbatim("下载"), 100.0, "bytes")
    task.advance(10)  # too soon after the start to be told
    now[0] = 1.0
    task.advance(30)
    task.describe(verbatim("numpy"))
    task.finish(verbatim("好了"))
    told = [json.loads(one) for one in screen.err.getvalue().splitlines()]
    assert all(one["provenv"] == 1 for one in told)
    assert [one["event"] for one in told] == [
        "task-started",
        "task-advanced",
        "task-described",
        "task-finished",
    ]
    assert told[0] | {"words": told[0]["words"]["text"]} == {
        "provenv": 1,
        "event": "task-started",
        "task": 1,
        "words": "下载",
        "total": 100.0,
        "unit": "bytes",
    }
    assert told[1]["done"] == 40
    assert told[3]["words"]["text"] == "好了"


def test_events_of_several_threads_are_whole_lines(memory_screen):
    screen = memory_screen()
    events = Events(screen, Words("en"))

    def work(name):
        for _ in range(50):
            events.task(verbatim(name)).finish(verbatim(name * 100))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [json.loads(one) for one in screen.err.getvalue().splitlines()]
    assert len(told) == 400
    assert {one["task"] for one in told} == set(range(1, 201))


@pytest.mark.parametrize("width", [120, 80, 40])
def test_bars_leave_one_line_for_each_step(memory_screen, width):
    screen = memory_screen(width=width, live=True)
    live = Live(screen, Words("en"))
    first = live.task(verbatim("[bold]torch[/bold]"), 831_000_000, "bytes")
    second = live.task(verbatim("proving"), 14)
    first.advance(400_000_000)
    second.advance(3)
    second.describe(verbatim("tensors"))
    first.finish(verbatim("downloaded `torch`"))
    second.finish(verbatim("proven"))
    second.finish(verbatim("proven"))
    live.close()
    said = screen.err.getvalue()
    assert "[bold]" in said
    assert said.count("✓ downloaded `torch`") == 1
    assert said.count("✓ proven") == 1
    assert said.count(HIDE) == said.count(SHOW) >= 1
    assert said.rindex(SHOW) > said.rindex(HIDE)


def test_closing_in_the_middle_shows_the_cursor_again(memory_screen):
    screen = memory_screen(live=True)
    live = Live(screen, Words("en"))
    task = live.task(verbatim("downloading"), 10)
    live.close()
    task.finish(verbatim("too late"))
    assert screen.err.getvalue().rindex(SHOW) > screen.err.getvalue().rindex(HIDE)
    assert "too late" not in screen.err.getvalue()


def test_live_progress_begins_with_the_first_task(memory_screen):
    screen = memory_screen(live=True)
    progress = LateLive(screen, Words("en"))
    progress.note(verbatim("before"))
    assert screen.err.getvalue() == "before\n"
    progress.task(verbatim("work")).finish(verbatim("done"))
    progress.note(verbatim("after"))
    progress.close()
    assert "✓ done" in screen.err.getvalue()
    assert "after" in screen.err.getvalue()


@pytest.mark.parametrize(
    ("total", "unit", "completed", "expected"),
    [
        (831e6, "bytes", 120e6, ["120 MB / 831 MB"]),
        (14, "items", 3, ["3 / 14"]),
        (None, "bytes", 120e6, ["120 MB", "0 ms"]),
        (None, "items", 0, ["0 ms"]),
    ],
)
def test_amounts(total, unit, completed, expected):
    row = Row(0, "x", total, completed, _get_time=lambda: 0.0, fields={"unit": unit})
    assert amount(row, Words("en")) == expected


INTERRUPTED = (
    AWAITING
    + """
import sys
from provenv.ui.view import view as viewed
from provenv.errors import Failure, problem, verbatim
view = viewed(command="up", color="never")
try:
    view.progress.task(verbatim("working"), 10).advance(1)
    await_signals()
except KeyboardInterrupt:
    view.failed(Failure(problem("PV0", n=1)))
    sys.exit(130)
"""
)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130)])
def test_ctrl_c_on_a_real_terminal_gives_the_cursor_back(repository, number, code):
    leader, follower = pty.openpty()
    environment = {"PYTHONPATH": str(repository / "src"), "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], env=environment, stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    said = b""
    asked = False
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
        if not asked and b"working" in said:
            process.send_signal(number)
            asked = True
    os.close(leader)
    assert process.wait() == code
    text = said.decode()
    assert HIDE in text
    assert text.rindex(SHOW) > text.rindex(HIDE)
    assert "PV0" in text[text.rindex(SHOW) :]
