"""How a place on the network answered, as a problem: one for each cause, with its remedy. Pure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from ...errors import Exit, Hint, Problem, problem, text
from ...model.channel import Completed
from ...model.mirrors import Reached

JSON_PAGE = "application/vnd.pypi.simple.v1+json"
LINK = re.compile(r"""<a\b[^>]*?\bhref\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
FILE = re.compile(r"\.(?:whl|zip|tar\.gz|tar\.bz2|egg)$")
FORM = re.compile(r"<(?:form|input|script|meta[^>]+http-equiv\s*=\s*[\"']?refresh)\b", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
DENIED = frozenset({"PV353", "PV325"})
"""What is missing here is a login."""
ANSWERS = frozenset(
    {"PV313", "PV314", "PV315", "PV316", "PV317", "PV318", "PV319", "PV325", "PV326", "PV327", "PV329"}
)
"""Codes of this module's own; the older ones are those of `cause.NETWORK`."""
_CODES = {
    ("certificate", "date"): "PV317",
    ("certificate", "host"): "PV318",
    ("certificate", "plain"): "PV319",
    ("broken", "circle"): "PV313",
    ("proxy", "login"): "PV325",
    ("unresolved", ""): "PV350",
    ("refused", ""): "PV351",
    ("certificate", ""): "PV352",
    ("login", ""): "PV353",
    ("proxy", ""): "PV354",
    ("timeout", ""): "PV355",
    ("status", ""): "PV356",
    ("broken", ""): "PV315",
    ("absent", ""): "PV326",
}


def refusal(url: str, found: Reached, *, words: str = "") -> Problem | None:
    """Return the problem with an address that did not answer as it should; None where it answered.

    `url` has no credentials; `words` are another program's about its own attempt.
    """
    if found.state == "reached":
        return None
    code = _CODES.get((found.state, found.cause)) or _CODES[found.state, ""]
    answer = found.detail or (f"HTTP {found.status}" if found.status else found.state)
    return said(code, url, answer, found.seconds or found.first_byte or 0.0, words)


def said(code: str, url: str, answer: str, seconds: float, words: str = "") -> Problem:
    """Return a problem of the network with its evidence: the answer, after how long, uv's own words."""
    key = "network.asked" if words else "network.answered"
    why = text(key, answer=answer, after_seconds=seconds, words=words)
    return problem(code, why=why, hints=hints(code), url=url)


def hints(code: str) -> tuple[Hint, ...]:
    """Return what helps against a cause; what can be run as it stands is a command."""
    more = {"PV314": ("PV314.hint_index",), "PV316": ("PV316.hint_more",), "PV317": ("PV317.hint_server",)}
    commands = {"PV316": "provenv mirrors", "PV356": "provenv mirrors", "PV355": "provenv mirrors"}
    general = Hint(text(f"{code}.hint"), "provenv lock" if code == "PV326" else None)
    mirrors = (Hint(text("network.mirrors"), commands[code]),) if code in commands else ()
    return (general, *(Hint(text(key)) for key in more.get(code, ())), *mirrors)


def unusable(url: str, found: Reached, project: str, *, words: str = "") -> Problem | None:
    """Return what is wrong with an answer that should be a project's page on an index (PEP 503, PEP 691)."""
    seconds = found.seconds or 0.0
    page = found.body.decode("utf-8", "replace")
    if not found.whole:
        # a page may be longer than what is looked at
        return (
            None if len(found.body) >= 1 << 16 else said("PV316", url, f"{len(found.body)} B", seconds, words)
        )
    if "json" in found.kind:
        try:
            listed = json.loads(page)
        except ValueError as error:
            return said("PV315", url, f"JSON: {error}", seconds, words)
        good = isinstance(listed, dict) and isinstance(listed.get("files"), list)
        return None if good else said("PV315", url, found.kind, seconds, words)
    if any(_files(page, project)):
        return None
    opened, closed = (re.search(rf"<{end}(?:html|body)\b", page, re.IGNORECASE) for end in ("", "/"))
    if FORM.search(page):
        title = TITLE.search(page)
        shown = " ".join(html.unescape(title[1]).split())[:80] if title else found.kind
        return said("PV314", url, f"HTTP {found.status}, {found.kind}: {shown}", seconds, words)
    if opened and not closed and len(page) > len(opened[0]) and page.rstrip()[-1:] != ">":
        tail = f"HTTP {found.status}, {found.kind}, {len(found.body)} B: ...{page[-24:]}"
        return said("PV315", url, tail, seconds, words)
    if not opened and not LINK.search(page) and found.body and not page.lstrip().startswith("<"):
        return said("PV315", url, f"{found.kind}: {page[:40]!r}", seconds, words)
    return None


def links(found: Reached, project: str) -> dict[str, str]:
    """Return the files of a project that a page names, with their addresses as they stand there."""
    page = found.body.decode("utf-8", "replace")
    if "json" not in found.kind:
        return {unquote(urlsplit(link).path).rpartition("/")[2]: link for link in _files(page, project)}
    try:
        files = json.loads(page)["files"]
        return {str(one["filename"]): str(one["url"]) for one in files}
    except (ValueError, KeyError, TypeError):
        return {}


def ended(completed: Completed, words: str) -> Problem:
    """Return the problem with a command that was ended: it stood still, or all its time was up."""
    stalled = completed.stalled
    if stalled is None:
        why = text("network.words", words=words) if words else None
        return problem("PV329", why=why, hints=hints("PV329"), after_seconds=completed.seconds)
    key = "PV316.why" if stalled.peers else "PV316.why_nobody"
    why = text(key, received_bytes=stalled.received, peers=", ".join(stalled.peers[:3]))
    what = text("PV316.stall", after_seconds=stalled.seconds)
    return Problem("PV316", what, why=why, hints=hints("PV316"))


def exit_of(first: Problem) -> int:
    """Return the exit code of a failure with this problem: a login that is missing has its own."""
    return Exit.DENIED if first.code in DENIED else Exit.FAILED


def _files(page: str, project: str) -> Iterator[str]:
    for link in LINK.findall(page):
        name = unquote(urlsplit(html.unescape(link)).path).rpartition("/")[2]
        if FILE.search(name) and (
            not project or canonicalize_name(name).startswith(canonicalize_name(project))
        ):
            yield html.unescape(link)
