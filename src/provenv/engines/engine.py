"""An engine that can be called: its client, the host that the client runs on, the user's variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..model.channel import Completed, Host, Patience
from ..model.engine import Client


@dataclass(frozen=True)
class Engine:
    """A client of an engine, ready to be called.

    `environment` is the user's own, whole: credentials, contexts and proxies of the engine's client are
    the user's business and stay as they are.
    """

    client: Client
    host: Host
    environment: Mapping[str, str] = field(repr=False)

    def call(
        self,
        *words: str,
        stdin: bytes = b"",
        limit: float | None = None,
        patience: Patience | None = None,
        variables: Mapping[str, str] | None = None,
        on_stdout: Callable[[str], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run the client with `words` and return how it ended; no exit code is a failure here.

        `variables` are set for this call. Raises Failure where the client itself is not there.
        """
        return self.host.exec(
            [self.client.program, *words],
            stdin=stdin,
            environment={**self.environment, **self.client.variables, **(variables or {})},
            limit=limit,
            patience=patience,
            on_stdout=on_stdout,
            on_stderr=on_stderr,
        )
