"""Checkpoints of plain values: whole or not there, verified, kept to a number, one training to a folder."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from provenv_runtime import (
    CheckpointError,
    Mismatch,
    Sampler,
    SaveFailed,
    State,
    Unencodable,
    checkpoint,
    committing,
    state,
    verify,
    world,
)

SOURCE = Path(__file__).resolve().parent.parent.parent / "runtime" / "src"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "PROVENV_RUN_SEEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make(tmp_path):
    """Return what begins a training anew in the same folder, as another process would."""
    made: list[State] = []

    def begin(values=None, **options) -> State:
        for one in made:
            one.close()
            if one._store._held is not None:
                os.close(one._store._held)
                one._store._held = None
        kept = state(tmp_path / "kept", values={} if values is None else values, **{"every": 2, **options})
        made.append(kept)
        return kept

    yield begin
    for one in made:
        one.close()


def names(kept: State) -> list[str]:
    return sorted(path.name for path in kept.folder.iterdir() if path.name != ".held")


def steps(kept: State, count: int) -> None:
    for _ in range(count):
        kept.stepped()


def test_nothing_to_restore(make):
    assert make().restore() == 0


def test_saves_when_due_and_goes_on(make):
    values = {"loss": [0.5], 3: (1, 2)}
    kept = make(values)
    assert kept.restore() == 0
    steps(kept, 5)
    assert names(kept) == ["step-00000002", "step-00000004"]
    assert [verify(kept.folder / name) for name in names(kept)] == [[], []]
    again: dict = {}
    kept = make(again)
    assert kept.restore() == 4 == kept.step
    assert again == values


def test_random_numbers_go_on(make):
    random.seed(5)
    own = random.Random(1)
    kept = make(generators={"own": own})
    steps(kept, 2)
    wanted = [random.random() for _ in range(3)], own.random()
    random.seed(99)
    own = random.Random(2)
    make(generators={"own": own}).restore()
    assert ([random.random() for _ in range(3)], own.random()) == wanted


def test_keeps_as_many_as_asked(make):
    kept = make(keep=3, every=1)
    steps(kept, 10)
    assert names(kept) == ["step-00000008", "step-00000009", "step-00000010"]


def break_it(path: Path, how: str) -> None:
    if how == "gone":
        path.unlink()
        return
    content = bytearray(path.read_bytes())
    if how == "cut":
        content = content[:-1]
    elif how == "empty":
        content = bytearray()
    elif how == "longer":
        content += b"\0"
    else:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["flipped", "cut", "empty", "longer", "gone"])
@pytest.mark.parametrize("file", ["manifest.json", "values.json", "rank-0.json"])
def test_a_damaged_one_is_named_and_passed_over(make, capsys, file, how):
    values = {"n": 0}
    kept = make(values)
    for number in range(1, 5):
        values["n"] = number
        kept.stepped()
    newest = kept.folder / "step-00000004"
    break_it(newest / file, how)
    assert verify(newest)
    again: dict = {}
    kept = make(again)
    assert kept.restore() == 2
    assert again == {"n": 2}
    told = capsys.readouterr().err
    assert f"passes over {newest} is damaged: {file}" in told
    # the same step comes again, and takes the damaged one's place
    steps(kept, 2)
    assert verify(newest) == []
    assert names(kept) == ["step-00000002", "step-00000004"]


def test_every_bit_of_a_manifest_counts(make):
    kept = make()
    steps(kept, 2)
    path = kept.folder / "step-00000002" / "manifest.json"
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        content = bytearray(whole)
        content[place] ^= 4
        path.write_bytes(content)
        try:
            equal = json.loads(content) == json.loads(whole)
        except ValueError:
            equal = False
        assert equal or verify(path.parent), place


def test_a_damaged_one_does_not_count_among_those_kept(make):
    kept = make(keep=2, every=1)
    steps(kept, 3)
    break_it(kept.folder / "step-00000003" / "values.json", "flipped")
    kept = make(keep=2, every=2)
    assert kept.restore() == 2
    steps(kept, 2)
    # 4 and 2 are whole, 3 is not, and newer than 2
    assert names(kept) == ["step-00000002", "step-00000003", "step-00000004"]
    steps(kept, 2)
    assert names(kept) == ["step-00000004", "step-00000006"]


def test_a_save_that_was_cut_off_is_cleaned_up(make):
    kept = make()
    steps(kept, 2)
    torn = kept.folder / ".step-00000004.tmp-99999"
    torn.mkdir()
    (torn / "values.json").write_text("{}")
    kept = make()
    assert kept.restore() == 2
    assert not torn.exists()


def test_what_can_not_be_kept_is_told_at_the_first_step(make):
    kept = make({"hook": print}, every=1000)
    with pytest.raises(Unencodable, match=r"values\.hook"):
        kept.stepped()


def test_what_has_no_state_is_refused(tmp_path):
    with pytest.raises(TypeError, match="`model` is a object"):
        state(tmp_path, model=object())
    with pytest.raises(TypeError, match="order of `loader`"):
        state(tmp_path, loader=object())


def test_a_folder_of_another_training_is_not_written_over(make):
    steps(make(), 2)
    with pytest.raises(CheckpointError, match=r"call restore\(\)"):
        make().stepped()


def test_one_training_at_a_time(make, tmp_path):
    make().restore()
    source = f"from provenv_runtime import state; state({str(tmp_path / 'kept')!r}, values={{}}).restore()"
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "another training that runs now" in done.stderr


def test_what_does_not_fit_is_told(make, tmp_path):
    steps(make(), 2)
    kept = make(more={})
    with pytest.raises(Mismatch, match="holds no `more`"):
        kept.restore()


def test_a_sampler_goes_on(make):
    def loop(kept: State, sampler: Sampler, until: int) -> list[list[int]]:
        found = []
        while kept.step < until:
            for batch in sampler:
                found.append(batch)
                kept.stepped()
                if kept.step == until:
                    break
        return found

    sampler = Sampler(23, seed=1, batch_size=5)
    straight = loop(make(loader=sampler, every=3), sampler, 12)
    for cut in (3, 6, 9):
        again = Sampler(23, seed=1, batch_size=5)
        kept = make(loader=again)
        for path in kept.folder.glob("step-*"):
            if int(path.name[5:]) > cut:
                path.rename(kept.folder / f"aside-{path.name}")
        if kept.restore():
            assert straight[kept.step :] == loop(kept, again, 12)


def fails(*arguments, **options):
    raise OSError(28, "No space left on device")


def test_a_save_that_fails_leaves_the_old_ones(make, monkeypatch, capsys):
    kept = make()
    steps(kept, 2)
    monkeypatch.setattr(committing, "write_manifest", fails)
    steps(kept, 2)
    assert names(kept) == ["step-00000002"]
    told = capsys.readouterr().err
    assert "step 4 could not be saved: No space left on device (" in told
    assert "the last good checkpoint is step-00000002; training goes on" in told
    kept = make(failed_save="raise")
    kept.restore()
    with pytest.raises(SaveFailed, match="No space left"):
        steps(kept, 2)


def test_a_disk_that_gives_back_other_bytes(make, monkeypatch, capsys):
    kept = make()
    steps(kept, 2)
    written = checkpoint.write_synced

    def lies(path: Path, content: bytes) -> None:
        written(path, content)
        break_it(path, "flipped")

    monkeypatch.setattr(checkpoint, "write_synced", lies)
    steps(kept, 2)
    assert names(kept) == ["step-00000002"]
    assert "the disk gave back other bytes" in capsys.readouterr().err


def test_told_to_leave(make, capsys):
    kept = make(every=100)
    steps(kept, 3)
    os.kill(os.getpid(), signal.SIGTERM)
    assert kept.leaving
    with pytest.raises(SystemExit) as left:
        kept.stepped()
    assert left.value.code == 143
    assert names(kept) == ["step-00000004"]
    assert "step 4 is saved, leaving" in capsys.readouterr().err


def test_a_handler_that_was_there_is_called_too_and_comes_back(make):
    called = []

    def own(number, _):
        called.append(number)

    before = signal.signal(signal.SIGUSR1, own)
    try:
        kept = make(every=100)
        kept.stepped()
        os.kill(os.getpid(), signal.SIGUSR1)
        assert called == [signal.SIGUSR1]
        assert kept.leaving
        kept.close()
        assert signal.getsignal(signal.SIGUSR1) is own
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_forked_worker_dies_of_the_signal_as_before(make):
    kept = make(every=100)
    kept.stepped()
    child = os.fork()
    if not child:
        os.kill(os.getpid(), signal.SIGTERM)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM


def test_a_thread_of_its_own_can_use_it(make):
    kept = make()
    thread = threading.Thread(target=steps, args=(kept, 2))
    thread.start()
    thread.join()
    assert names(kept) == ["step-00000002"]


def test_tells_what_it_did(make, tmp_path, monkeypatch):
    seen = tmp_path / "rank-0.jsonl"
    seen.write_text('{"k": "begin"}\n')
    monkeypatch.setenv("PROVENV_RUN_SEEN", str(seen))
    kept = make()
    steps(kept, 2)
    make().restore()
    lines = [json.loads(line) for line in seen.read_text().splitlines()]
    assert [(line["k"], line.get("n")) for line in lines] == [("begin", None), ("save", 2), ("resume", 2)]
    assert lines[1]["path"] == str(kept.folder / "step-00000002")
    assert lines[1]["seconds"] >= 0


RANKS = """
import os, sys
from provenv_runtime import Sampler, state
rank = int(os.environ["RANK"])
sampler = Sampler(40, seed=1, batch_size=2)
values = {"from": rank}
kept = state(sys.argv[1], values=values, loader=sampler, every=2, patience=float(sys.argv[3]))
print("resumed", kept.restore(), values["from"], flush=True)
until = int(sys.argv[2])
while kept.step < until:
    for batch in sampler:
        print("items", *batch, flush=True)
        kept.stepped()
        if kept.step == until:
            break
