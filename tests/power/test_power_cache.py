"""uv's cache after a power cut: what is torn is named and fetched anew; wrong bytes are never proven."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from power_project import Setting, lay_down, read_journal, recording, setting
from power_replay import cuts, sample

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("POWER_SEED", "1"))
DECLARED = 'schema = 1\nname = "p"\nrequirements = ["beta"]\n'
POINTER, METADATA, WHEEL, RECORD = "*.rev", "METADATA", "WHEEL", "RECORD"


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory, search_path: str) -> Setting:
    """Return a project whose packages are in uv's cache, and which is gone itself."""
    place = setting(tmp_path_factory.mktemp("warm"), search_path)
    place.root.mkdir()
    (place.root / "provenv.toml").write_text(DECLARED)
    assert place.run("up").returncode == 0
    lock = (place.root / "pylock.toml").read_bytes()
    cache = Path(place.environment["UV_CACHE_DIR"])
    shutil.copytree(cache, cache.with_name("whole"), symlinks=True)
    shutil.rmtree(place.root)
    place.root.mkdir()
    (place.root.parent / "pylock.toml").write_bytes(lock)
    return place


def torn_cache(place: Setting, pattern: str, content: bytes | None) -> None:
    """Let a cut have torn every file of that name in the cache: emptied, or zeros where `content` is None."""
    cache = Path(place.environment["UV_CACHE_DIR"])
    shutil.rmtree(cache)
    shutil.copytree(cache.with_name("whole"), cache, symlinks=True)
    found = [path for path in cache.rglob(pattern) if path.is_file()]
    assert len(found) == 2, found
    for path in found:
        path.write_bytes(bytes(path.stat().st_size) if content is None else content)
    shutil.rmtree(place.root)
    place.root.mkdir()
    (place.root / "provenv.toml").write_text(DECLARED)


@pytest.mark.parametrize("locked", [False, True], ids=["to be locked", "locked"])
@pytest.mark.parametrize(
    ("pattern", "content"),
    [(POINTER, b""), (POINTER, None), (METADATA, b""), (METADATA, None), (WHEEL, b"")],
)
def test_what_is_torn_in_the_cache_is_named_and_fetched_anew(warm, pattern, content, locked):
    torn_cache(warm, pattern, content)
    if locked:
        shutil.copy(warm.root.parent / "pylock.toml", warm.root)
    code, document, said = warm.document("up")
    assert code == 0, said
    named = {one["what"]["args"]["name"] for one in document["problems"] if one["code"] == "PV470"}
    # what uv asks for anew along with the first needs no word
    assert named
    assert named <= {"alpha", "beta"}
    assert warm.document("status", "--deep")[1]["data"]["sync"] == "in-sync"


def right_bytes_come(place: Setting, told: str = "") -> None:
    """Run `up`: it ends well and with the right bytes, whatever uv took for whole."""
    code, _, said = place.document("up")
    sync = place.document("status", "--deep")[1]["data"]["sync"]
    assert (code, sync) == (0, "in-sync"), f"{told}\n{said}"


@pytest.mark.parametrize(("pattern", "content"), [(RECORD, None), ("long.py", b""), ("table.txt", None)])
def test_what_uv_takes_for_whole_is_healed(warm, pattern, content):
    torn_cache(warm, pattern, content)
    right_bytes_come(warm)


def test_the_next_up_after_a_cut_with_the_cache_on_the_same_disk(tmp_path, search_path):
    place, journal = setting(tmp_path, search_path, cache_on_disk=True), tmp_path / "journal"
    with recording(place, journal) as user:
        user.write("provenv.toml", DECLARED)
        user.step("up", "up")
    operations = read_journal(journal)
    chance = random.Random(SEED)
    chosen = {number: [chance.choice(models)] for number, models in sample(operations, 6, SEED).items()}
    seen = 0
    for cut in cuts(operations, lambda _, number, __: chosen.get(number, [])):
        command = f"{cut.command(journal)} --go-on"
        assert not cut.wrong(), command
        lay_down(cut.tree, Path(place.disk))
        right_bytes_come(place, command)
        seen += 1
    assert seen > 5
