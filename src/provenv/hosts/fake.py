"""A Host for tests, ours and other people's: scripted answers, files in memory, every call recorded."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import Failure, problem
from ..model.channel import Completed, Patience


@dataclass(frozen=True)
class Call:
    """One command that was run on a FakeHost, with all that was handed over."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    environment: Mapping[str, str] | None = None
    folder: str | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Hang:
    """The answer of a command that never ends: it prints `stdout` and is ended when its limit is over."""

    stdout: bytes = b""


Reply = Completed | Hang | BaseException | str | bytes | int | Callable[[Call], Completed]
"""What a scripted command does: end as told, hang, raise, print text, end with a code, or compute."""


@dataclass
class Answer:
    """A reply to commands that begin with `match` (a prefix of argv) or whose line it finds (a pattern).

    It is used up after `times` calls; None: never.
    """

    match: Sequence[str] | re.Pattern[str]
    reply: Reply
    times: int | None = None

    def fits(self, argv: tuple[str, ...]) -> bool:
        """Tell whether this answer is for `argv` and not used up."""
        if self.times == 0:
            return False
        if isinstance(self.match, re.Pattern):
            return self.match.search(shlex.join(argv)) is not None
        prefix = (self.match,) if isinstance(self.match, str) else tuple(self.match)
        return argv[: len(prefix)] == prefix


class HungWithoutLimit(AssertionError):
    """A command that hangs was run without a limit: a real program would have waited for ever."""


@dataclass
class FakeHost:
    """A place that is a script. Answers are tried in order; a command that none fits is not found (PV801).

    `files` maps paths to contents and takes what is `put`; `modes` holds their modes;
    `calls` is what was run; `unreachable` makes everything fail with PV807.
    """

    answers: list[Answer] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    modes: dict[str, int] = field(default_factory=dict)
    unreachable: bool = False
    calls: list[Call] = field(default_factory=list)
    name: str = "fake"

    @classmethod
    def of(cls, *answers: tuple[Sequence[str] | re.Pattern[str], Reply]) -> FakeHost:
        """Return a host that gives these replies, each as often as it is asked."""
        return cls([Answer(match, reply) for match, reply in answers])

    def exec(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        limit: float | None = None,
        patience: Patience | None = None,
        on_stdout: Callable[[str], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> Completed:
        """Record the call and give the first answer that fits (see model.channel.Host).

        Raises Failure (PV801, PV807), HungWithoutLimit, or what the answer is told to raise.
        """
        call = Call(tuple(argv), stdin, environment, folder, limit)
        self.calls.append(call)
        self._reach()
        for answer in self.answers:
            if answer.fits(call.argv):
                answer.times = None if answer.times is None else answer.times - 1
                completed = _perform(answer.reply, call)
                _tell(completed.out, on_stdout)
                _tell(completed.err, on_stderr)
                return completed
        raise Failure(problem("PV801", program=argv[0]))

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        """Keep the file. Raises Failure PV807 on a host that is unreachable."""
        self._reach()
        self.files[path] = content
        self.modes[path] = mode

    def get(self, path: str) -> bytes:
        """Return a file that was given or put. Raises FileNotFoundError, or Failure PV807."""
        self._reach()
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def _reach(self) -> None:
        if self.unreachable:
            raise Failure(problem("PV807", host=self.name))


def _perform(reply: Reply, call: Call) -> Completed:
    if isinstance(reply, Completed):
        return Completed(call.argv, reply.code, reply.stdout, reply.stderr, reply.seconds, reply.timed_out)
    if isinstance(reply, BaseException):
        raise reply
    if isinstance(reply, Hang):
        if call.limit is None:
            raise HungWithoutLimit(shlex.join(call.argv))
        return Completed(call.argv, -15, reply.stdout, b"", call.limit, timed_out=True)
    if isinstance(reply, int):
        return Completed(call.argv, reply)
    if isinstance(reply, (str, bytes)):
        return Completed(call.argv, 0, reply.encode() if isinstance(reply, str) else reply)
    return reply(call)


def _tell(output: str, callback: Callable[[str], None] | None) -> None:
    lines: Iterable[str] = output.split("\n")[:-1] if output.endswith("\n") else output.split("\n")
    if callback is not None and output:
        for line in lines:
            callback(line.removesuffix("\r"))
