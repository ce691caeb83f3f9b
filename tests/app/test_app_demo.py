"""The demo on an example that needs nothing but Python: recorded, honest about its data, gone on with."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest

from provenv.app import demo as demos
from provenv.app import examples, template
from provenv.errors import Failure
from provenv.model.progress import Silent
from provenv.runs.folder import run_folders
from provenv.runs.reading import read_run

DECLARED = """
schema = 1
name = "tiny-one"
requirements = []

[run.train]
command = "python train.py"

[run.predict]
command = "python predict.py"
"""
ABOUT = """
task = "classification"
metric = "accuracy"
better = "higher"
floor = 0.5
data_bytes = 0
[title]
en = "A coin"
zh = "硬币"
[data]
en = "none"
zh = "无"
"""
TRAIN = """
import json
from pathlib import Path

outputs = Path("outputs")
outputs.mkdir(exist_ok=True)
lines = [{"epoch": n, "train_loss": 1 / n, "validation_loss": 1 / n, "validation_accuracy": 0.5 + n / 10,
          "seconds": 0.5} for n in (1, 2, 3)]
(outputs / "metrics.jsonl").write_text("".join(json.dumps(one) + "\\n" for one in lines))
evaluation = {
    "schema": 1, "task": "classification", "of": "tosses", "count": 10,
    "metrics": [{"name": "accuracy", "value": 0.8, "low": 0.5, "high": 0.95, "better": "higher"}],
    "classes": ["head", "tail"], "confusion": [[4, 1], [1, 4]], "precision": [0.8, 0.8], "recall": [0.8, 0.8],
    "split": {"train": 20, "validation": 10, "test": 10, "digest": "sha256:00"},
}
(outputs / "evaluation.json").write_text(json.dumps(evaluation))
print("trained")
"""
PREDICT = """
import json
from pathlib import Path

made = [{"index": 0, "truth": 0, "scores": [0.9, 0.1], "text": "up"},
        {"index": 1, "truth": 1, "scores": [0.9, 0.1], "text": "up", "picture": "pictures/none.png"}]
Path("outputs/predictions.json").write_text(json.dumps({"predictions": made}))
"""
FILES = {"provenv.toml": DECLARED, "example.toml": ABOUT, "train.py": TRAIN, "predict.py": PREDICT}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(content), encoding="utf-8")


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of examples that is offered in place of the real one."""
    root = tmp_path / "examples"
    for name in ("tiny-one", "tiny-two", "digits-torch"):
        write(root / name, FILES)
    write(root / "tiny-one", {"outputs/evaluation.json": "{}", "checkpoints/last": "", "a/b.py": ""})
    monkeypatch.setattr(examples, "examples", lambda: root)
    return root


class Heard(Silent):
    """Progress that keeps the warnings."""

    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, problem) -> None:
        """Keep its code."""
        self.warned.append(problem.code)


def test_names_short_names_and_families(offered):
    assert examples.meant("tiny-one") == ("tiny-one",)
    assert examples.meant("tiny") == ("tiny-one", "tiny-two")
    assert examples.meant("torch") == ("digits-torch",)
    assert demos.wanted(["tiny", "tiny-two", "torch"]) == ("tiny-one", "tiny-two", "digits-torch")
    assert {"tiny", "torch", "digits", "tiny-two"} <= set(examples.typed_names())


def test_an_unknown_name_comes_with_the_list_and_the_nearest(offered):
    with pytest.raises(Failure) as failed:
        examples.meant("tiny-on")
    (found,) = failed.value.problems
    assert (found.code, failed.value.exit_code) == ("PV770", 2)
    assert found.what.args["known"] == "digits-torch, tiny-one, tiny-two"
    assert found.hints[0].text.args["name"] == "tiny-one"


def test_where_the_copies_go(tmp_path):
    here = tmp_path.resolve()
    assert demos.folders(["a"], tmp_path, None) == {"a": here / "provenv-demo-a"}
    assert demos.folders(["a"], tmp_path, tmp_path / "x") == {"a": here / "x"}
    assert demos.folders(["a", "b"], tmp_path, tmp_path / "x") == {"a": here / "x/a", "b": here / "x/b"}


def test_a_template_is_copied_under_the_folders_name_and_nothing_else_comes_along(offered, tmp_path):
    goal = tmp_path / "my project"
    goal.mkdir()
    made = template.begin(goal, "tiny-one")
    assert sorted(str(one.relative_to(goal)) for one in goal.rglob("*") if one.is_file()) == [
        "a/b.py",
        "predict.py",
        "provenv.toml",
        "train.py",
    ]
    assert 'name = "my-project"\n' in (goal / "provenv.toml").read_text()
    assert made.next == ("provenv up", "provenv run train")


