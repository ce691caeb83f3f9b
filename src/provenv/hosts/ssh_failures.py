"""Why a host could not be reached, told from OpenSSH's words: it has no codes, and never translates them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Exit, Failure, Hint, Place, Problem, Text, problem, text, verbatim
from .ssh_settings import Settings

LONGEST_WORDS = 600


@dataclass(frozen=True)
class About:
    """The host that a failure is about: its name here, the words that reach it, its configuration."""

    name: str
    command: tuple[str, ...]
    settings: Settings | None = None

    def line(self, *words: str) -> str:
        """Return a command line that a person can run: options go before the destination."""
        return shlex.join((self.command[0], *words, *self.command[1:]))


Tell = Callable[[re.Match[str], str, About], Problem]


def told(words: str, about: About) -> Failure:
    """Return the failure that ssh's words describe; PV807 with the words themselves where none is known."""
    words = words.replace("\r", "")
    if _came_by_a_jump(words, about):
        return Failure(_jump(words, about))
    for pattern, tell in _TELLERS:
        match = pattern.search(words)
        if match is not None:
            denied = tell in (_denied, _too_many_tries, _key_file, _configuration_owner)
            return Failure(tell(match, words, about), exit_code=Exit.DENIED if denied else Exit.FAILED)
    hints = (Hint(command=about.line("-v") + " true"),)
    return Failure(problem("PV807", host=about.name, why=_why(words), hints=hints))


def no_answer(about: About, seconds: float) -> Failure:
    """Return the failure of a host that let the time go by before a command had begun."""
    hints = (Hint(command=about.line("-v") + " true"),)
    return Failure(problem("PV1287", host=about.name, seconds=round(seconds, 1), hints=hints))


def lost(words: str, about: About, program: str) -> Failure:
    """Return the failure of a connection that ended before the command did."""
    why = _why(words) if words.strip() else text("PV1281.why")
    return Failure(problem("PV1281", host=about.name, program=program, why=why, hints=_try(about)))


def no_shell(words: str, about: About, code: int) -> Failure:
    """Return the failure of a login that ran something else than the line it was given."""
    why = _why(words) if words.strip() else text("PV1282.why", code=code)
    hints = (Hint(text("PV1282.hint"), about.line() + " /bin/sh -c true"),)
    return Failure(problem("PV1282", host=about.name, why=why, hints=hints))


def _came_by_a_jump(words: str, about: About) -> bool:
    """Tell whether it was the way there that failed: ssh then knows neither address nor port of its peer."""
    if not (about.settings is None or about.settings.is_proxied):
        return False
    return (
        re.search(r"UNKNOWN port 65535|stdio forwarding failed|^channel 0: open failed: ", words, re.M)
        is not None
    )


def _jump(words: str, about: About) -> Problem:
    jump = about.settings.jump if about.settings is not None else ""
    kept = [
        line
        for line in words.splitlines()
        if line.strip()
        and not re.search(
            r"UNKNOWN port 65535|^kex_exchange_identification|^stdio forwarding failed|^banner exchange", line
        )
    ]
    why = _why("\n".join(kept)) if kept else text("PV1279.why")
    # the last of several is next to the host; the first is what can be tried from here
    first = jump.split(",")[0]
    hints = (Hint(command=f"{shlex.join(_destination(first))} true"),) if first else ()
    return problem("PV1279", host=about.name, jump=jump or "ProxyCommand", why=why, hints=hints)


def _destination(jump: str) -> tuple[str, ...]:
    match = re.fullmatch(r"(?P<host>.+):(?P<port>\d+)", jump)
    if match is None or (":" in match["host"] and not match["host"].endswith("]")):
        return ("ssh", jump)
    return ("ssh", "-p", match["port"], match["host"].replace("[", "").replace("]", ""))


