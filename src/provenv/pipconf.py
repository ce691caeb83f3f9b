"""pip's own configuration, read with the standard library alone (the launcher uses it too).

Sources and their order are pip's: `pip/_internal/configuration.py` (files and
variables) and `pip/_internal/cli/parser.py` (sections, how values are split).
"""

from __future__ import annotations

import configparser
import hashlib
import locale
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from . import pip_sources
from .errors import Failure, Hint, Place, Problem, problem, text, verbatim
from .pip_sources import HIDDEN

TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})
FALSE = frozenset({"n", "no", "f", "false", "off", "0"})
BARE = re.compile(r"[^\s/@:]+:[^\s/]*@[\w.-]+(:\d+)?/?")
URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)


@dataclass(frozen=True)
class PipConfiguration:
    """What pip would use on this machine; the later of pip's sources wins, as in pip.

    URLs may carry credentials here; `redacted` returns a copy without them.
    `origins` tells for each option the file or variable that set it; `files` are those that were read.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    pre: bool = False
    prefer_binary: bool = False
    trusted_hosts: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: float | None = None
    retries: int | None = None
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    keyring_provider: str | None = None
    files: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


def read(
    environment: Mapping[str, str],
    *,
    prefix: str | None = None,
    home: str | None = None,
    system: str = sys.platform,
    root: str = "/",
    command: str = "install",
) -> PipConfiguration:
    """Return what `pip COMMAND` would use with these environment variables.

    `prefix` is the interpreter's (`sys.prefix`), whose own `pip.conf` counts;
    `home` and `root` move the user's and the machine's folders; `system` is a
    `sys.platform`. Raises Failure PV250-PV253 with file and line for what pip
    could not use either: a broken file, an unreadable one, a value of the wrong kind.
    """
    files = pip_sources.files(environment, prefix=prefix, home_folder=home, system=system, root=root)
    read_files = []
    merged: dict[tuple[str, str], tuple[str, str]] = {}
    for path in map(Path, files):
        values = _read_file(path)
        if values is not None:
            read_files.append(str(path))
            merged.update({place: (value, str(path)) for place, value in values.items()})
    options: dict[str, tuple[str, str]] = {}
    for section in ("global", command):
        options.update(
            {name: entry for (there, name), entry in merged.items() if there == section and entry[0]}
        )
    options.update(_variables(environment))
    return _complete(options, tuple(read_files))


def redact(url: str) -> str:
    """Return the URL (or any words that hold URLs) without user names and passwords.

    A proxy may be written without a scheme: `user:password@host:port` alone is one, too.
    """
    if BARE.fullmatch(url.strip()):
        return f"{HIDDEN}@{url.strip().rpartition('@')[2]}"

    def hide(match: re.Match[str]) -> str:
        try:
            parts = urlsplit(match[0])
        except ValueError:
            return HIDDEN
        if "@" not in parts.netloc or parts.netloc.startswith("git@"):
            return match[0]
        return urlunsplit(parts._replace(netloc=f"{HIDDEN}@{parts.netloc.rpartition('@')[2]}"))

    return URL.sub(hide, url)


def redacted(configuration: PipConfiguration) -> PipConfiguration:
    """Return a copy that can be shown: no user names, no passwords."""
    return replace(
        configuration,
        index_url=redact(configuration.index_url) if configuration.index_url else None,
        extra_index_urls=tuple(map(redact, configuration.extra_index_urls)),
        find_links=tuple(map(redact, configuration.find_links)),
        constraints=tuple(map(redact, configuration.constraints)),
        proxy=redact(configuration.proxy) if configuration.proxy else None,
    )


def digest(configuration: PipConfiguration) -> str:
    """Return a sha256 over everything that decides what is installed; where it was written does not count."""
    deciding = replace(configuration, files=(), origins={})
    contents = [f"{path}\0{_content(path)}" for path in configuration.constraints]
    return hashlib.sha256("\0".join([repr(deciding), *contents]).encode()).hexdigest()


def decided(environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the digest of what pip would use with these variables, and the constraints' files in it."""
    configuration = read(environment)
    return digest(configuration), configuration.constraints