"""


def ranks(folder: Path, world: int, until: int, port: str, only: tuple[int, ...] = (), patience: float = 60):
    """Run a training of several processes that know of each other by variables alone."""
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", RANKS, str(folder), str(until), str(patience)],
            env={"PYTHONPATH": str(SOURCE), "RANK": str(rank), "WORLD_SIZE": str(world), "MASTER_PORT": port},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in only or range(world)
    ]  # fmt: skip
    ended = [one.communicate(timeout=60) for one in begun]
    assert [one.returncode for one in begun] == [0] * len(begun), ended
    return [out.splitlines() for out, _ in ended], [err for _, err in ended]


def test_ranks_save_together_and_go_on_with_another_number(tmp_path):
    out, _ = ranks(tmp_path, 2, 4, "1")
    first = {int(word) for lines in out for line in lines[1:] for word in line.split()[1:]}
    newest = tmp_path / "step-00000004"
    assert sorted(path.name for path in newest.iterdir()) == [
        "loader.json", "manifest.json", "rank-0.json", "rank-1.json", "values.json",
    ]  # fmt: skip
    assert verify(newest) == []
    out, err = ranks(tmp_path, 3, 8, "2")
    assert [lines[0] for lines in out] == ["resumed 4 0"] * 3
    assert "2 processes saved it, 3 go on" in err[0]
    rest = {int(word) for lines in out for line in lines[1:] for word in line.split()[1:]}
    assert len(first) == 16
    assert first | rest == set(range(40))
    assert not first & rest


def test_what_a_faster_rank_has_begun_is_not_cleaned_up(make, monkeypatch):
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_PORT", "7")):
        monkeypatch.setenv(name, value)
    kept = make()
    ahead, old = (kept._store.beside(2, attempt) for attempt in (world.attempt(), "0123456789ab"))
    ahead.mkdir(parents=True)
    old.mkdir()
    kept.restore()
    assert ahead.is_dir()
    assert not old.exists()


def test_a_rank_that_gives_no_part(tmp_path):
    _, err = ranks(tmp_path, 2, 2, "1", only=(0,), patience=0.05)
    assert "rank 1 did not write its part" in err[0]
    assert not list(tmp_path.glob("*step*"))


HANGS = """
import os, signal, sys
from provenv_runtime import state
kept = state(sys.argv[1], values={}, every=1)
kept.stepped()
os.kill(os.getpid(), signal.SIGTERM)
signal.pause() if len(sys.argv) > 2 else kept.stepped()
while True:
    signal.pause()
"""


@pytest.mark.parametrize("hangs", [True, False])
def test_it_leaves_within_the_grace_time(tmp_path, hangs):
    done = subprocess.run(
        [sys.executable, "-c", HANGS, str(tmp_path), *(["hangs"] if hangs else [])],
        env={"PYTHONPATH": str(SOURCE), "PROVENV_RUN_GRACE": "1" if hangs else "30"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 143
    assert ("has not left in the 1 s" in done.stderr) is hangs
    saved = ["step-00000001"] if hangs else ["step-00000001", "step-00000002"]
    assert sorted(path.name for path in tmp_path.glob("step-*")) == saved
