"""Mirrors that were tried: what was asked, how it was reached, and how they compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..errors import Problem, Text

State = Literal[
    "reached",  # the answer came
    "absent",  # there is no such thing there (404, 410)
    "login",  # it wants a login, or refuses ours (401, 403)
    "status",  # another refusal
    "unresolved",  # the name has no address
    "refused",  # nobody listens, or there is no way there
    "timeout",  # no answer in time
    "certificate",  # TLS: a certificate that is not trusted, or no TLS at all
    "proxy",  # the proxy refuses, or cannot be reached
    "broken",  # what came is no answer
]

Cause = Literal[
    "",
    "date",  # a certificate that is no longer, or not yet, valid
    "host",  # a certificate of another host
    "plain",  # an answer without TLS where TLS was asked for
    "circle",  # redirects without end
    "login",  # a proxy that wants a login
    "slow",  # next to nothing came
    "short",  # an answer that ends before its end
]


@dataclass(frozen=True)
class Reached:
    """How one address answered. Times are seconds since the request began; `rate` is bytes a second.

    `body` is a sample, at most as long as was asked for; `whole` says that it is everything.
    `kind` is its content type. `detail` is what the system said, without credentials; `cause` tells
    more of a state where more is known; `retry_after` is what the server asked for, in seconds.
    `ahead` is how many seconds this machine's clock is ahead of the server's (RFC 9110 section 6.6.1).
    """

    state: State
    status: int = 0
    first_byte: float | None = None
    seconds: float | None = None
    body: bytes = b""
    whole: bool = False
    final: str = ""
    detail: str = ""
    kind: str = ""
    cause: Cause = ""
    retry_after: float | None = None
    ahead: float | None = None

    @property
    def rate(self) -> float | None:
        """Return bytes a second from the request to the sample's end, None where too little came to tell."""
        if not self.seconds or len(self.body) < 1 << 14:
            return None
        return len(self.body) / self.seconds


@dataclass(frozen=True)
class Trial:
    """One mirror of one kind, as it was tried.

    `origin` says whose it is: a `preset`, or the present configuration (`file`,
    `requirements`, `uv`, `pip`, `system`) or what is used without any (`default`).
    `address` has no credentials. `first_byte` and `seconds` are seconds, `rate`
    bytes a second. `newest` is the newest version that it serves of the reference
    project (for apt the date of its index), `fresh` whether no other has a newer one.
    """

    kind: str
    name: str
    origin: Literal["preset", "file", "requirements", "uv", "pip", "system", "default"]
    address: str
    state: State
    status: int = 0
    first_byte: float | None = None
    seconds: float | None = None
    rate: float | None = None
    newest: str = ""
    fresh: bool | None = None
    used: bool = False
    detail: str = ""


@dataclass(frozen=True)
class MirrorResult:
    """`mirrors`: what was tried, best first for each kind, and what was written by `--use`."""

    trials: tuple[Trial, ...]
    limit: float
    path: str = ""
    written: tuple[str, ...] = ()
    proxy: str = ""
    why: tuple[Text, ...] = ()
    findings: tuple[Problem, ...] = ()
