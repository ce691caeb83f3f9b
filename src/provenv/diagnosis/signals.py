"""What is worked out of a log besides its patterns: each signal has a name that rules may weigh."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from .log import Log
from .names import POPULAR
from .traceback import MISTAKES, Ending, ending, last_frames

FAILED = re.compile(
    r"\berror\b|\w(?:Error|Exception)\b|\bfail(?:ed|ure|s)?\b|\bfatal\b|traceback|aborted|core dumped|"
    r"segmentation fault|killed|\bcannot\b|can't|could not|couldn't|unable to|denied|refused|not found|"
    r"no such|timed? ?out|错误|失败|异常|无法|报错|找不到|未找到",
    re.I,
)
SUCCEEDED = re.compile(
    r"exit(?:ed with)? (?:code|status):? 0\b|(?:finished|completed) successfully|"
    r"successfully (?:installed|built|loaded|uninstalled|finished|completed|saved)|"
    r"training (?:complete|finished|done)|(?:epoch|step) \d{1,6}/\d{1,6}\b.{0,200}\b(?:loss|acc)|"
    r"\b\d+ passed\b(?!.{0,40}\b(?:failed|error))|all tests passed|训练完成|安装成功|运行成功|成功",
    re.I,
)
# behind the sign of success: then it was none
BROKE = re.compile(
    r"Traceback \(most|^\s*(?:[A-Za-z_][\w.]*)?(?:Error|Exception)\b|core dumped|\bKilled\b|\bFAILED\b|"
    r"exit(?:ed with)? (?:code|status):? [1-9]|^(?:error|fatal):|Segmentation fault|Bus error",
    re.M,
)
OWN_FILE = re.compile(r"(?P<path>[~\w./\\: -]{0,300}[/\\])?(?P<stem>\w+)(?:\.py|[/\\]__init__\.py)$")
INSIDE = re.compile(r"\((?P<path>[^()\n]{1,300}\.py)\)")


@dataclass(frozen=True)
class Signals:
    """The names that hold, what each captured, and the exception that ended the run."""

    names: frozenset[str] = frozenset()
    captured: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ending: Ending | None = None


def signals(log: Log) -> Signals:
    """Return what holds of a log."""
    text = log.text
    end = ending(text)
    held: dict[str, dict[str, str]] = {}
    for name, look in LOOKS.items():
        captured = look(text, end)
        if captured is not None:
            held[name] = captured
    return Signals(frozenset(held), held, end)


def _own_code(text: str, end: Ending | None) -> dict[str, str] | None:
    """The run ended with one of Python's own exceptions, raised in the user's own code."""
    if end is None or end.name not in MISTAKES or end.raised is None or not end.raised.own:
        return None
    return {"file": end.raised.file, "at": str(end.raised.line or ""), "exception": end.name}


def _own_call(text: str, end: Ending | None) -> dict[str, str] | None:
    """The run ended with one of Python's own exceptions in a library which the user's code called."""
    if end is None or end.name not in MISTAKES or end.own is None or (end.raised and end.raised.own):
        return None
    return {"file": end.own.file, "at": str(end.own.line or ""), "exception": end.name}


def _python_mistake(text: str, end: Ending | None) -> dict[str, str] | None:
    """The run ended with one of Python's own exceptions; where is not said."""
    if end is None or end.name not in MISTAKES:
        return None
    return {"exception": end.name}


def _shadow(text: str, end: Ending | None) -> dict[str, str] | None:
    """A file of the user's, named like a library or a standard module, was imported in its place."""
    # a paste may end before the exception
    met = end.frames if end is not None else last_frames(text)
    for before, frame in pairwise(met):
        if frame.own and not before.own and "import" in before.source and "<" not in frame.file:
            stem = _library_name(frame.file)
            if stem and re.search(rf"\b{re.escape(stem)}\b", before.source):
                return {"file": frame.file, "module": stem}
    for match in INSIDE.finditer(end.message if end is not None else ""):
        stem = _library_name(match["path"])
        if stem and not re.search(r"site-packages|dist-packages|[/\\]lib[/\\]python", match["path"], re.I):
            return {"file": match["path"], "module": stem}
    return None


def _library_name(path: str) -> str:
    match = OWN_FILE.search(path)
    stem = match["stem"] if match else ""
    return stem if stem in sys.stdlib_module_names or stem in POPULAR else ""


def _failed(text: str, end: Ending | None) -> dict[str, str] | None:
    """Some line speaks of a failure."""
    return {} if FAILED.search(text) else None


def _succeeded(text: str, end: Ending | None) -> dict[str, str] | None:
    """The log's last part says that the run came to its end, and no exception stands behind it."""
    found = list(SUCCEEDED.finditer(text))
    if not found:
        return None
    return None if BROKE.search(text, found[-1].end()) else {}


def _no_exception(text: str, end: Ending | None) -> dict[str, str] | None:
    """No exception of Python's stands in the log."""
    return {} if end is None else None


LOOKS: Mapping[str, Callable[[str, Ending | None], dict[str, str] | None]] = {
    "log.own-code": _own_code,
    "log.own-call": _own_call,
    "log.python-mistake": _python_mistake,
    "log.own-file-shadows": _shadow,
    "log.failed": _failed,
    "log.succeeded": _succeeded,
    "log.no-exception": _no_exception,
}
