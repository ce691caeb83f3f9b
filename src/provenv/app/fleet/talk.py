"""A conversation with several hosts: one script on each, which answers a line of JSON to a line of JSON."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from ...errors import Failure, Hint, problem, text
from ...hosts.process import GRACE
from ...hosts.ssh import SshChild
from ...model.channel import Host
from ...model.fleet import HostResult
from ..fleet_up.places import Place
from .each import AT_ONCE, on_each

SOURCE = Path(__file__).resolve().parent.parent.parent / "payload" / "between_agent.py"
BOOTSTRAP = "import json, sys; exec(compile(json.loads(sys.stdin.readline()), 'between_agent.py', 'exec'))"
LAST_WORDS = 2000
Answer = Mapping[str, Any]
T = TypeVar("T")


@runtime_checkable
class Beginning(Host, Protocol):
    """A host on which a command is begun and ended apart."""

    def start(self, argv: Sequence[str]) -> SshChild:
        """Start a command whose standard input the caller writes."""

    def begin(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> SshChild:
        """Start a command; its `complete` or `end` has to be called."""


def begun_by(place: Place) -> Beginning:
    """Return the host of a place as one that begins commands. Raises TypeError where it is none."""
    if not isinstance(place.host, Beginning):
        raise TypeError(f"{place.name}: nothing can be asked of a running command on this kind of host")
    return place.host


class Talk:
    """The script on one host."""

    def __init__(self, place: Place, python: str) -> None:
        self.name, self._target, self._python = place.name, place.target, python
        self._host = host = begun_by(place)
        self._child: SshChild | None = None
        self._said, self._errors = bytearray(), bytearray()
        self._asked = False
        self._lost: Failure | None = None
        # what app.fleet.each may use of a host
        self.exec, self.put, self.get = host.exec, host.put, host.get

    def start(self) -> None:
        """Start the script. Raises Failure as the host does."""
        self._child = self._host.start([self._python, "-I", "-c", BOOTSTRAP])
        self._write(json.dumps(SOURCE.read_text("utf-8")))

    def ask(self, question: Mapping[str, object], limit: float) -> Answer:
        """Return the answer to `{"ask": what, ...}`.

        Raises Failure: PV1360 where none comes within `limit` seconds, and as hosts do; the same again for
        every later question.
        """
        if self._lost is not None:
            raise self._lost
        try:
            return self._answer(question, limit)
        except Failure as failure:
            self._lost = failure
            raise

    def _answer(self, question: Mapping[str, object], limit: float) -> Answer:
        assert self._child is not None
        self._write(json.dumps(question))
        deadline = time.monotonic() + limit
        while b"\n" not in self._said:
            channel = self._child.channel
            if channel.is_over:
                self._child.finish()
                raise self._silent("PV1360.ended", said=self._last_words())
            if not channel.step(deadline, self._take):
                raise self._silent("PV1360.late", seconds=round(limit))
        line, _, rest = bytes(self._said).partition(b"\n")
        self._said[:] = rest
        try:
            told: Answer = json.loads(line)
        except ValueError:
            raise self._silent("PV1360.ended", said=line[:LAST_WORDS].decode("utf-8", "replace")) from None
        return told

    def _write(self, line: str) -> None:
        assert self._child is not None
        with suppress(OSError):  # what ended it is told by who reads
            self._child.channel.write(line.encode() + b"\n")

    def _take(self, stream: str, piece: bytes) -> None:
        into = self._said if stream == "stdout" else self._errors
        into += piece

    def _last_words(self) -> str:
        lines = bytes(self._errors[-LAST_WORDS:]).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "-"

    def _silent(self, key: str, **args: str | int) -> Failure:
        hint = Hint(
            text("PV1360.hint"), f"provenv exec --on {self._target} --host {self.name} -- {self._python} -V"
        )
        return Failure(problem("PV1360", why=text(key, **args), hints=(hint,), host=self.name))

    def hang_up(self) -> None:
        """Say that nothing more will be asked, which ends the script by itself."""
        if self._child is not None:
            self._child.channel.close_input()

    def end(self) -> None:
        """See that the script has ended; it is ended where it does not by itself."""
        child, self._child = self._child, None
        if child is None:
            return
        over = False
        try:
            over = child.channel.pump(time.monotonic() + GRACE, _nobody)
        finally:
            if not over:
                child.end()
        with suppress(Failure):  # what broke it was told when it was asked
            child.finish()

    def close(self) -> None:
        """Have it ended from another thread, and do not wait for that. May be called again and again."""
        child = self._child
        if child is not None and child.channel.watch is not None and not self._asked:
            self._asked = True
            threading.Thread(target=child.ask_to_end, daemon=True).start()


class Conversation:
    """The scripts on all hosts, asked side by side."""

    def __init__(self, talks: Sequence[Talk], at_once: int) -> None:
        self.talks, self._at_once = tuple(talks), at_once
        self.names = tuple(one.name for one in talks)

    def each(self, act: Callable[[Talk], T]) -> tuple[HostResult[T], ...]:
        """Do something with each of the scripts, all at once, and return what came of it."""
        talks = {one.name: one for one in self.talks}

        def with_talk(name: str, _: Host) -> T:
            return act(talks[name])

        return on_each(tuple(talks.items()), with_talk, at_once=self._at_once)

    def ask(
        self, questions: Mapping[str, Mapping[str, object]], limit: float
    ) -> dict[str, HostResult[Answer]]:
        """Ask each host that has a question, all at once; return what each answered, or its problem."""
        talks = {one.name: one for one in self.talks if one.name in questions}

        def act(name: str, _: Host) -> Answer:
            return talks[name].ask(questions[name], limit)

        found = on_each(tuple(talks.items()), act, at_once=max(self._at_once, len(talks)))
        return {one.host: one for one in found}


@contextmanager
def conversation(
    places: Sequence[Place], number: int | None, at_once: int = AT_ONCE
) -> Iterator[Conversation]:
    """Yield a conversation with the hosts, all of which have begun; end their scripts in any case.

    They are run by the interpreter of generation `number`, or by `python3`. Raises Failure with a problem for
    every host on which it does not begin.
    """
    talks = [Talk(one, "python3" if number is None else one.python(number)) for one in places]
    by_name = {one.name: one for one in talks}

    def begin(name: str, _: Host) -> None:
        by_name[name].start()

    def finish(name: str, _: Host) -> None:
        by_name[name].end()

    with ExitStack() as stack:
        stack.callback(on_each, tuple(by_name.items()), finish, at_once=max(at_once, len(talks)))
        for one in talks:
            stack.callback(one.hang_up)
        begun = on_each(tuple(by_name.items()), begin, at_once=at_once)
        if missing := [one.problem for one in begun if one.problem is not None]:
            raise Failure(*missing)
        yield Conversation(talks, at_once)


def _nobody(stream: str, piece: bytes) -> None:
    """Take what a script prints that is not asked any more."""
