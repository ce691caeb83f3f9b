"""What uv says when it fails, as a problem with its cause and a remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence

from packaging.utils import canonicalize_name

from ...errors import Failure, Hint, Place, Problem, problem, text, verbatim
from ...model.channel import Completed
from ...model.spec import Requirement
from ...pipconf import redact
from .answers import ANSWERS, ended, exit_of, hints
from .git import unfetched

# in order: the first that is found in uv's words names the cause
CAUSES: tuple[tuple[str, str], ...] = (
    ("PV357", r"Hash mismatch|no hashes were provided or computed"),
    ("PV345", r"network was disabled|not found in the cache|[Nn]etwork connectivity is disabled"),
    ("PV325", r"\b407 \w|\(407\b|proxy authorization"),
    ("PV354", r"tunnel error|proxy connect|unsuccessful tunnel|socks connect"),
    ("PV350", r"dns error|error resolving DNS|failed to lookup address"),
    (
        "PV317",
        r"invalid peer certificate: (?:Expired|certificate expired|NotValidYet|certificate not valid yet)",
    ),
    ("PV318", r"invalid peer certificate: (?:NotValidForName|certificate not valid for name)"),
    ("PV319", r"received corrupt message of type InvalidContentType"),
    ("PV352", r"certificate|UnknownIssuer|handshake|TLS"),
    ("PV353", r"\b40[13] (?:Unauthorized|Forbidden)|\((?:401|403)\b|lack of valid authentication"),
    ("PV355", r"timed out|operation timeout|time out"),
    (
        "PV351",
        r"Connection refused|Network is unreachable|No route to host|tcp connect error|Connection reset|"
        r"connection closed before message completed|Broken pipe",
    ),
    ("PV360", r"No space left|os error 28|Disk quota"),
    ("PV326", r"HTTP status client error \((?:404|410)\b"),
    (
        "PV315",
        r"error decoding response body|invalid HTTP version|end of file before message length|"
        r"unexpected JSON|Unsupported `Content-Type`|invalid chunk|error reading a body",
    ),
    (
        "PV327",
        r"Failed to extract archive|Failed to read from zip file|has an invalid package format|"
        r"structure of `|ZIP file contains|[Ii]nvalid Zip archive|inconsistent metadata|"
        r"Metadata .{1,80} does not match",
    ),
    ("PV356", r"HTTP status (?:server|client) error|status code|\b50[0-9] [A-Z]"),
    (
        "PV361",
        r"Distribution not found at|No such file or directory|File not found|appear to be a Python project",
    ),
    ("PV362", r"Couldn't parse requirement|Failed to parse"),
    ("PV358", r"Failed to build|build backend|Build backend|build_wheel|prepare_metadata"),
    (
        "PV341",
        r"(?P<name>[\w.-]+) was not found in the (?:package registry|provided package locations)",
    ),
    (
        "PV342",
        r"requires? Python|Python ABI tag|Python version|not satisfy Python|"
        r"no wheels with a matching (?:Python|platform)|no usable wheels",
    ),
    (
        "PV344",
        r"(?:there (?:is|are) no versions? of|Because only) (?P<name>[\w.-]+)[=<>!~]\S+ (?:and|is|are)\b",
    ),
    ("PV340", r"No solution found|unsatisfiable|conflict"),
)
NETWORK = ANSWERS | {"PV350", "PV351", "PV352", "PV353", "PV354", "PV355", "PV356"}
RESOLUTION = frozenset({"PV340", "PV341", "PV342", "PV344"})
# the name of the project whose only purpose is to bind torch's family to its source (see compiling.binding)
BINDER = "provenv-accelerator"
UNSOLVED = "error: No solution found when resolving"
NOISE = re.compile(r"warning:|Using Python|\s*(?:Resolved|Prepared|Building|Built|Downloading|Downloaded) \S")
LONGEST = 10
HEAD = 4
FETCHED = re.compile(r"(?:Failed to fetch|url|for|JSON from)[:(]? ?\(?`?(?P<url>[a-z+]+://[^\s`)]+)")
REQUIRED = re.compile(r"you require ([^,]+?)(?:,|$| we can| and you)", re.MULTILINE)


def explain_failure(completed: Completed) -> Failure:
    """Return the failure that a finished uv process stands for, with its own words as the reason."""
    first = cause(completed)
    return Failure(first, exit_code=exit_of(first))


def cause(completed: Completed, requirements: Sequence[Requirement] = ()) -> Problem:
    """Return what went wrong; `where` is the user's own line of a requirement that uv names."""
    words = _words(completed)
    if completed.timed_out:
        return ended(completed, redact(completed.err.strip()))
    flat = re.sub(r"\s+", " ", words)
    git = unfetched(words)
    if git is not None:
        where = _place(flat, requirements) or _naming(git.url, requirements)
        return Problem("PV343", git.what, where, git.why, git.hints)
    for code, pattern in CAUSES:
        match = re.search(pattern, flat)
        if match is not None:
            where = _place(flat, requirements)
            name = (match.groupdict().get("name") or "") or (_required(flat) or [""])[0]
            return problem(
                code,
                where=where,
                why=verbatim(brief(words)),
                hints=(*(hints(code) if code in ANSWERS else _hints(code)), *_extra(flat)),
                name=name,
                url=failed_url(flat) or "?",
            )
    return problem("PV359", why=verbatim(words), code=completed.code)


