"""Image targets whose generations are made by hand: tiny images, and records as `up` writes them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loading import load
from provenv import context
from provenv.app.files import keep_text
from provenv.app.images.preparing import inputs_of
from provenv.app.images.target import options_of
from provenv.app.locking import lock_path, read_lock, targeted
from provenv.app.project import Project, open_project
from provenv.app.remembering import remember_spec
from provenv.engines import images
from provenv.engines.engine import Engine
from provenv.engines.find import find
from provenv.errors import text
from provenv.hosts.local import LocalHost
from provenv.lock import write as lock_text
from provenv.model.evidence import Evidence, Outcome
from provenv.model.image import Image
from provenv.model.state import Generation
from provenv.targets.guard import make_base
from provenv.targets.images import read_image, write_image
from provenv.targets.receipts import write_proof
from provenv.targets.records import LOCK, read_generation, write_generation
from provenv.targets.venv import make_current

WHEELS = (("alpha", "1.0", ()), ("beta", "1.0", ("alpha",)))
DOCKERFILE = """FROM {base}
COPY *.whl /w/
RUN python3 -m venv --without-pip /opt/venv && cd /opt/venv/lib/python3*/site-packages \
 && for one in /w/*.whl; do python3 -m zipfile -e $one .; done && mkdir /app && chown 1000 /app
"""


def environment_image(engine: Any, base: str, folder: Path, name: str) -> str:
    """Build the image below all others: an environment with the packages that the places lock."""
    cli = load("cli_conftest", Path(__file__).parents[1] / "cli" / "conftest.py")
    for package, version, requires in WHEELS:
        cli.make_wheel(folder, package, version, requires=requires)
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=base))
    engine.call("build", "--quiet", "--network=host", "--tag", name, str(folder))
    return name


@dataclass
class Kept:
    """A place (see conftest) with a locked image target, and generations of it that are made by hand."""

    place: Any
    engine: Any
    below: str
    folder: Path
    made: dict[int, Image] = field(default_factory=dict)

    def __call__(self, *words: str, **changes: str) -> Any:
        """Run `provenv WORDS --on box --json`."""
        return self.place(words[0], "--on", "box", "--json", *words[1:], **changes)

    @property
    def project(self) -> Project:
        """Return the project as the program sees it."""
        return open_project(self.place.root, target="box", environment=self.place.environment)

    @property
    def reached(self) -> Engine:
        """Return the engine as the program finds it."""
        return find(LocalHost(), "docker", self.place.environment)

    @property
    def current(self) -> str:
        """Return what the one switch points to; empty where nothing is current."""
        link = self.place.root / ".provenv" / "box" / "current"
        return link.readlink().name if link.is_symlink() else ""

    def record(self, number: int) -> Image | None:
        """Return what generation `number` remembers of its image."""
        return read_image(self.project.layout, number)

    def id(self, reference: str) -> str | None:
        """Return the engine's image of that name."""
        done = self.engine.call("image", "inspect", "--format", "{{.Id}}", reference, check=False)
        return done.stdout.strip() or None

    def generation(
        self, number: int, code: str = "import alpha\n", proof: str = "passed", labels: Mapping[str, str] = {}
    ) -> Image:
        """Make generation `number`, with its image and receipt, current where it is proven."""
        self.place.write("main.py", f"{code}# {number} of {self.place.repository}\n")
        project, layout = self.project, self.project.layout
        spec = targeted(project, project.spec())
        options = options_of(project, spec)
        locked = read_lock(lock_path(project, None), project.root)
        assert options is not None
        assert locked is not None
        chosen = context.chosen(project.root, spec, options)
        choice = locked.choice("base")
        base = choice.value if choice else ""
        told = {
            "dev.provenv.project": spec.name,
            "dev.provenv.target": "box",
            "dev.provenv.lock": locked.identity,
            "dev.provenv.code": chosen.digest,
            "dev.provenv.recipe": f"{chosen.digest[::-1]}",
            **labels,
        }
        recipe = told["dev.provenv.recipe"].removeprefix("sha256:")
        reference = f"{options.repository}:{recipe[:12]}"
        inspected = self.build(told)
        make_base(layout)
        image = Image(
            inspected.id,
            reference,
            "docker",
            base,
            recipe,
            "below",
            inspected.size,
            images.history(self.reached, inspected.id),
        )
        generation = Generation(
            number,
            str(layout.generation(number)),
            "/opt/venv/bin/python",
            {one.name: one.version for one in locked.packages},
            locked.identity,
            "pylock.box.toml",
            inputs_of(project, spec, options, base, locked, chosen),
            f"2026-01-0{number}T00:00:00+00:00",
            proof,  # type: ignore[arg-type]  # a literal of the caller's
        )
        layout.generation(number).mkdir()
        remember_spec(project, number, spec)
        keep_text(layout.generation(number) / LOCK, lock_text(locked))
        write_image(layout, number, image)
        write_generation(layout, generation)
        outcome = Outcome("import", proof or "skipped", 0.1, text("verbatim", text="imports"))  # type: ignore[arg-type]
        write_proof(layout, Evidence("box", number, generation.made, 0.1, (outcome,)))
        if proof == "passed":
            for name in (image.reference, f"{options.repository}:latest"):
                self.engine.call("tag", image.id, name)
            make_current(layout, number)
        self.made[number] = image
        return image

    def build(self, labels: Mapping[str, str]) -> Any:
        """Put the place's `main.py` on top of the image below; return what came of it, which has no name.

        By `commit`, not by a build: no build cache holds on to the layer when the image is removed.
        """
        told = [f"LABEL {key}={value}" for key, value in labels.items()]
        told += ["ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin", "WORKDIR /app", "USER 1000"]
        container = self.engine.call("create", "--network=none", self.below).stdout.strip()
        try:
            self.engine.call("cp", str(self.place.root / "main.py"), f"{container}:/app/main.py")
            changes = [word for one in told for word in ("--change", one)]
            made = self.engine.call("commit", *changes, container).stdout.strip()
        finally:
            self.engine.call("rm", container)
        found = images.inspect(self.reached, made)
        assert found is not None
        return found

    def prove(self, number: int, proof: str) -> None:
        """Write how the proof of a generation ended."""
        layout = self.project.layout
        write_generation(layout, replace(read_generation(layout, number), proof=proof))  # type: ignore[arg-type]

    def client(self, script: str) -> dict[str, str]:
        """Return the variables with which `docker` is a script that may call the real one as `$real`."""
        folder = self.folder / "client"
        folder.mkdir(exist_ok=True)
        path = folder / "docker"
        path.write_text(f"#!/bin/sh\nreal={shlex.quote(self.engine.client)}\n{script}\n")
        path.chmod(0o755)
        return {"PATH": f"{folder}:{self.place.environment['PATH']}"}


def tags(engine: Any, repository: str) -> list[str]:
    """Return the engine's names of a repository."""
    listed = engine.call("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository)
    return sorted(listed.stdout.split())
