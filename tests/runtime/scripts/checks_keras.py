"""What the Keras callback does beside an ordinary resume; one check for each process."""

from __future__ import annotations

import sys
from pathlib import Path

from damage import damaged
from train_keras import train


def trained(folder: Path) -> list[dict]:
    told: list[dict] = []
    train(folder, lambda **values: told.append(values), ["batches"])
    return told


def check_damaged(folder: Path) -> None:
    """Whatever happens to the newest checkpoint, the one before it is taken up, and the end is the same."""
    straight = trained(folder / "kept")
    done = sorted(int(one.name[5:]) for one in (folder / "kept").iterdir() if one.name.startswith("step-"))
    assert len(done) == 2, done
    count = 0
    for what, copy in damaged(folder / "kept", folder / "copies"):
        again = trained(copy)
        assert again == [one for one in straight if one.get("step", done[0] + 1) > done[0]], what
        count += 1
    print(f"{count} damaged checkpoints, all passed over")


if __name__ == "__main__":
    globals()[f"check_{sys.argv[2]}"](Path(sys.argv[1]))
    print("ok")
