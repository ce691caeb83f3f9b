"""What a command line may choose from: known without the use case that it is chosen for."""

from __future__ import annotations

AT_ONCE = 32
"""So many hosts are worked on at the same time: each is a process of ssh here."""
KEPT = 3
"""How many proven generations `gc` keeps where nothing else is said."""
LOCKED = ("requirements", "environment.yml", "cyclonedx")
"""What `render` writes from a lock."""
IMAGED = ("dockerfile", "compose", "devcontainer")
"""What `render` writes of an image target."""
DIALECTS = ("plain", "modern")
"""What a builder understands: every BuildKit, or also what came with Dockerfile 1.4 (Docker 23)."""
BATCHED = ("sbatch",)
"""What `render` writes of a run for a batch system."""
PLACED = ("jupyter", "vscode", "direnv")
"""Where `render` makes an environment known."""
MIRRORED = ("pypi", "torch", "python", "apt", "images", "huggingface")
"""What there are mirrors of."""
MIRROR_LIMIT = 10.0
"""Seconds for one mirror of one kind."""
DEMO = "torch"
"""The example that `demo` takes where none is named."""
COMPARED = ("versions", "numerics", "speed", "machine")
"""The parts of what `diff` compares."""
EXPORTED = ("csv", "tensorboard", "mlflow")
"""In which forms a run's values are written for other programs."""
RUN_STATES = ("queued", "running", "done", "failed", "stopped", "preempted", "lost")
"""How a recorded run can stand (model.runs.RunState)."""