def _unresolved(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (
        Hint(text("PV1271.hint"), f"{about.line('-G')} | grep -i ^hostname"),
        Hint(command=f"getent hosts {shlex.quote(match['name'])}"),
    )
    why = verbatim(match["why"].strip())
    return problem("PV1271", host=about.name, name=match["name"], why=why, hints=hints)


def _refused(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1272.hint")), Hint(command=about.line("-v") + " true"))
    return problem("PV1272", host=about.name, address=match["name"], port=match["port"], hints=hints)


def _late(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1273.hint")), Hint(command=about.line("-v") + " true"))
    return problem("PV1273", host=about.name, why=verbatim(match[0].strip()), hints=hints)


def _no_route(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1274.hint"), f"ip route get {shlex.quote(match['name'])}"),)
    return problem("PV1274", host=about.name, why=verbatim(match[0].strip()), hints=hints)


def _changed(match: re.Match[str], words: str, about: About) -> Problem:
    offending = re.search(r"^Offending (?:\S+ )?key in (?P<file>.+):(?P<line>\d+)\s*$", words, re.M)
    found = re.search(r"(?P<print>(?:SHA256|MD5):\S+?)\.?\s*$", words, re.M)
    known = about.settings.known_as if about.settings is not None else about.name
    where = None if offending is None else Place(offending["file"], int(offending["line"]))
    keygen = ["ssh-keygen", *(() if offending is None else ("-f", offending["file"])), "-R", known]
    hints = (
        Hint(text("PV1275.hint_ask", host=about.name)),
        Hint(text("PV1275.hint_remove"), shlex.join(keygen)),
    )
    why = text("PV1275.why", fingerprint=found["print"] if found else "?")
    return problem("PV1275", where=where, host=about.name, why=why, hints=hints)


def _revoked(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1275.hint_ask", host=about.name)),)
    return problem("PV1275", host=about.name, why=text("PV1275.revoked"), hints=hints)


def _unknown_key(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1276.hint"), about.line() + " true"),)
    return problem("PV1276", host=about.name, why=text("PV1276.why"), hints=hints)


def _denied(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (
        Hint(text("PV1277.hint_key"), "ssh-add -l"),
        Hint(text("PV1277.hint_try"), about.line("-v") + " true"),
    )
    why = text(
        "PV1277.why", user=match["user"] or about.command[-1], methods=match["methods"].replace(",", ", ")
    )
    return problem("PV1277", host=about.name, why=why, hints=hints)


def _too_many_tries(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1277.hint_many"), "ssh-add -l"),)
    return problem("PV1277", host=about.name, why=verbatim(match[0].strip()), hints=hints)


def _key_file(match: re.Match[str], words: str, about: About) -> Problem:
    said = re.search(r"^Permissions (?P<mode>\d+) for '(?P<file>.+)' are too open", words, re.M)
    file = said["file"] if said else "~/.ssh/id_*"
    why = text("PV1278.why", mode=said["mode"] if said else "?")
    hints = (Hint(command=f"chmod 600 {shlex.quote(file) if said else file}"),)
    return problem("PV1278", host=about.name, path=file, why=why, hints=hints)


def _protocol(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1280.hint"), about.line("-v") + " true"),)
    return problem("PV1280", host=about.name, why=verbatim(match[0].strip()), hints=hints)


def _configuration(match: re.Match[str], words: str, about: About) -> Problem:
    where = Place(match["file"], int(match["line"])) if match.groupdict().get("file") else None
    return problem("PV1285", where=where, host=about.name, why=_why(words))


def _configuration_owner(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(command=f"chmod 600 {shlex.quote(match['file'])}"),)
    return problem("PV1285", host=about.name, why=verbatim(match[0].strip()), hints=hints)


def _closed_early(match: re.Match[str], words: str, about: About) -> Problem:
    hints = (Hint(text("PV1286.hint")), Hint(command=about.line("-v") + " true"))
    return problem("PV1286", host=about.name, why=verbatim(match[0].strip()), hints=hints)


def _try(about: About) -> tuple[Hint, ...]:
    return (Hint(command=about.line() + " true"),)


def _why(words: str) -> Text:
    """Return the last of what was said: ssh ends with the error."""
    return verbatim(words.strip()[-LONGEST_WORDS:])


_AT = r"^ssh: connect to host (?P<name>\S+) port (?P<port>\d+): "
_TELLERS: tuple[tuple[re.Pattern[str], Tell], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), tell)
    for pattern, tell in (
        (
            r"^(?P<file>.+?):? line (?P<line>\d+): (?:Bad configuration option|.*)(?=[\s\S]*terminating, )",
            _configuration,
        ),
        (r"terminating, \d+ bad configuration options", _configuration),
        (r"^Bad owner or permissions on (?P<file>.+?)\s*$", _configuration_owner),
        (r"Could not resolve hostname (?P<name>\S+?): (?P<why>.*)", _unresolved),
        (r"REMOTE HOST IDENTIFICATION HAS CHANGED", _changed),
        (r"REVOKED HOST KEY DETECTED", _revoked),
        (r"^(?:No \S+ host key is known for|Host key verification failed)", _unknown_key),
        (r"UNPROTECTED PRIVATE KEY FILE(?=[\s\S]*Permission denied)", _key_file),
        (r"^(?:(?P<user>\S+)@\S+: )?Permission denied \((?P<methods>[^)]*)\)", _denied),
        (r"^.*Too many authentication failures.*$", _too_many_tries),
        (r"^Unable to negotiate with .*$|^.*[Pp]rotocol major versions differ.*$", _protocol),
        (
            r"^.*(?:no matching \S+ .*found|Bad remote protocol version identification|"
            r"invalid characters in remote|banner line contains invalid characters).*$",
            _protocol,
        ),
        (_AT + r"Connection refused.*$", _refused),
        (_AT + r"(?:No route to host|Network is unreachable|Host is down).*$", _no_route),
        (_AT + r"(?:Connection|Operation) timed out.*$", _late),
        (r"^.*(?:timed out during banner exchange|Timeout, server \S+ not responding).*$", _late),
        (r"^(?:kex_exchange_identification|ssh_exchange_identification|banner exchange): .*$", _closed_early),
        (r"^Connection (?:closed|reset) by (?!UNKNOWN).*$", _closed_early),
    )
)