def test_a_template_writes_over_nothing_but_the_declared_file_when_forced(offered, tmp_path):
    goal = tmp_path / "mine"
    write(goal, {"train.py": "# mine\n"})
    for force in (False, True):
        with pytest.raises(Failure) as failed:
            template.begin(goal, "tiny-one", force=force)
        assert failed.value.problems[0].code == "PV740"
        assert [one.name for one in goal.iterdir()] == ["train.py"]
    (goal / "train.py").unlink()
    write(goal, {"provenv.toml": "schema = 1\n"})
    with pytest.raises(Failure):
        template.begin(goal, "tiny-one")
    template.begin(goal, "tiny-one", force=True)
    assert 'name = "mine"' in (goal / "provenv.toml").read_text()


def test_a_folder_with_something_else_is_left_alone(offered, tmp_path):
    write(tmp_path / "taken", {"thesis.tex": ""})
    with pytest.raises(Failure) as failed:
        demos.demo({"tiny-one": tmp_path / "taken"}, Silent())
    assert failed.value.problems[0].code == "PV771"


def test_data_that_cannot_be_had_is_told_of_all_before_anything_is_installed(offered, tmp_path):
    lacking = '\n[data.coins]\ndebian = "provenv-no-such-package"\npath = "/usr/share/coins"\n'
    write(offered / "tiny-one", {"provenv.toml": DECLARED + lacking})
    write(offered / "tiny-two", {"provenv.toml": DECLARED + lacking.replace("coins", "dice")})
    goals = {name: tmp_path / name for name in ("tiny-one", "tiny-two")}
    with pytest.raises(Failure) as failed:
        demos.demo(goals, Silent())
    assert [one.code for one in failed.value.problems] == ["PV1446", "PV1446"]
    assert any("apt-get install" in (hint.command or "") for hint in failed.value.problems[0].hints)
    assert not (tmp_path / "tiny-one" / ".provenv").exists()


def test_a_comparison_is_written_over_no_file_of_the_users(offered, tmp_path):
    (tmp_path / "comparison.html").write_text("my own page")
    goals = {name: tmp_path / name for name in ("tiny-one", "tiny-two")}
    with pytest.raises(Failure) as failed:
        demos.demo(goals, Silent())
    assert failed.value.problems[0].code == "PV777"
    assert not (tmp_path / "tiny-one").exists()


@pytest.mark.slow
def test_the_whole_way_is_recorded_and_gone_on_with(offered, tmp_path):
    heard = Heard()
    goals = {name: tmp_path / name for name in ("tiny-one", "tiny-two")}
    first, second = demos.demo(goals, heard)
    assert [command for command, _ in first.commands] == [
        "provenv up",
        "provenv run train",
        "provenv run predict",
    ]
    assert (first.evaluation.headline.value, len(first.epochs), len(first.predictions)) == (0.8, 3, 2)
    assert heard.warned.count("PV776") == 2
    # two that begin within one second stand in no order
    runs = {one.record.name: one for one in map(read_run, run_folders(tmp_path / "tiny-one"))}
    assert {name: one.state for name, one in runs.items()} == {"train": "done", "predict": "done"}
    assert first.cost.run == runs["train"].record.id
    summary = demos.finish([first, second], ["<p>one</p>", "<p>two</p>"], "<p>both</p>")
    assert summary.comparison == str(tmp_path / "comparison.html")
    assert (tmp_path / "tiny-two" / "report.html").read_text() == "<p>two</p>"
    done = summary.demos[0]
    assert (done.metric, done.value, done.reached, done.of) == ("accuracy", 0.8, True, "tosses")
    # a training that does not judge again is judged by the declared run
    declared = DECLARED + '\n[run.evaluate]\ncommand = "python evaluate.py"\n'
    judged = TRAIN.partition("evaluation =")[0] + "print('nothing to do')\n"
    write(
        tmp_path / "tiny-one",
        {"provenv.toml": declared, "train.py": judged, "evaluate.py": "print('judged')\n"},
    )
    (again,) = demos.demo({"tiny-one": tmp_path / "tiny-one"}, Silent())
    assert [command for command, _ in again.commands][2] == "provenv run evaluate"


@pytest.mark.slow
def test_a_step_that_fails_is_named_with_the_end_of_what_it_said(offered, tmp_path):
    write(offered / "tiny-one", {"train.py": "import sys\nprint('half way')\nsys.exit('no more coins')\n"})
    with pytest.raises(Failure) as failed:
        demos.demo({"tiny-one": tmp_path / "t"}, Silent())
    (found,) = failed.value.problems
    assert (found.code, found.what.args["step"], found.what.args["exit"]) == ("PV772", "train", 1)
    assert found.why.args["text"].endswith("no more coins")
    assert "half way" in found.why.args["text"]
    assert json.dumps([hint.command for hint in found.hints]).count("runs logs") == 1
