"""Do the parts work together? `python -m digits.smoke` takes seconds and leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import data
from .command import Settings, save
from .errors import DigitsError, run
from .evaluate import accuracy, evaluate
from .inference import FILE
from .train import train


def main() -> None:
    """Train two epochs on the real digits: the model has to learn, and to survive being saved."""
    parts = data.load(None, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder)
        model = train(parts, Settings(seed=0, epochs=2), outputs)
        save(model, outputs / FILE, parts.validation)
    reached = accuracy(evaluate(model, parts.test))
    if reached < 0.8:
        raise DigitsError(f"two epochs should reach 80%, and reached {reached:.1%}")
    print(f"all parts work together: two epochs reach {reached:.1%}")


if __name__ == "__main__":
    run(main)
