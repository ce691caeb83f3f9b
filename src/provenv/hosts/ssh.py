"""A host behind the user's own OpenSSH client: commands in a shell there, files through them."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from ..errors import Exit, Failure, Problem, problem, text
from ..model.channel import Completed, Patience
from . import ssh_wrapper
from .process import GRACE, Lines
from .ssh_channel import Channel, Stream, Take
from .ssh_connection import Connection
from .ssh_failures import lost, no_answer, no_shell, told
from .ssh_files import GET, MISSING, PUT, beside, missing, refused_there, shell
from .ssh_tokens import make_mark

ASK_LIMIT = 20.0
"""Seconds for the call that has a command ended, to a host that is heard of; less to one that is silent.
Without that call the command ends by itself, as nobody listens any more."""
END_LIMIT = 30.0
"""Seconds in which a command and its children are ended there: the watch looks through all of a busy host's
processes again and again, and is heard of meanwhile."""
TERMINATED = 128 + 15
CONNECTION_FAILED = 255
"""What ssh itself returns for every failure of its own."""


class SshChild:
    """A command that was begun on a host; `complete` or `end` has to be called."""

    def __init__(
        self,
        connection: Connection,
        argv: Sequence[str],
        environment: Mapping[str, str] | None,
        folder: str | None,
        *,
        has_input: bool,
        deadline: float | None = None,
    ) -> None:
        self._connection = connection
        self._argv = tuple(argv)
        self._folder = folder
        self._began = time.monotonic()
        mark = make_mark()
        self.script = ssh_wrapper.script(mark, argv, environment, folder, has_input=has_input)
        remote = ssh_wrapper.line(
            len(self.script), has_input=has_input, has_environment=environment is not None
        )
        words, self._log = connection.call(remote, deadline)
        self.channel = Channel(words, connection.environment, mark)

    def complete(
        self,
        limit: float | None,
        on_stdout: Callable[[str], None] | None,
        on_stderr: Callable[[str], None] | None,
        patience: Patience | None = None,
    ) -> Completed:
        """Drain the command until it ends or `limit` seconds are over; it never outlives this call.

        Of `patience` only `total` counts: nobody here sees what it receives. Callbacks run in the
        caller's thread. An exception (Ctrl-C, a callback's error) ends the command before it goes on.
        """
        outputs = {"stdout": Lines(on_stdout), "stderr": Lines(on_stderr)}

        def take(name: Stream, piece: bytes) -> None:
            outputs[name].feed(piece)

        limits = [one for one in (limit, patience.total if patience else None) if one is not None]
        finished = False
        try:
            finished = self.channel.pump(self._began + min(limits) if limits else None, take)
        finally:
            if not finished:
                self.end(take)
        self.finish(timed_out=not finished)
        code = self.channel.code
        seconds = time.monotonic() - self._began
        return Completed(
            self._argv,
            TERMINATED if code is None else code,
            outputs["stdout"].close(),
            outputs["stderr"].close(),
            seconds,
            not finished,
        )

    def end(self, take: Callable[[Stream, bytes], None] | None = None) -> None:
        """End the command and everything that it started there: politely, then hard; then the channel."""
        channel = self.channel
        take = take or _nobody
        try:
            deadline = time.monotonic() + GRACE
            while channel.watch is None and not channel.is_over:
                if not channel.step(min(deadline, channel.silent_at), take):
                    break
            is_over = channel.code is not None or channel.exit_code is not None
            if not is_over and self.ask_to_end():
                _pump_while_heard(channel, time.monotonic() + END_LIMIT, take)
        finally:
            channel.close()

    def ask_to_end(self) -> bool:
        """Have the command ended, from any thread; who completes it sees that. False if it can't be told.

        Then it ends once it notices that nobody takes its words any more: a host that hangs is not awaited.
        """
        watch = self.channel.watch
        return watch is not None and _ask(self._connection, watch, self.channel)

    def finish(self, *, timed_out: bool = False) -> None:
        """Let go of the channel. Raises Failure where the command did not begin, or was not seen to end."""
        channel = self.channel
        channel.close()
        said = self._connection.words(self._log)
        about = self._connection.about()
        if channel.refused:
            raise _refused(channel.refused, self._argv, self._folder, about.name)
        if channel.code is not None or (timed_out and channel.began):
            return
        if channel.began:
            raise lost(said, about, self._argv[0])
        if timed_out:
            raise no_answer(about, time.monotonic() - self._began)
        noise = channel.noise.decode("utf-8", "replace")
        if channel.exit_code == CONNECTION_FAILED:
            failure = told(said + noise, about)
            if failure.problems[0].code == "PV807" and self._connection.was_open:
                raise lost(said + noise, about, self._argv[0])
            raise failure
        raise no_shell(noise, about, channel.exit_code or 0)


class SshHost:
    """A host that OpenSSH's client reaches, with the user's own configuration, agents and keys.

    Host keys are always checked, nothing is ever asked for. `control` is a folder for the socket of
    the shared connection. Paths there may begin with `~/`; relative ones begin at home. `close` has to be
    called.
    """

    def __init__(
        self,
        address: str,
        *,
        port: int | None = None,
        name: str = "",
        environment: Mapping[str, str],
        control: str | None = None,
    ) -> None:
        self.name = name or address
        self._connection = Connection(address, port, self.name, environment, control)
        self._channels: weakref.WeakSet[Channel] = weakref.WeakSet()

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
        """Run a command there in a session of its own and wait for it (see model.channel.Host).

        A command that a signal ended has 128 and its number for a code. `environment` is the whole
        environment but for names that no shell can export. Of `patience` only `total` counts.
        Raises Failure: PV801 no such program there, PV802 it may not be run, PV803 no such folder, PV804
        it cannot be handed over; PV1281 the connection was lost; PV1270 to PV1287 as ssh failed.
        """
        deadline = None if limit is None else time.monotonic() + limit
        child = self._begin(argv, stdin, environment, folder, deadline)
        return child.complete(limit, on_stdout, on_stderr, patience)

    def begin(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
    ) -> SshChild:
        """Start a command there; its `complete` or `end` has to be called. Raises Failure as `exec` does."""
        return self._begin(argv, stdin, environment, folder, None)

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        """Write a file there, whole or not at all, with the folders above it; it is on the disk then.

        A symbolic link is followed, not replaced.
        Raises Failure: PV1283 no room, PV1284 not allowed, PV805 otherwise, and as `exec` does.
        """
        done = self.exec(shell(PUT, path, beside(), f"{mode:o}", str(len(content))), stdin=content)
        if done.code != 0:
            raise refused_there(done.err, self._connection.about(), path, "PV805", done.code)

    def get(self, path: str) -> bytes:
        """Return a file's content.

        Raises FileNotFoundError; Failure PV1284 or PV806 where it cannot be read, and as `exec` does.
        """
        done = self.exec(shell(GET, path))
        if done.code == MISSING:
            raise missing(path)
        if done.code != 0:
            raise refused_there(done.err, self._connection.about(), path, "PV806", done.code)
        return done.stdout

    def close(self) -> None:
        """End the connection; the next command would open another."""
        # where the user's own configuration shares the connection, its end would not be theirs
        for channel in tuple(self._channels):
            channel.cut()
        self._connection.close()

    def start(self, argv: Sequence[str]) -> SshChild:
        """Start a command whose standard input the caller writes."""
        child = SshChild(self._connection, argv, None, None, has_input=True)
        self._channels.add(child.channel)
        try:
            child.channel.write(child.script)
        except OSError:
            pass  # what ssh says of it is told when the command is finished
        except BaseException:
            child.end()
            raise
        return child

    def _begin(
        self,
        argv: Sequence[str],
        stdin: bytes,
        environment: Mapping[str, str] | None,
        folder: str | None,
        deadline: float | None,
    ) -> SshChild:
        handed = [*argv, folder or "", *(environment or {}).values()]
        if not argv or any("\0" in one for one in handed):
            shown = repr(argv[0])[1:-1] if argv else ""
            raise Failure(problem("PV804", why=text("PV804.words"), program=shown))
        child = SshChild(
            self._connection, argv, environment, folder, has_input=bool(stdin), deadline=deadline
        )
        self._channels.add(child.channel)
        child.channel.write_later(child.script + stdin)
        return child


def _nobody(name: Stream, piece: bytes) -> None:
    """Take what a command prints while it is ended and nobody wants to know."""


def _ask(connection: Connection, watch: int, asked: Channel) -> bool:
    """Tell the watch of a command to end it, by a call of its own; return whether it was told."""
    limit = time.monotonic() + ASK_LIMIT
    if asked.silent_at <= time.monotonic():
        return False
    with suppress(Failure, OSError):
        words, log = connection.call(f"kill -USR1 {watch}", min(limit, asked.silent_at))
        telling = Channel(words, connection.environment, make_mark())
        try:
            telling.close_input()
            return _pump_while_heard(telling, limit, _nobody, heard=asked) and telling.exit_code == 0
        finally:
            telling.close()
            log.unlink(missing_ok=True)
    return False


def _pump_while_heard(channel: Channel, limit: float, take: Take, *, heard: Channel | None = None) -> bool:
    """Hand on all that comes until it is over; False at `limit`, or when the host hangs, by what is heard."""
    heard = heard or channel
    while not channel.pump(until := min(limit, heard.silent_at), take):
        if until == min(limit, heard.silent_at):
            return False
    return True


def _refused(why: str, argv: Sequence[str], folder: str | None, host: str) -> Failure:
    program = argv[0]
    if why == "folder":
        return Failure(problem("PV803", why=text("PV803.why_host", host=host), folder=folder or ""))
    if why == "missing":
        return Failure(_missing(program, host))
    return Failure(
        problem("PV802", why=text("PV802.why_host", host=host), program=program), exit_code=Exit.DENIED
    )


def _missing(program: str, host: str) -> Problem:
    return problem("PV801", why=text("PV801.why_host", host=host), program=program)