def brief(words: str) -> str:
    """Return uv's explanation, cause first; of a long one beginning and conclusion alone.

    That there is no solution is what the problem itself says; how uv came to
    know it over forty lines helps nobody.
    """
    if not words.startswith(UNSOLVED):
        return words
    rows = re.sub(
        r"^ {2,9}", "", words.partition("\n")[2].strip().removeprefix("cause: "), flags=re.M
    ).splitlines()
    if len(rows) <= LONGEST:
        return "\n".join(rows)
    return "\n".join([*rows[:HEAD], "  ...", *rows[-(LONGEST - HEAD - 1) :]])


def failed_url(words: str) -> str | None:
    """Return the address that uv could not fetch, without credentials."""
    match = FETCHED.search(words)
    return redact(match["url"]) if match else None


def _words(completed: Completed) -> str:
    """Return uv's own words without its warnings about this machine and without credentials."""
    heard = completed.err.replace(f"{BINDER} depends on", "you require")
    rows = [row for row in heard.strip().splitlines() if not NOISE.match(row)]
    return redact("\n".join(rows)) or redact(completed.out.strip()[-2000:]) or f"exit {completed.code}"


def _hints(code: str) -> tuple[Hint, ...]:
    commands = {"PV357": "provenv lock"}
    return (Hint(text(f"{code}.hint"), commands.get(code)),)


def _extra(words: str) -> tuple[Hint, ...]:
    yanked = re.search(r"([\w.-]+)==(\S+) was yanked", words)
    if yanked is None or f"you require {yanked[1]}==" not in words:
        return ()
    return (Hint(text("lock.yanked", name=yanked[1], version=yanked[2])),)


def _required(words: str) -> list[str]:
    """Return the names that uv says `you require`."""
    clauses = " and ".join(REQUIRED.findall(words))
    return [
        canonicalize_name(name)
        for name in re.findall(r"\b([A-Za-z][\w.-]*)(?=[\[=<>!~@ ]|$)", clauses)
        if name not in ("and", "any", "of")
    ]


def _place(words: str, requirements: Sequence[Requirement]) -> Place | None:
    """Return the user's line of a requirement that uv names: what `you require`, limits before names."""
    named = {
        requirement.name: requirement.where for requirement in reversed(requirements) if requirement.name
    }
    limited = {one.name for one in requirements if re.search(r"[=<>~]", one.text)}
    required = [name for name in _required(words) if name in named]
    for name in sorted(required, key=lambda name: name not in limited):
        return named[name]
    mentioned = [
        (match.start(), name)
        for name in named
        if (match := re.search(rf"(?<![\w.-]){re.escape(name).replace('-', '[-_.]')}(?![\w-])", words))
        is not None
    ]
    return named[min(mentioned)[1]] if mentioned else None


def _naming(url: str, requirements: Sequence[Requirement]) -> Place | None:
    """Return the line that names a repository's address, of whose package uv does not know the name yet."""
    return next((one.where for one in requirements if f"git+{url}" in one.text), None)
