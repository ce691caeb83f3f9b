"""The command line of OpenSSH's client: which options are added to the user's own configuration, and why.

What stands here overrides the user's configuration; it is no more than what is needed to be sure
of the answer: never a prompt, no second forwarding of a port, ssh's own words in a file of their own.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from .. import environ
from ..errors import Failure, Hint, problem, text
from .ssh_settings import Settings

CONNECT_TIMEOUT = 15
"""Seconds, where the user's configuration says nothing."""
SERVER_ALIVE = 10
"""Seconds of silence after which the server is asked; three without an answer end it."""
PERSIST = 60
"""Seconds that our own shared connection stays when it is unused: also after this process was killed."""


@dataclass(frozen=True)
class Client:
    """OpenSSH's client and the host that it is called for."""

    program: str
    destination: str
    port: int | None = None

    @property
    def address(self) -> tuple[str, ...]:
        """Return the last words of a command line: port and destination."""
        return (*(() if self.port is None else ("-p", str(self.port))), "--", self.destination)

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the words by which a person calls it; `ssh` reads no option behind a destination."""
        return ("ssh", *(() if self.port is None else ("-p", str(self.port))), self.destination)

    def ask_settings(self) -> tuple[str, ...]:
        """Return the command that prints what the user's configuration says of this host."""
        return (self.program, "-G", *self.address)

    def share(self, settings: Settings, socket: str, log: str) -> tuple[str, ...]:
        """Return the command that opens a connection for others to share, and ends when it is open."""
        shared = ("-M", "-N", "-f", "-S", socket, "-o", f"ControlPersist={PERSIST}")
        return (self.program, *shared, *options(settings, log), *self.address)

    def run(self, settings: Settings, socket: str | None, log: str, remote: str) -> tuple[str, ...]:
        """Return the command that has the login shell there run the line `remote`."""
        shared = () if socket is None else ("-S", socket, "-o", "ControlMaster=no")
        return (self.program, *shared, *options(settings, log), *self.address, remote)

    def close(self, socket: str) -> tuple[str, ...]:
        """Return the command that ends the shared connection."""
        return (self.program, "-O", "exit", "-S", socket, *self.address)


def options(settings: Settings, log: str) -> tuple[str, ...]:
    """Return the options of every call."""
    said = ["BatchMode=yes", "ClearAllForwardings=yes"]
    # the words by which a failure is told are printed at INFO at the latest; a user may have QUIET
    said.append("LogLevel=INFO")
    if not settings.has_connect_timeout:
        said.append(f"ConnectTimeout={CONNECT_TIMEOUT}")
    if not settings.has_server_alive:
        said.append(f"ServerAliveInterval={SERVER_ALIVE}")
    if settings.has_remote_command:
        said.append("RemoteCommand=none")
    return ("-T", "-x", "-E", log, *(word for one in said for word in ("-o", one)))


def find_ssh(environment: Mapping[str, str]) -> str:
    """Return the path of OpenSSH's client: PROVENV_SSH, else `ssh` on PATH. Raises Failure PV1270."""
    named = environ.read(environ.PROVENV_SSH, environment) or "ssh"
    found = shutil.which(named, path=environment.get("PATH"))
    if found is None:
        raise Failure(problem("PV1270", program=named, hints=(Hint(text("PV1270.hint")),)))
    return found


def client_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of ssh itself: the user's, where nobody is asked in a window either."""
    return {**environment, "SSH_ASKPASS_REQUIRE": "never"}
