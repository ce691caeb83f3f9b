"""A proxy on loopback in front of a registry that counts what clients send: the bytes that a push moves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock, Thread


@dataclass
class Counted:
    """Where the proxy listens, and how many bytes clients have sent through it so far."""

    address: str
    sent: int = 0

    def restart(self) -> int:
        """Return what was sent since the last call and count from zero again."""
        sent, self.sent = self.sent, 0
        return sent


@contextmanager
def counting(registry: str) -> Iterator[Counted]:
    """Stand in front of the registry (`127.0.0.1:PORT`) for the block."""
    host, _, port = registry.partition(":")
    lock = Lock()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        counted = Counted(f"127.0.0.1:{listening.getsockname()[1]}")

        def accept() -> None:
            # closed at the end of the block
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    server = socket.create_connection((host, int(port)))
                    Thread(target=forward, args=(client, server, True), daemon=True).start()
                    Thread(target=forward, args=(server, client, False), daemon=True).start()

        def forward(source: socket.socket, target: socket.socket, sent: bool) -> None:
            with suppress(OSError):
                while chunk := source.recv(1 << 18):
                    target.sendall(chunk)
                    if sent:
                        with lock:
                            counted.sent += len(chunk)
                target.shutdown(socket.SHUT_WR)

        Thread(target=accept, daemon=True).start()
        yield counted
