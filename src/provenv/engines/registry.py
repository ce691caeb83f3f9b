"""Images to and from a registry, by the engine's client with the user's own credentials.

Layers that came through are kept by engine and registry alike, so that trying again goes on where it broke.
"""

from __future__ import annotations

import math
import re
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import Failure, Problem, text
from ..hosts.patience import patience_of
from ..model.channel import Completed
from ..model.engine import Inspected
from ..model.image import repository_of
from ..model.progress import Progress, Task
from .engine import Engine
from .failures import TRANSIENT, Doing, explain, failure, last_words, registry_of
from .images import inspect

WAITS = (1.0, 4.0)
"""Seconds before each further attempt: the engine has tried several times itself by then."""
LONGEST = 60.0
"""Seconds that are waited at most where a registry says how long."""
ENOUGH = 20.0
"""Seconds of failing attempts after which there is no further one."""
DIGEST = re.compile(r"digest: (sha256:[0-9a-f]{64})", re.IGNORECASE)
RETRY_AFTER = re.compile(r"retry[- ]after[:=]? ?\"?(\d+)", re.IGNORECASE)
# docker's plain progress (moby, `pkg/streamformatter`), and podman's (containers/image, `copy`)
_LAYER = re.compile(
    r"^(?P<layer>[0-9a-f]{12}): (?P<state>.+)$|^Copying blob (?:sha256:)?(?P<blob>[0-9a-f]{12})"
)
_DONE = re.compile(r"Pull complete|Pushed|already exists|Mounted from|Layer reused", re.IGNORECASE)


@dataclass
class _Layers:
    """The layers under way, as lines of the client tell of them."""

    task: Task
    reference: str
    seen: dict[str, bool] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)

    def take(self, line: str) -> None:
        """Read one line of the client."""
        found = _LAYER.match(line.strip())
        if found is None:
            return
        name = found["layer"] or found["blob"]
        if found["state"] == "Pushed":
            self.sent.add(name)
        before = dict(self.seen)
        # podman tells a blob when it begins with it
        self.seen[name] = self.seen.get(name, False) or bool(found["blob"] or _DONE.search(found["state"]))
        if self.seen != before:
            self.task.describe(
                text(
                    "registry.layers",
                    reference=self.reference,
                    done=sum(self.seen.values()),
                    all=len(self.seen),
                )
            )


def pull(engine: Engine, reference: str, progress: Progress, platform: str = "") -> Inspected:
    """Bring an image from its registry and return what came.

    Raises Failure: PV1051 there is none, PV1052 it is for another processor, PV1053 a login is missing
    (exit code 4), PV1054 the limit is used up, PV1055 the registry is half dead, PV1058 its content does
    not match its digest, and others of `known`.
    """
    task = progress.task(text("registry.pulling", reference=reference))
    wanted = ("--platform", platform) if platform else ()
    try:
        _patiently(engine, ("pull", *wanted, reference), "pull", reference, task)
        found = inspect(engine, reference)
        if found is None:
            raise failure("PV1063", engine.client.kind, "", reference=reference)
        _check_platform(engine, reference, found, platform)
    except Failure:
        task.fail(text("registry.failed", reference=reference))
        raise
    task.finish(text("registry.pulled", reference=reference))
    return found


def push(
    engine: Engine,
    reference: str,
    progress: Progress,
    *,
    tell: Callable[[frozenset[str]], None] | None = None,
) -> str:
    """Send an image to its registry and return the digest that it has there.

    `tell` gets the layers that the registry did not have before, each by the first 12 digits of the digest
    of its content (moby, `distribution/push_v2.go`); podman does not say so, and `tell` is not called.
    Raises Failure as `pull` does, and where the engine does not know the image by this digest then.
    """
    task = progress.task(text("registry.pushing", reference=reference))
    try:
        with tempfile.TemporaryDirectory(prefix="provenv-push-") as folder:
            file = Path(folder, "digest")
            told = ("--digestfile", str(file)) if engine.client.kind == "podman" else ()
            layers = _Layers(task, reference)
            done = _patiently(engine, ("push", *told, reference), "push", reference, task, layers)
            said = file.read_text("utf-8").strip() if file.is_file() else ""
        found = DIGEST.findall(done.out)
        digest = said or (found[-1] if found else "")
        kept = inspect(engine, reference) if engine.client.kind == "docker" else None
        if not digest or (kept and f"{repository_of(reference)}@{digest}" not in _plain(kept.digests)):
            raise failure("PV1058", engine.client.kind, last_words(done), reference=reference)
    except Failure:
        task.fail(text("registry.failed", reference=reference))
        raise
    task.finish(text("registry.pushed", reference=reference, digest=digest))
    if tell is not None and engine.client.kind == "docker":
        tell(frozenset(layers.sent))
    return digest


def _patiently(
    engine: Engine,
    words: tuple[str, ...],
    doing: Doing,
    reference: str,
    task: Task,
    layers: _Layers | None = None,
) -> Completed:
    """Call the client, and again where what stopped it may have passed; bounded. Raises Failure."""
    layers = layers or _Layers(task, reference)
    # podman tries again by itself (containers/common, `pkg/retry`); docker's daemon does for layers alone
    waits = list(WAITS) if engine.client.kind == "docker" else []
    patience = patience_of(engine.environment)
    if engine.client.kind == "docker":
        # its daemon does the work: that the client stands still means nothing
        patience = replace(patience, stall=math.inf)
    spent = 0.0
    while True:
        done = engine.call(*words, patience=patience, on_stdout=layers.take, on_stderr=layers.take)
        # podman calls it a success that it was ended
        if done.code == 0 and done.stalled is None and not done.timed_out:
            return done
        found = explain(done, doing, reference=reference, root=engine.client.root)
        asked = RETRY_AFTER.search(last_words(done))
        seconds = float(asked[1]) if asked else waits[0] if waits else 0.0
        spent += done.seconds
        if found.problems[0].code not in TRANSIENT or not waits or seconds > LONGEST or spent > ENOUGH:
            raise found
        waits.pop(0)
        task.describe(text("registry.again", place=registry_of(reference), seconds=f"{seconds:g}"))
        threading.Event().wait(seconds)


def _check_platform(engine: Engine, reference: str, found: Inspected, wanted: str) -> None:
    """Raise PV1052 for an image that cannot run: engines take what has no list of platforms as it is."""
    own = wanted or engine.client.platform
    if found.platform and _processor(found.platform) != _processor(own):
        made = failure("PV1052", engine.client.kind, "", reference=reference).problems[0]
        what = text("PV1052.named", reference=reference, platform=found.platform, own=own)
        raise Failure(Problem("PV1052", what, hints=made.hints))


def _processor(platform: str) -> tuple[str, ...]:
    return tuple(platform.split("/")[:2])


def _plain(digests: tuple[str, ...]) -> tuple[str, ...]:
    """Return digests under the names that docker leaves out: its own registry, its official images."""
    return (
        *digests,
        *(f"docker.io/{one}" for one in digests),
        *(f"docker.io/library/{one}" for one in digests),
    )