def _content(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _read_file(path: Path) -> dict[tuple[str, str], str] | None:
    """Return section and option -> value, or None where there is no such file."""
    parser = configparser.RawConfigParser()
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise Failure(
            problem(
                "PV251", where=Place(str(path)), path=str(path), why=verbatim(error.strerror or str(error))
            )
        ) from error
    encoding = locale.getpreferredencoding(False)
    try:
        words = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Failure(
            problem("PV252", where=Place(str(path)), path=str(path), encoding=encoding, position=error.start)
        ) from error
    try:
        parser.read_string(words, str(path))
    except configparser.Error as error:
        raise Failure(_broken(path, words, error)) from error
    return {
        (section, _normal(option)): value or ""
        for section in parser.sections()
        for option, value in parser.items(section)
    }


def _broken(path: Path, words: str, error: configparser.Error) -> Problem:
    number = getattr(error, "lineno", None)
    errors = getattr(error, "errors", None)
    if errors:
        number = errors[0][0]
    lines = words.splitlines()
    source = lines[number - 1] if number and number <= len(lines) else None
    where = Place(str(path), number, 1 if source else None, source, len(source or "") or 1)
    return problem(
        "PV250",
        where=where,
        path=str(path),
        why=text("PV250.why"),
        hints=(Hint(text("PV250.hint"), "python3 -m pip config debug"),),
    )


def _normal(option: str) -> str:
    option = option.lower().replace("_", "-")
    return option[2:] if option.startswith("--") else option


def _variables(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {_normal(name[4:]): (value, name) for name, value in pip_sources.variables(environment)}


def _complete(options: Mapping[str, tuple[str, str]], files: tuple[str, ...]) -> PipConfiguration:
    """Return the values with their kinds; all that have the wrong kind are reported at once."""
    mistakes: list[Problem] = []

    def one(name: str) -> str | None:
        return options[name][0].strip() if name in options else None

    def many(name: str) -> tuple[str, ...]:
        return tuple(options[name][0].split()) if name in options else ()

    def formats(name: str) -> tuple[str, ...]:
        return tuple(part for part in re.split(r"[\s,]+", one(name) or "") if part)

    def flag(name: str) -> bool:
        words = (one(name) or "no").lower()
        if words not in TRUE | FALSE:
            mistakes.append(_wrong(name, *options[name], "pipconf.kind.boolean"))
        return words in TRUE

    def number(name: str) -> float | None:
        words = one(name)
        try:
            return float(words) if words is not None else None
        except ValueError:
            mistakes.append(_wrong(name, *options[name], "pipconf.kind.number"))
            return None

    retries = number("retries")
    configuration = PipConfiguration(
        index_url=one("index-url") or one("pypi-url"),
        extra_index_urls=many("extra-index-url"),
        find_links=tuple(_expanded(many("find-links"))),
        no_index=flag("no-index"),
        pre=flag("pre"),
        prefer_binary=flag("prefer-binary"),
        trusted_hosts=many("trusted-host"),
        constraints=many("constraint"),
        cert=_path(one("cert")),
        client_cert=_path(one("client-cert")),
        proxy=one("proxy"),
        timeout=number("default-timeout") if "timeout" not in options else number("timeout"),
        retries=None if retries is None else int(retries),
        no_binary=formats("no-binary"),
        only_binary=formats("only-binary"),
        keyring_provider=one("keyring-provider"),
        files=files,
        origins={name: origin for name, (_, origin) in sorted(options.items())},
    )
    if mistakes:
        raise Failure(*mistakes)
    return configuration


def _expanded(links: Sequence[str]) -> Iterator[str]:
    for link in links:
        whole = os.path.expanduser(link)
        yield whole if link.startswith("~") and os.path.exists(whole) else link


def _path(words: str | None) -> str | None:
    return os.path.expanduser(words) if words else None


def _wrong(name: str, value: str, origin: str, kind: str) -> Problem:
    where = Place(origin) if os.sep in origin else None
    return problem(
        "PV253", where=where, option=name, origin=origin, value=redact(value.strip()), why=text(kind)
    )
