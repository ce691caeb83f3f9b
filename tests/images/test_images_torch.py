"""A real torch project as an image: built, proven inside, run, changed and pushed, as its user does it."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import Any

import pytest

from loading import load

REPOSITORY = Path(__file__).resolve().parents[2]
COMPUTED = ("tensors", "gradients", "data-loading", "checkpoint", "training", "command.smoke")
"""Checks that compute with torch, and the example's own."""
ASKED = """\
import os, torch
print(torch.__version__, torch.version.cuda, os.getuid(), torch.ones(2, 3).sum().item())
"""

pytestmark = [pytest.mark.root, pytest.mark.slow]

cli = load("cli_conftest_of_torch", REPOSITORY / "tests" / "cli" / "conftest.py")
examples = load("examples_conftest_of_images", REPOSITORY / "tests" / "examples" / "conftest.py")
moved_bytes = load("moved_bytes", REPOSITORY / "bench" / "moved_bytes.py")


def digits(folder: Path, engine: Any, base: str, repository: str) -> Any:
    """Return the example with an image target; packages come from where this machine's pip looks."""
    root = folder / "digits"
    left_out = shutil.ignore_patterns(".provenv", ".venv", "outputs", "__pycache__", "pylock*.toml")
    shutil.copytree(REPOSITORY / "examples" / "digits-torch", root, ignore=left_out)
    with (root / "provenv.toml").open("a", encoding="utf-8") as file:
        # a batch of the check is larger than the 64 MB that an engine gives by itself
        file.write(
            f'\n[target.box]\nkind = "image"\nbase = "{base}"\npython = "3.11"\naccelerator = "cpu"\n'
            f'repository = "{repository}"\nnetwork = "host"\nshm = "1g"\n'
        )
    environment = {**os.environ, **engine.variables, "PYTHONPATH": str(REPOSITORY / "src"), "LANG": "C.UTF-8"}
    return cli.Workplace(root, folder, environment)


def up(place: Any) -> Any:
    """Run `up --on box` and return its data."""
    ended = place("up", "--on", "box", "--json")
    assert ended.code == 0, ended.err + ended.out
    return ended.data


def inside(place: Any, code: str) -> list[str]:
    """Run Python in a container of the image and return the words that it printed."""
    ended = place("run", "--on", "box", "--", "python", "-c", code)
    assert ended.code == 0, ended.err
    return str(ended.out).split()


def pushed(place: Any, counted: Any) -> int:
    """Push the image and return the bytes that the registry was sent."""
    counted.restart()
    ended = place("push", "--on", "box", "--yes")
    assert ended.code == 0, ended.err
    return int(counted.restart())


def test_a_torch_project_is_built_proven_inside_run_changed_and_pushed(
    tmp_path: Path, new_engine: Any, base: str, registry: str
) -> None:
    if examples.torch_wheel() is None:
        pytest.skip("no CPU wheel of torch in the folders that pip's configuration names")
    with moved_bytes.counting(registry) as counted:
        place = digits(tmp_path, new_engine, base, f"{counted.address}/digits-{secrets.token_hex(4)}")
        first = up(place)
        image = first["image"]
        try:
            status = {one["name"]: one["status"] for one in first["evidence"]["outcomes"]}
            assert {name: status.get(name) for name in COMPUTED} == dict.fromkeys(COMPUTED, "passed")
            version, cuda, user, total = inside(place, ASKED)
            assert (version.endswith("+cpu"), cuda, user, total) == (True, "None", "1000", "6.0")
            whole = pushed(place, counted)

            (place.root / "digits" / "predict.py").open("a").write("\nCHANGED = 'yes'\n")
            second = up(place)
            assert inside(place, "import digits.predict as one; print(one.CHANGED)") == ["yes"]
            pairs = list(zip(image["layers"], second["image"]["layers"], strict=True))
            changed = [new for old, new in pairs if old["digest"] != new["digest"]]
            assert len(changed) == 1
            assert changed[0]["size"] < 1_000_000
            # what only the packages decide is proven; what the code decides is proven again
            assert "tensors" in second["evidence"]["carried"]
            assert "command.smoke" not in second["evidence"]["carried"]
            assert pushed(place, counted) < 1_000_000 < whole / 100
        finally:
            place("down", "--on", "box", "--yes")
