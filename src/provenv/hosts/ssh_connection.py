"""The connection to one host: the user's own configuration asked, one connection that all calls share.

Where the user's configuration shares connections already, that is left to it. OpenSSH on Windows
cannot share any: there every call connects by itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

from .ssh_command import Client, client_environment, find_ssh
from .ssh_failures import About, no_answer, told
from .ssh_folders import LONGEST_SOCKET, private_folder
from .ssh_settings import Settings, read_settings

ASK_LIMIT = 60.0
"""Seconds for `ssh -G`, which connects to nobody (but may run the user's `Match exec`)."""
OPEN_LIMIT = 150.0
"""Seconds until a connection must be open: ssh has limits of its own, but not for every step."""
CLOSE_LIMIT = 5.0


class Connection:
    """One host as OpenSSH reaches it. May be used by several threads."""

    def __init__(
        self, address: str, port: int | None, name: str, environment: Mapping[str, str], control: str | None
    ) -> None:
        self.name = name or address
        self.environment = client_environment(environment)
        self._address = address
        self._port = port
        self._control = control
        self._lock = threading.Lock()
        self._known: tuple[Client, Settings] | None = None
        self._folder: Path | None = None
        self._socket: Path | None = None
        self._numbers = count(1)
        self._opening: subprocess.Popen[bytes] | None = None

    def call(self, remote: str, deadline: float | None = None) -> tuple[tuple[str, ...], Path]:
        """Return the command that has the login shell run `remote`, and the file that ssh's own words go to.

        The shared connection is open when this returns. Raises Failure for a host that cannot be reached.
        """
        with self._lock:
            client, settings = self._settings(deadline)
            folder = self._private_folder()
            self._share(client, settings, deadline)
            socket = None if self._socket is None else str(self._socket)
        log = folder / f"{next(self._numbers)}.log"
        return client.run(settings, socket, str(log), remote), log

    def about(self) -> About:
        """Return what a failure is told with."""
        if self._known is None:
            return About(self.name, ("ssh", self._address))
        client, settings = self._known
        return About(self.name, client.shown, settings)

    @property
    def was_open(self) -> bool:
        """Tell whether there is a shared connection, or was one: what fails then is not its opening."""
        return self._socket is not None

    def words(self, log: Path) -> str:
        """Return what ssh itself has said in a call, and of the connection that it shared; the file goes."""
        said = _read(log)
        with suppress(OSError):
            log.unlink()
        return said + (_read(self._shared_log()) if self._folder is not None else "")

    def close(self) -> None:
        """End the shared connection and remove what belongs to it; another thread may be opening it."""
        opening = self._opening
        if opening is not None:
            _end(opening)  # whoever waits for it holds the lock, for as long as a host that is silent may
        with self._lock:
            if self._socket is not None and self._known is not None and self._socket.exists():
                with suppress(subprocess.TimeoutExpired, OSError):
                    subprocess.run(
                        self._known[0].close(str(self._socket)),
                        env=self.environment,
                        stdin=subprocess.DEVNULL,
                        capture_output=True,
                        timeout=CLOSE_LIMIT,
                        check=False,
                    )
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = self._socket = None

    def _settings(self, deadline: float | None) -> tuple[Client, Settings]:
        if self._known is None:
            limit = _left(ASK_LIMIT, deadline)
            client = Client(find_ssh(self.environment), self._address, self._port)
            try:
                asked = subprocess.run(
                    client.ask_settings(),
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=limit,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise no_answer(About(self.name, client.shown), limit) from error
            if asked.returncode != 0:
                raise told(asked.stderr.decode("utf-8", "replace"), About(self.name, client.shown))
            self._known = client, read_settings(asked.stdout.decode("utf-8", "replace"))
        return self._known

    def _private_folder(self) -> Path:
        if self._folder is None:
            self._folder = private_folder(self.environment)
        return self._folder

    def _shared_log(self) -> Path:
        return self._private_folder() / "shared.log"

    def _share(self, client: Client, settings: Settings, deadline: float | None) -> None:
        """Open the shared connection, where there is to be one and it is not open."""
        if sys.platform == "win32" or settings.multiplexes:
            return
        socket = self._socket_path(client)
        if len(os.fsencode(socket)) > LONGEST_SOCKET:
            return
        self._socket = socket
        if socket.exists():
            return
        log = self._shared_log()
        log.unlink(missing_ok=True)
        limit = _left(OPEN_LIMIT, deadline)
        with log.open("ab") as words:
            # in a session of its own there is no terminal to ask at, for a jump host's ssh either
            opening = subprocess.Popen(
                client.share(settings, str(socket), str(log)),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,
            )
        self._opening = opening
        try:
            code = opening.wait(limit)
        except subprocess.TimeoutExpired as error:
            raise no_answer(self.about(), limit) from error
        finally:
            self._opening = None
            if opening.poll() is None:
                _end(opening)
        if code != 0:
            said = _read(log)
            raise told(self._jump_words(client, settings, _left(limit, deadline)) + said, self.about())

    def _jump_words(self, client: Client, settings: Settings, limit: float) -> str:
        """Return what a jump host's ssh says: one that opens a shared connection keeps it to itself."""
        if not settings.is_proxied:
            return ""
        log = self._private_folder() / "jump.log"
        asking = subprocess.Popen(
            client.run(settings, "none", str(log), "exit"),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            return asking.communicate(timeout=limit)[1].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            return ""
        finally:
            if asking.poll() is None:
                _end(asking)

    def _socket_path(self, client: Client) -> Path:
        folder = self._private_folder()
        if self._control is not None:
            folder = Path(self._control)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        named = " ".join((client.program, *client.address))
        return folder / hashlib.sha256(named.encode()).hexdigest()[:12]


def _left(limit: float, deadline: float | None) -> float:
    """Return how many seconds something may take: its own limit, or what is left until the caller's."""
    return limit if deadline is None else min(limit, max(0.0, deadline - time.monotonic()))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End ssh and the ssh of its jump host."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
