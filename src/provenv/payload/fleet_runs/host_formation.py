"""The processes of one formation on this host: begun, listened to, ended."""

import errno
import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

from host_processes import catches, kill_marked, send, state_of
from host_ranks import Rank, new_lines

CHUNK = 1 << 16
FAILED = re.compile(rb"failed \(exitcode: (-?\d+)\) local_rank: (\d+)")
"""What torchrun says of a rank (torch/distributed/elastic/multiprocessing/api.py)."""


class Formation:
    """Torchrun and its ranks, or ranks without it. `over` is set when nothing of it is left."""

    def __init__(self, out, selector, name, number, count):
        self.out, self.selector, self.number = out, selector, number
        self.over = self.frozen = False
        self.failures, self.said = {}, b""
        self.launcher = None
        self.launcher_pipes = {}
        self.folder = tempfile.mkdtemp(prefix=name)
        self.ranks_at = 0
        open(os.path.join(self.folder, "ranks"), "ab").close()
        self.ranks = {local: Rank(self.folder, local) for local in range(count)}
        for one in self.ranks.values():
            for stream, pipe in one.pipes.items():
                selector.register(pipe, selectors.EVENT_READ, self._reader(one, stream, pipe))

    def start(self, launcher, ranks, command, environment, folder, starter, hooks):
        """Begin; where that can't be, say so and end."""
        start = [sys.executable, "-I", "-S", starter]
        words = [*start, self.folder, hooks, *command]
        try:
            if launcher:
                self._launch([*start, "--launcher", *launcher, *words], environment, folder)
            for local, own in enumerate(ranks):
                one = self.ranks[local]
                one.child = subprocess.Popen(
                    words,
                    env={**environment, **own},
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    stdout=2,
                )
                one.pid = one.child.pid
        except OSError as error:
            self.out.put("refused", why=error.strerror or str(error), path=str(error.filename or folder))
            self.end(0.0)
            self.forget()

    def _launch(self, words, environment, folder):
        near, far = os.pipe()
        os.set_blocking(near, False)
        try:
            self.launcher = subprocess.Popen(
                words,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=far,
                stderr=far,
                start_new_session=True,
            )
        finally:
            os.close(far)
        self.launcher_pipes = {1: near}
        self.selector.register(near, selectors.EVENT_READ, self._reader(None, 2, near))

    def signal(self, number, group=False):
        """Signal the training; torchrun, that would end it in its own way, stands still from now on."""
        self._freeze()
        for one in self.ranks.values():
            if one.pid and not one.over:
                send(os.killpg if group else os.kill, one.pid if group else one.speaker(), number)

    def write_stacks(self):
        """Have every rank write where its threads stand."""
        number = int(signal.SIGUSR2)
        for one in self.ranks.values():
            pid = one.speaker()
            # one that has no handler would die of it
            if one.pid and not one.over and catches(pid, number):
                send(os.kill, pid, number)

    def _freeze(self):
        if self.launcher is not None and self.launcher.poll() is None and not self.frozen:
            self.frozen = True
            send(os.kill, self.launcher.pid, signal.SIGSTOP)

    def signal_all(self, number):
        """Signal everything: the ranks' groups, and torchrun."""
        for one in self.ranks.values():
            if one.pid:
                send(os.killpg, one.pid, number)
        if self.launcher is not None and self.launcher.poll() is None:
            send(os.kill, self.launcher.pid, number)

    def _reader(self, rank, stream, pipe):
        def read():
            try:
                words = os.read(pipe, CHUNK)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.EINTR:
                    self._unregister(pipe)
                return
            if not words:
                self._unregister(pipe)
                return
            if rank is None:
                self._of_launcher(words)
                return
            if rank.rank is None:
                self._announced()
            self.out.put("out", words, local=rank.local, s=stream, f=self.number)

        return read

    def _of_launcher(self, words):
        self.said = (self.said + words)[-4 * CHUNK :]
        for code, local in FAILED.findall(self.said):
            self.failures.setdefault(int(local), int(code))
        self.out.put("launcher", words, f=self.number)

    def _announced(self):
        """Take who has begun."""
        for line in new_lines(os.path.join(self.folder, "ranks"), "ranks_at", self):
            told = json.loads(line)
            one = self.ranks.get(told["local"])
            if one is None:
                continue
            one.pid, one.over, one.code, one.began = told["pid"], False, None, time.monotonic()
            one.rank = int(told["RANK"] or 0)
            self.out.put(
                "began",
                r=one.rank,
                local=one.local,
                pid=one.pid,
                world=int(told["WORLD_SIZE"] or 1),
                f=self.number,
            )

    def look(self):
        """Send what was seen; find out what has ended."""
        self._announced()
        for one in self.ranks.values():
            lines = new_lines(one.seen, "seen_at", one)
            for line in lines:
                if b'"begin"' in line:
                    one.speakers.append(json.loads(line).get("pid", 0))
            if lines:
                self.out.put("seen", b"\n".join(lines) + b"\n", local=one.local, f=self.number)
            stacks = new_lines(one.stacks, "stacks_at", one)
            if stacks:
                self.out.put("stacks", b"\n".join(stacks) + b"\n", local=one.local, f=self.number)
            if one.pid and not one.over:
                self._ended(one)
        if self.launcher is not None:
            if self.frozen and all(one.over or not one.pid for one in self.ranks.values()):
                send(os.killpg, self.launcher.pid, signal.SIGKILL)
            code = self.launcher.poll()
            if code is None:
                return
            # its ranks have ended: it waits for them
            for one in self.ranks.values():
                if one.pid and not one.over:
                    self._over(one, self.failures.get(one.local, 0 if code == 0 else None))
        elif not all(one.over for one in self.ranks.values()):
            return
        self._finish()

    def _ended(self, one):
        if one.child is not None:
            code = one.child.poll()
            if code is not None:
                self._over(one, code)
        elif one.local in self.failures:
            self._over(one, self.failures[one.local])
        elif self.frozen:
            state, code = state_of(one.pid)
            if state in ("Z", "X", ""):
                self._over(one, code)

    def _over(self, one, code):
        one.over, one.code = True, code
        self._drain()
        seconds = time.monotonic() - one.began
        self.out.put("over", local=one.local, code=code, seconds=seconds, f=self.number)

    def _finish(self):
        """Tell that nothing of the formation runs any more, when that is so."""
        self._drain()
        left = [one for one in self.ranks.values() if one.lives()]
        for one in left:
            send(os.killpg, one.pid, signal.SIGKILL)
        code = 0 if self.launcher is None else self.launcher.poll()
        self.out.put("ended", code=code, left=len(left), f=self.number)
        self.forget()

    def _drain(self):
        """Take what is still in the pipes."""
        for one in self.ranks.values():
            for stream, pipe in one.pipes.items():
                while True:
                    try:
                        words = os.read(pipe, CHUNK)
                    except OSError:
                        break
                    if not words:
                        break
                    self.out.put("out", words, local=one.local, s=stream, f=self.number)
        for pipe in self.launcher_pipes.values():
            while True:
                try:
                    words = os.read(pipe, CHUNK)
                except OSError:
                    break
                if not words:
                    break
                self._of_launcher(words)

    def end(self, patience):
        """End everything of the formation."""
        if self.over:
            return
        self._announced()
        self.signal_all(signal.SIGCONT)
        self._freeze()
        if patience:
            for one in self.ranks.values():
                if one.pid:
                    send(os.kill, one.speaker(), signal.SIGTERM)
            until = time.monotonic() + patience
            while time.monotonic() < until and any(one.lives() for one in self.ranks.values()):
                time.sleep(0.05)
        if self.launcher is not None and self.launcher.poll() is None:
            # it goes first: what it has started a moment ago is found by its mark
            send(os.killpg, self.launcher.pid, signal.SIGKILL)
            self.launcher.wait()
        for one in self.ranks.values():
            if one.pid:
                send(os.killpg, one.pid, signal.SIGKILL)
        kill_marked(self.folder)
        for one in self.ranks.values():
            if one.child is not None:
                one.child.wait()
        if self.launcher is not None:
            for one in self.ranks.values():
                if one.pid and not one.over:
                    self._over(one, -signal.SIGKILL)

    def forget(self):
        """Let pipes and files go."""
        for one in self.ranks.values():
            for pipe in one.pipes.values():
                self._close(pipe)
        for pipe in self.launcher_pipes.values():
            self._close(pipe)
        self.ranks, self.launcher, self.launcher_pipes = {}, None, {}
        self.over = True
        shutil.rmtree(self.folder, ignore_errors=True)

    def _close(self, pipe):
        self._unregister(pipe)
        os.close(pipe)

    def _unregister(self, pipe):
        with suppress(KeyError):  # it was let go of meanwhile
            self.selector.unregister(pipe)
