"""Processes for tests: each tells when it stands somewhere, and goes on when it is told to."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

HEAD = """
import os, signal, subprocess, sys, time
def here(*words):
    print(*words, flush=True)
    return sys.stdin.readline().strip()
def burn(seconds):
    while time.process_time() < seconds:
        sum(range(1000))
"""


class Part:
    """A process that speaks with the test line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.pid = process.pid

    def heard(self) -> str:
        """Return the next line that it prints: where it stands."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, word: str = "go") -> None:
        """Let it go on."""
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def over(self) -> int:
        """Let it go on to its end, and return its code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(60)


@contextmanager
def part(program: str, **options: object) -> Iterator[Part]:
    """Start a Python program that may use `here` and `burn`; it is ended at the latest with the block."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", HEAD + textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )
    try:
        yield Part(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
