"""What an accuracy is believed by: its interval, simpler ways beside it, the split, what it took."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from . import data
from .inference import Trained

Z = 1.959963984540054  # the two-sided 95% quantile of the normal distribution


def wilson(correct: int, count: int) -> tuple[float, float]:
    """Return the 95% interval for a share, by E. B. Wilson's score (1927).

    Unlike the plain normal interval it stays within 0..1 and holds near 100%.
    """
    share, spread = correct / count, Z * Z / count
    centre = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    # rounding must not push the share itself out of its interval
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


def believed(model: Trained, parts: data.Split, outputs: Path) -> dict[str, Any]:
    """Return all of `evaluation.json` that the model's own answers do not tell.

    That no image stands in two parts was looked at when the data was split, and that the model has seen
    none of the test images when it was judged: both raise Leak where it is not so.
    """
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    return {
        "baselines": baselines(parts),
        "split": {
            **{name: len(part) for name, part in named.items()},
            "digest": f"sha256:{data.fingerprint(parts)}",
        },
        "checks": [
            {"name": "overlap", "ok": True, "said": "no image stands in two parts"},
            {"name": "seen", "ok": True, "said": "the model was trained on none of the test images"},
        ],
        "seconds": seconds(outputs / "metrics.jsonl"),
        "parameters": model.parameters,
        "settings": {"data": model.data, "seed": model.seed, "best_epoch": model.epoch},
    }


def baselines(parts: data.Split) -> list[dict[str, Any]]:
    """Return what two ways without a network reach: the most frequent digit, the nearest mean image."""
    frequent = np.bincount(parts.train.labels).argmax()
    classes = np.unique(parts.train.labels)
    means = np.stack([parts.train.pixels[parts.train.labels == one].mean(0) for one in classes])
    # |a - b|^2 = |a|^2 - 2 a b + |b|^2, and |a|^2 is the same for all classes
    flat, centres = parts.test.pixels.reshape(len(parts.test), -1), means.reshape(len(classes), -1)
    nearest = classes[((centres**2).sum(1) - 2 * flat @ centres.T).argmin(1)]
    return [
        _baseline("always the most frequent digit", int((parts.test.labels == frequent).sum()), parts.test),
        _baseline("the nearest mean image", int((parts.test.labels == nearest).sum()), parts.test),
    ]


def seconds(metrics: Path) -> float | None:
    """Return how long the epochs took together, None where nobody wrote it down."""
    if not metrics.is_file():
        return None
    lines = metrics.read_text(encoding="utf-8").splitlines()
    return round(sum(json.loads(line)["seconds"] for line in lines), 3)


def _baseline(name: str, correct: int, test: data.Images) -> dict[str, Any]:
    low, high = wilson(correct, len(test))
    return {"name": name, "value": correct / len(test), "low": low, "high": high}
