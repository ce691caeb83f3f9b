"""The hosts of an ssh target: `[user@]host[:port]`, with ranges as Slurm and pdsh write them.

`node[01-16,20].cluster` are seventeen hosts; a range keeps the leading zeros of its first number.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import product

from ..model.fleet import Address, SshOptions
from ..model.spec import Spec, Target

MOST = 10_000
"""So many hosts a target may have."""

_RANGE = re.compile(r"\[(\d{1,9}(?:-\d{1,9})?(?:,\d{1,9}(?:-\d{1,9})?)*)\]")
# an alias of the user's configuration may be called almost anything; what a shell or ssh itself would read
# as something else is left out (OpenSSH's ssh.c, valid_hostname)
_NO = r"\s\x00-\x1f\x7f@:/\[\]'\"`$\\;&<>|(){},#!*?"
_HOST = re.compile(rf"(?=.*\w)[^{_NO}-][^{_NO}]*")
_USER = re.compile(rf"[^{_NO}-][^{_NO}]*")
_FOLDER = re.compile(r"(?:~|(?:~/|/)[^\x00-\x1f\x7f]*)")
LONGEST = 255


class NotAHost(ValueError):
    """Words that are no host; `why` is the key of the reason's words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read_hosts(words: str) -> tuple[Address, ...]:
    """Return the hosts that one entry means, its ranges expanded. Raises NotAHost."""
    return tuple(read_address(one) for one in _expanded(words))


def read_address(words: str) -> Address:
    """Return the host that `[user@]host[:port]` means. Raises NotAHost."""
    if words.startswith("-"):
        raise NotAHost("spec.bad.host_option")
    if "://" in words:
        raise NotAHost("spec.bad.host_address")
    user, at, rest = words.rpartition("@")
    if at and ":" in user:
        raise NotAHost("spec.bad.host_password")
    if at and _USER.fullmatch(user) is None:
        raise NotAHost("spec.bad.host")
    host, port = _split(rest)
    return Address(words, user, host, port)


def _split(words: str) -> tuple[str, int | None]:
    """Return host and port of `host`, `host:port`, `[address]:port` or a bare IPv6 address."""
    if words.startswith("["):
        address, bracket, behind = words[1:].partition("]")
        if not bracket or not _is_v6(address) or (behind and not behind.startswith(":")):
            raise NotAHost("spec.bad.host")
        return address, _port(behind[1:]) if behind else None
    if _is_v6(words):
        return words, None
    host, colon, port = words.partition(":")
    if _HOST.fullmatch(host) is None or len(host) > LONGEST:
        raise NotAHost(_why(host))
    return host, _port(port) if colon else None


def _why(host: str) -> str:
    if host.startswith("-"):
        return "spec.bad.host_option"
    return "spec.bad.host_range" if "[" in host or "]" in host else "spec.bad.host"


def _is_v6(words: str) -> bool:
    try:
        return isinstance(ipaddress.ip_address(words), ipaddress.IPv6Address)
    except ValueError:
        return False


def _port(words: str) -> int:
    if not (words.isascii() and words.isdigit() and len(words) < 6 and 0 < int(words) < 65536):
        raise NotAHost("spec.bad.host_port")
    return int(words)


def _expanded(words: str) -> Iterator[str]:
    """Yield what an entry means; one without a range is itself."""
    pieces = _RANGE.split(words)
    ranges = [_numbers(one) for one in pieces[1::2]]
    count = 1
    for one in ranges:
        count *= sum(high - low + 1 for low, high, _ in one)
        if count > MOST:
            raise NotAHost("spec.bad.host_many")
    fixed = pieces[::2]
    for chosen in product(*map(_told, ranges)):
        yield "".join(part for pair in zip(fixed, (*chosen, ""), strict=True) for part in pair)


def _numbers(words: str) -> list[tuple[int, int, int]]:
    """Return first number, last number and width of each part of a range."""
    found = []
    for part in words.split(","):
        low, _, high = part.partition("-")
        if int(high or low) < int(low):
            raise NotAHost("spec.bad.host_range")
        found.append((int(low), int(high or low), len(low)))
    return found


def _told(found: list[tuple[int, int, int]]) -> list[str]:
    return [f"{number:0{width}d}" for low, high, width in found for number in range(low, high + 1)]


def read_folder(words: str) -> str:
    """Return a folder on a host: absolute, or below the user's home. Raises ValueError for anything else."""
    if _FOLDER.fullmatch(words) is None or ".." in words.split("/"):
        raise ValueError(words)
    return words.rstrip("/") or "/"


def ssh_options(spec: Spec, target: Target) -> SshOptions:
    """Return what `[target.NAME]` says of its hosts; `target.options` were validated by the schema."""
    said = target.options.get("hosts") or ()
    entries = tuple(map(str, said)) if isinstance(said, (list, tuple)) else ()
    hosts = tuple(address for entry in entries for address in read_hosts(entry))
    folder = target.options.get("folder")
    code = target.options.get("code") or ()
    return SshOptions(
        hosts,
        read_folder(str(folder or f"~/.local/share/provenv/{spec.name}")),
        tuple(map(str, code)) if isinstance(code, (list, tuple)) else (),
    )
