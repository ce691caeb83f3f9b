"""What is shown of commands on hosts: their lines, how they ended, what was copied."""

from __future__ import annotations

import io

import pytest

from provenv.errors import problem, verbatim
from provenv.model.fleet import FleetCopied, FleetRan, HostResult
from provenv.ui.context import ASCII
from provenv.ui.host_lines import HostLines
from provenv.ui.line import plain
from provenv.ui.screen import Screen
from provenv.ui.views import lines, stream

LOST = problem("PV1281", host="n2", program="sh", why=verbatim("Connection closed"))
STOPPED = problem("PV1306", host="n1")
CASES = {
    "all": FleetRan("pair", (HostResult("n1", 0, None, 1.0), HostResult("n2", 0, None, 1.0))),
    "some": FleetRan(
        "pair",
        (
            HostResult("n1", 3, None, 62.0),
            HostResult("n2", None, LOST, 1.0),
            HostResult("n3", None, STOPPED, 0.0),
            HostResult("n4", 0, None, 1.0),
        ),
    ),
    "one": FleetRan("pair", (HostResult("n1", 127, None, 0.25),)),
    "many": FleetRan("all", tuple(HostResult(f"n{one:02}", one % 2, None, one) for one in range(1, 41))),
    "copied": FleetCopied("pair", (HostResult("n1", 10_000, None, 1.0), HostResult("n2", 0, None, 2.0))),
    "nothing": FleetCopied("pair", (HostResult("n1", 0, None, 1.0),)),
    "half": FleetCopied("pair", (HostResult("n1", 5, None, 1.0), HostResult("n2", None, LOST, 2.0))),
}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_view(name, language, context, snapshot):
    assert "\n".join(plain(one) for one in lines(CASES[name], context(language, 100))) == snapshot


@pytest.mark.parametrize("name", CASES)
def test_marks_need_no_unicode(name, context):
    assert "\n".join(plain(one) for one in lines(CASES[name], context(marks=ASCII))).isascii()


def test_ends_are_told_beside_the_output():
    assert stream(CASES["some"]) == "note"


def test_lines_are_whole_and_coloured_where_it_is_a_terminal():
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    shown = HostLines(Screen(out, err, color_out=True))
    shown.take("n1", "stdout", b"be")
    shown.take("n2", "stdout", b"\xff\n")
    shown.take("n2", "stderr", b"bad\nopen")
    shown.take("n1", "stdout", b"gin\n")
    shown.close("n2")
    assert out.buffer.getvalue() == b"\x1b[33m[n2]\x1b[0m \xff\n\x1b[36m[n1]\x1b[0m begin\n"
    assert err.buffer.getvalue() == b"[n2] bad\n[n2] open\n"
    shown.write("stdout", b"\x00raw")
    assert out.buffer.getvalue().endswith(b"begin\n\x00raw")
