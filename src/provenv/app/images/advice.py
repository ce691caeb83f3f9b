"""A diagnosis for an image target: its commands name the target, and none is about a virtual environment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...model.diagnosis import Advice, Diagnosis

OF_TARGETS = re.compile(r"^(provenv (?:up|lock|plan|prove|run|shell|status|rollback|history)\b)(?!.* --on )")
OF_VENVS = re.compile(r"\.venv\b|-m venv\b")


def for_image(diagnosis: Diagnosis | None, target: str) -> Diagnosis | None:
    """Return the diagnosis with every command of ours meant for `target`, those on `.venv` left out.

    Causes that only a virtual environment knows (`venv-...`) are none here.
    """
    if diagnosis is None or (diagnosis.cause or "").startswith("venv-"):
        return None
    candidates = tuple(
        replace(
            one,
            remedies=_for_image(one.remedies, target),
            confirm=_for_image(one.confirm, target),
        )
        for one in diagnosis.candidates
    )
    return replace(diagnosis, candidates=candidates)


def _for_image(advice: Sequence[Advice], target: str) -> tuple[Advice, ...]:
    kept = (one for one in advice if not any(OF_VENVS.search(words) for words in one.commands))
    return tuple(
        replace(one, commands=tuple(OF_TARGETS.sub(rf"\1 --on {target}", words) for words in one.commands))
        for one in kept
    )
