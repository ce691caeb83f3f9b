"""Do the parts work together? `python -m digits.smoke` takes seconds and leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import data
from .command import Settings, save
from .errors import DigitsError, run
from .evaluate import evaluate
from .inference import FILE
from .train import train


def main() -> None:
    """Train two epochs on the real digits: the model has to learn, and to survive being saved."""
    parts = data.load(None, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        outputs = Path(folder)
        model = train(parts, Settings(seed=0, epochs=2), outputs)
        save(model, outputs / FILE, parts.validation)
    accuracy = evaluate(model, parts.test)["accuracy"]
    if accuracy < 0.8:
        raise DigitsError(f"two epochs should reach 80%, and reached {accuracy:.1%}")
    print(f"all parts work together: two epochs reach {accuracy:.1%}")


if __name__ == "__main__":
    run(main)
