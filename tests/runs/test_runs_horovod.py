"""Scripts that use Horovod: what is started, what is read of it, what is said to take its place."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from provenv.runs.horovod import read
from provenv.runs.horovod_advice import advice, without_launcher
from provenv.runs.horovod_names import TENSORFLOW, TORCH, key_of
from provenv.runs.started import Started, may_need_horovod, script_of
from supervising import new_run, supervised

SCRIPTS = Path(__file__).parent / "horovod"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "package").mkdir()
    for name in ("train.py", "package/__main__.py", "package/fit.py", "file.txt"):
        (tmp_path / name).write_text("import horovod.torch\n")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "script", "count"),
    [
        ("python train.py --lr 1", "train.py", ""),
        ("python3.11 -u -W ignore train.py", "train.py", ""),
        ("python -m package.fit", "package/fit.py", ""),
        ("python -m package", "package/__main__.py", ""),
        ("python package", "package/__main__.py", ""),
        ("horovodrun -np 4 -H a:2,b:2 python train.py", "train.py", "4"),
        ("horovodrun --num-proc=2 python -m package.fit", "package/fit.py", "2"),
        ("mpirun -n 3 --bind-to none -x PATH python train.py", "train.py", "3"),
        ("torchrun --nproc-per-node=2 train.py --python 3", "train.py", "2"),
        ("env A=1 python train.py", "train.py", ""),
        ("./train.py", "train.py", ""),
        ("python missing.py", None, ""),
        ("python -c train.py", None, ""),
        ("python - train.py", None, ""),
        ("python -m", None, ""),
        ("python", None, ""),
        ("cat train.py", None, ""),
        ("echo python train.py", None, ""),
        ("", None, ""),
    ],
)
def test_which_script_a_command_starts(place, command, script, count):
    found = script_of(command.split(), str(place), {})
    assert (os.path.relpath(found.path, place) if found else None) == script
    assert (found.count if found else "") == count
    assert may_need_horovod(command.split(), str(place), {}) is (
        script is not None or command.startswith("horovodrun")
    )


def test_a_module_is_looked_for_where_pythonpath_says(place, tmp_path):
    beside = tmp_path / "elsewhere"
    beside.mkdir()
    variables = {"PYTHONPATH": f"/nowhere{os.pathsep}{place}"}
    assert script_of(["python", "-m", "package.fit"], str(beside), variables).path == str(
        place / "package" / "fit.py"
    )


@pytest.mark.parametrize(
    ("script", "frameworks", "line", "certain", "guarded", "names"),
    [
        ("import horovod.torch as hvd\nhvd.init()\nhvd.rank()", "torch", 1, True, False, "init rank"),
        ("from horovod import torch as h\nh.elastic.run(f)", "torch", 1, True, False, "elastic.run"),
        ("import horovod.torch\nhorovod.torch.init()", "torch", 1, True, False, "init"),
        ("from horovod.torch import init, rank as r\ninit(); r()", "torch", 1, True, False, "init rank"),
        ("import horovod.tensorflow.keras as k\nk.init()", "tensorflow.keras", 1, True, False, "init"),
        (
            "import horovod.tensorflow.keras as k\nk.callbacks.X(0)",
            *("tensorflow.keras", 1, True, False, "callbacks.X"),
        ),
        ("import horovod.keras as hvd\nhvd.load_model(p).fit()", "keras", 1, True, False, "load_model"),
        ("import horovod.mxnet as hvd", "mxnet", 1, True, False, ""),
        ("import horovod\nhorovod.run(main, np=2)", "", 1, True, False, "run"),
        ("if args.horovod:\n    import horovod.torch as hvd\n", "torch", 2, False, False, ""),
        ("def main():\n  import horovod.torch as h\n  h.init()", "torch", 2, False, False, "init"),
        ("try:\n  import horovod.torch\nexcept ImportError:\n  pass", "torch", 2, False, True, ""),
        ("try:\n  import horovod.torch\nexcept (KeyError, Exception):\n  pass", "torch", 2, False, True, ""),
        ("try:\n  import horovod.torch\nfinally:\n  pass", "torch", 2, True, False, ""),
        ("try:\n  import horovod.torch\nexcept KeyError:\n  pass", "torch", 2, True, False, ""),
        ("with a:\n  import horovod.torch\n", "torch", 2, False, False, ""),
        ("import sys\nsys.path.insert(0, 'lib')\nimport horovod.torch", "torch", 3, False, False, ""),
        (
            "def f():\n  import horovod.torch\nimport horovod.tensorflow as h",
            *("torch tensorflow", 3, True, False, ""),
        ),
    ],
)
def test_what_a_script_uses(script, frameworks, line, certain, guarded, names):
    use = read(script.encode())
    assert set(use.frameworks) == set(frameworks.split())
    assert (use.line, use.certain, use.guarded) == (line, certain, guarded)
    assert use.source.endswith(script.splitlines()[line - 1])
    assert [one.name for one in use.calls] == names.split()


@pytest.mark.parametrize(
    "script",
    [
        "# horovod is not used",
        "import torch\nprint('horovod')",
        "from .horovod import init",
        "import horovodder",
        "import horovod.torch as",
        "\0import horovod.torch",
    ],
)
def test_what_uses_none_of_it(script):
    assert read(script.encode()) is None


PLAIN = Started("/project/train.py", ("python", "train.py"))


def told(script, started=PLAIN, *, installed=False, world=1):
    content = (SCRIPTS / script).read_text() if script.endswith(".txt") else script
    return advice(started, read(content.encode()), folder="/project", installed=installed, world=world)


def test_a_script_for_torch_is_translated_line_by_line():
    found = told(
        "gradients_horovod.txt",
        Started("/project/train.py", ("python", "train.py", "--lr", "1"), "horovodrun", "4"),
    )
    assert (found.code, found.severity) == ("PV1256", "error")
    assert (found.where.file, found.where.line, found.where.source) == (
        *("train.py", 2),
        "import horovod.torch as hvd",
    )
    rows = {one.text.key: one.text.args for one in found.hints if "lines" in one.text.args}
    assert [key.removeprefix("horovod.torch.") for key in rows] == [
        *("init", "rank", "size", "parameters", "optimizer_state", "optimizer"),
        *("allreduce", "allgather", "broadcast_object"),
    ]
    assert rows["horovod.torch.rank"] == {"call": "hvd.rank", "lines": "5, 11, 18, 21"}
    assert [one.command for one in found.hints if one.command] == [
        "provenv run --processes 4 -- python train.py --lr 1",
        "torchrun --nproc-per-node 4 train.py --lr 1",
    ]


def test_a_script_for_keras_gets_tensorflows_own_strategy():
    found = told("keras_horovod.txt")
    keys = [one.text.key for one in found.hints]
    assert keys[0] == "horovod.tensorflow"
    assert {f"horovod.tensorflow.{one}" for one in ("init", "optimizer", "size", "variables", "metrics")} < {
        *keys
    }
    assert [one.command for one in found.hints if one.command] == [
        "provenv run --processes auto -- python train.py"
    ]


@pytest.mark.parametrize(
    ("script", "installed", "code"),
    [
        ("import horovod.torch", False, "PV1256"),
        ("import horovod.torch", True, "PV1255"),
        ("if a:\n  import horovod.torch", False, "PV1255"),
        ("try:\n  import horovod.torch\nexcept ImportError:\n  pass", True, "PV1255"),
        ("try:\n  import horovod.torch\nexcept ImportError:\n  pass", False, None),
    ],
)
def test_only_what_can_not_go_well_is_an_error(script, installed, code):
    found = told(script, installed=installed)
    assert (found and found.code) == code
    assert found is None or found.severity == ("error" if code == "PV1256" else "warning")


def test_processes_that_horovod_would_not_know_of_are_told():
    keys = [one.text.key for one in told("import horovod.torch", installed=True, world=2).hints]
    assert "horovod.alone" in keys
    keys = [one.text.key for one in told("import horovod.torch", installed=True).hints]
    assert "horovod.alone" not in keys


def test_mxnet_is_retired_too():
    found = told("import horovod.mxnet as hvd\nhvd.init()")
    assert found.hints[0].text.key == "horovod.mxnet"
    assert "2023" in found.hints[1].text.args["en"]


def test_the_launcher_alone_is_explained():
    found = without_launcher(("horovodrun", "-np", "2", "echo"), None)
    assert (found.code, found.hints) == ("PV1257", ())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(("family", "rows"), [("torch", TORCH), ("tensorflow", TENSORFLOW)])
def test_every_row_has_words(language, family, rows):
    folder = Path(__file__).parents[2] / "src" / "provenv" / "ui" / "catalogues" / language
    words = (folder / "runs_horovod.po").read_text()
    keys = set(re.findall(rf'msgid "horovod\.{family}\.(\w+)"', words))
    assert keys == {*rows.values(), "other"}


def test_a_name_is_known_by_its_beginning():
    assert key_of("elastic.run.reset", TORCH) == "elastic"
    assert key_of("Compression.none", TORCH) == "compression"
    assert key_of("newest", TORCH) == "other"


@pytest.mark.slow
def test_the_translation_averages_as_horovod_does(tmp_path, torch_python):
    """What Horovod's documentation promises of each call, seen of the lines that take its place."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    folder = new_run(tmp_path)
    done = supervised(
        folder,
        [str(torch_python), str(SCRIPTS / "gradients_torch.py")],
        world=2,
        environment={**kept, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.end.code == 0, folder.log(1, 0).read_text()
    words = [folder.log(1, rank).read_text() for rank in range(2)]
    first, second = (json.loads(re.search(r"^told (.*)$", one, re.MULTILINE)[1]) for one in words)
    assert (first.pop("rank"), second.pop("rank")) == (0, 1)
    assert first == second
    # by hand, without torch: the loss is the mean over two rows of (w.x + b)^2
    (weight,), (bias,) = first["weight"], first["bias"]
    losses, gradients = [], []
    for rank in range(2):
        rows = [[10 * rank + 3 * row + column for column in range(3)] for row in range(2)]
        assert first["every"][2 * rank : 2 * rank + 2] == rows
        outs = [sum(w * x for w, x in zip(weight, row, strict=True)) + bias for row in rows]
        losses.append(sum(out * out for out in outs) / 2)
        gradients.append(
            [sum(out * row[column] for out, row in zip(outs, rows, strict=True)) for column in range(3)]
        )
    assert first["mean"] == pytest.approx(sum(losses) / 2, rel=1e-5)
    assert first["gradient"][0] == pytest.approx(
        [sum(both) / 2 for both in zip(*gradients, strict=True)], rel=1e-5
    )
    assert first["seed"] == {"seed": 7}
