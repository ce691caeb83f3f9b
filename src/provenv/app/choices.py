"""What a command line may choose from: known without the use case that it is chosen for."""

from __future__ import annotations

KEPT = 3
"""How many proven generations `gc` keeps where nothing else is said."""
LOCKED = ("requirements", "environment.yml", "cyclonedx")
"""What `render` writes from a lock."""
PLACED = ("jupyter", "vscode", "direnv")
"""Where `render` makes an environment known."""
MIRRORED = ("pypi", "torch", "python", "apt", "images", "huggingface")
"""What there are mirrors of."""
MIRROR_LIMIT = 10.0
"""Seconds for one mirror of one kind."""
DEMO = "torch"
"""The example that `demo` takes where none is named."""
