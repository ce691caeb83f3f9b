"""Values of what becomes of images, made by hand; what they say is what a real engine said."""

from __future__ import annotations

from dataclasses import replace

from provenv.errors import text
from provenv.model.evidence import Evidence, Outcome
from provenv.model.image import Image, ImageLayer, Pushed
from provenv.model.plan import Change
from provenv.model.results import (
    Cleaned,
    CleanedImage,
    History,
    PullResult,
    PushResult,
    Rollback,
    Status,
)
from provenv.model.state import Generation, State

DIGEST = "sha256:9f1979c0ac32e146c08d4e1ca73b124567f24d4972ddcd569d4e5e640725b1c3"
REPOSITORY = "ghcr.io/me/digits-box"
PUSHED = Pushed(f"{REPOSITORY}:3f2a9c4411de", DIGEST, "2026-01-20T16:42:00+00:00")
IMAGE = Image(
    id="sha256:c13fa0d0ae9076a4575a7bdf4118fd53c34a1c9bc7cba1846a7787aa1192e7e5",
    reference=PUSHED.reference,
    engine="docker",
    base="python@sha256:5f1a1f8a4a7a2a1d7bb4d1a5a0c2f7e5f6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1",
    recipe="3f2a9c4411de" + "0" * 52,
    below="b" * 64,
    size=998_000_000,
    layers=(ImageLayer("sha256:a", 189_000_000), ImageLayer("sha256:b", 808_900_000)),
    pushed=(PUSHED,),
    seconds=17.2,
)
CHANGED = replace(IMAGE, reference=f"{REPOSITORY}:77aa01b2c3d4", size=998_012_000, pushed=(), seconds=1.4)
FIRST = Generation(
    6,
    "/w/.provenv/box/generations/0006",
    "/opt/venv/bin/python",
    {"numpy": "2.3.0", "torch": "2.13.0"},
    made="2026-01-19T16:30:00Z",
    proof="passed",
)
SECOND = replace(FIRST, number=7, path="/w/.provenv/box/generations/0007", made="2026-01-20T01:52:00Z")
PROOF = Evidence(
    "box",
    7,
    "2026-01-20T01:52:00Z",
    4.2,
    (Outcome("imports", "passed", 1.4, text("proof.imports.did", n=2)),),
)
PRUNED = Cleaned(
    "box",
    (4, 5),
    (3,),
    (6, 7),
    826_004_000,
    (
        CleanedImage(f"{REPOSITORY}:0011aa22bb33", "sha256:1", 3, 0, ("digits-train-1", "mine:v1")),
        CleanedImage(f"{REPOSITORY}:1122aa22bb33", "sha256:2", 4, 12_000),
        CleanedImage(f"{REPOSITORY}:2233aa22bb33", "sha256:3", 5, 13_992_000),
        CleanedImage("4455cc66dd77", "sha256:4", 0, 812_000_000),
    ),
    containers=2,
    cache=1_420_000_000,
)

CASES: dict[str, object] = {
    "push": PushResult(
        "box", 7, IMAGE, (PUSHED, replace(PUSHED, reference=f"{REPOSITORY}:latest")), 8, 1, 12
    ),
    "pull": PullResult("box", False, SECOND, IMAGE, PUSHED.pinned, replace(PROOF, generation=7), 21.4),
    "pull-unchanged": PullResult("box", True, SECOND, IMAGE, PUSHED.pinned),
    "rollback": Rollback("box", 7, 6, tags=(IMAGE.reference, f"{REPOSITORY}:latest")),
    "cleaned": PRUNED,
    "cleaned-cache": replace(PRUNED, images=PRUNED.images[1:2], containers=1, cache=0, pruned=1_420_000_000),
    "cleaned-nothing": Cleaned("box", kept=(7,), cache=1_420_000_000),
    "history": History(
        State("box", "/w", 7, (FIRST, SECOND)),
        {"7": (Change("numpy", "2.2.0", "2.3.0"),)},
        {"7": PROOF},
        {"6": IMAGE, "7": CHANGED},
        {"6": 998_000_000, "7": 12_000},
    ),
    "status": Status("box", "provenv.toml", "in-sync", SECOND, evidence=PROOF, image=IMAGE),
    "status-stale": Status(
        "box", "provenv.toml", "stale", SECOND, (text("image.stale.code"),), evidence=PROOF, image=IMAGE
    ),
    "status-drifted": Status(
        "box",
        "provenv.toml",
        "drifted",
        SECOND,
        (text("image.drift.gone", id="c13fa0d0ae90"), text("image.stale.code")),
        evidence=PROOF,
        image=replace(IMAGE, pushed=()),
    ),
    "status-absent": Status("box", "provenv.toml", "absent"),
}
