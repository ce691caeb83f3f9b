"""Runs one host's part of a training: started over ssh, told what to do by lines on standard input.

Each line is a JSON object with a word `do`:

    start   begin a formation: `launcher` (torchrun's words, or none), `ranks` (environments of processes that
            are started directly), `command`, `environment`, `folder`, `count`, `number`
    signal  `number` to each rank's training process, or with `group` to all of each rank
    kill    end everything of the formation at once
    pause   stop everything; `resume` lets it go on
    ports   ask for `count` free ports
    stacks  have every rank write where its threads stand
    beat    home is there

Answers are frames: a line of JSON with `k`, and `n` bytes behind it. Nothing said for QUIET seconds, by
either side, means that the other one is gone: then everything is ended here. The same when standard input
ends. Standard library only, Python 3.8 and later.
"""

import json
import os
import random
import selectors
import signal
import socket
import sys
import tempfile
import time

# -I leaves out the folder of the script
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from host_formation import CHUNK, Formation
from host_frames import Out
from host_processes import send, sweep

BEAT = 2.0
QUIET = 10.0
"""Seconds without a word from home after which everything is ended; home waits longer before it goes on."""
PARTING = 1.5
"""Seconds to leave then: who ends this program gives it two."""
LOOK = 0.1
BACKLOG = 4 << 20
"""Bytes that wait for home; then those who print wait."""


class Agent:
    """Everything that runs here."""

    def __init__(self):
        self.out = Out()
        self.selector = selectors.DefaultSelector()
        self.heard = self.told = time.monotonic()
        self.commands = b""
        self.home_is_there = True
        self.paused = False
        self.name = ""
        self.formation = None
        os.set_blocking(0, False)
        self.selector.register(0, selectors.EVENT_READ, self._read_commands)
        signal.signal(signal.SIGTERM, self._leave)

    def work(self):
        """Go on until home has gone, or sends us away."""
        while True:
            full = self.out.waiting > BACKLOG
            for key, _ in self.selector.select(LOOK):
                if key.fd == 0 or not full:
                    key.data()
            now = time.monotonic()
            if self.runs:
                self.formation.look()
            if now - self.told >= BEAT:
                self.told = now
                self.out.put("beat")
            if not self.home_is_there or self.out.broken or (not self.paused and now - self.heard > QUIET):
                break
        self._end(PARTING)
        self.out.flush(PARTING)

    @property
    def runs(self):
        """Tell whether there is a formation."""
        return self.formation is not None and not self.formation.over

    def _leave(self, _number, _frame):
        self.home_is_there = False

    def _end(self, patience):
        if self.runs:
            self.formation.end(patience)
            self.formation.forget()

    def _read_commands(self):
        try:
            words = os.read(0, CHUNK)
        except BlockingIOError:
            return
        if not words:
            self.home_is_there = False
            return
        self.heard = time.monotonic()
        *lines, self.commands = (self.commands + words).split(b"\n")
        for line in lines:
            told = json.loads(line)
            getattr(self, "do_" + told.pop("do"))(**told)

    def do_beat(self):
        """Hear that home is there."""

    def do_hello(self, run):
        """Begin: end what an earlier agent of `run` on this host has left."""
        self.name = f"provenv-run-{run}-"
        sweep(os.path.join(tempfile.gettempdir(), self.name))
        connection = os.environ.get("SSH_CONNECTION", "").split()
        self.out.put("hello", address=connection[2] if len(connection) == 4 else "")

    def do_ports(self, count, first):
        """Tell free ports: `first` where it is, else below those that Linux gives to outgoing connections."""
        held = []
        try:
            while len(held) < count:
                one = socket.socket()
                try:
                    one.bind(("", first or random.randrange(15000, 32000)))
                except OSError:
                    one.close()
                    first = 0
                    continue
                held.append(one)
                first = 0
            self.out.put("ports", ports=[one.getsockname()[1] for one in held])
        finally:
            for one in held:
                one.close()

    def do_start(self, number, count, **told):
        """Begin a formation."""
        self._end(0.0)
        self.formation = Formation(self.out, self.selector, self.name, number, count)
        self.formation.start(**told)

    def do_signal(self, number, group=False):
        """Signal the training."""
        if self.runs:
            self.formation.signal(number, group)

    def do_kill(self):
        """End the formation at once, and tell how."""
        if self.runs:
            self.formation.end(0.0)
            self.formation.look()

    def do_pause(self):
        """Stop everything, and wait for home without a limit."""
        self.paused = True
        if self.runs:
            self.formation.signal_all(signal.SIGSTOP)

    def do_resume(self):
        """Let it go on."""
        self.paused = False
        if self.runs:
            self.formation.signal_all(signal.SIGCONT)
            if self.formation.frozen and self.formation.launcher is not None:
                send(os.kill, self.formation.launcher.pid, signal.SIGSTOP)

    def do_stacks(self):
        """Have every rank write where its threads stand."""
        if self.runs:
            self.formation.write_stacks()


if __name__ == "__main__":
    Agent().work()
