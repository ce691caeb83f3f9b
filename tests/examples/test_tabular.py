"""The example `tabular-diabetes`: it learns, goes on after a kill, notices what makes figures worthless."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from examples.projects import Project, copy, passed, refused

pytestmark = pytest.mark.slow

FLOOR = 0.42
"""R2 of a quick training. The mean reaches 0, the best single measurement (bmi) 0.394, ridge 0.483."""
QUICK = ("--folds", "0", "--epochs", "40", "--rate", "0.003")
FIRST = "59 2 32.1 101 157 93.2 38 4 4.8598 87"
NEEDS = "import matplotlib, safetensors, torch, sklearn; print(sklearn.__path__[0])"
WEIGHTS = """
import hashlib
from safetensors.numpy import load_file
for name, one in sorted(load_file("outputs/model.safetensors").items()):
    print(name, hashlib.sha256(one.tobytes()).hexdigest())
"""

SIZES = """
from safetensors.numpy import load_file
sizes = abs(load_file("outputs/model.safetensors")["body.weight"])
print((sizes < 0.03).sum(), (sizes > 0.1).sum())
"""


@pytest.fixture(scope="module")
def python(frameworks_python: Callable[[str], Path]) -> Path:
    found = frameworks_python("torch")
    done = subprocess.run([str(found), "-c", NEEDS], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the environment with torch lacks a package: {done.stderr.splitlines()[-1]}")
    return found


@pytest.fixture(scope="module")
def patients(python: Path) -> Path:
    """Return the folder of the real data."""
    done = subprocess.run([str(python), "-c", NEEDS], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip(), "datasets", "data")


@pytest.fixture(scope="module")
def trained(python: Path, patients: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project after a quick training; tests only read it."""
    project = copy("tabular-diabetes", tmp_path_factory.mktemp("trained"), {"diabetes": patients})
    passed(project.run(python, "diabetes.train", *QUICK))
    return project


@pytest.fixture
def project(tmp_path: Path, patients: Path) -> Project:
    return copy("tabular-diabetes", tmp_path, {"diabetes": patients})


@pytest.fixture
def again(trained: Project, tmp_path: Path) -> Project:
    """Return a copy of the trained project that a test may change."""
    folder = tmp_path / "again"
    shutil.copytree(trained.folder, folder)
    return Project(trained.name, folder, trained.variables)


def figures(project: Project) -> dict[str, dict[str, float]]:
    return {one["name"]: one for one in project.evaluation()["metrics"]}


def lines(project: Project) -> list[dict[str, float]]:
    return [json.loads(line) for line in project.output("metrics.jsonl").read_text().splitlines()]


def weights(project: Project, python: Path) -> str:
    return passed(project.script(python, WEIGHTS)).stdout


def test_it_learns_and_says_how_much(trained: Project) -> None:
    evaluation, told = trained.evaluation(), figures(trained)
    assert next(iter(told)) == trained.about()["metric"] == "R2"
    assert told["R2"]["value"] >= FLOOR
    assert told["R2"]["low"] < told["R2"]["value"] < told["R2"]["high"]
    assert told["RMSE"]["better"] == "lower"
    assert abs(evaluation["baselines"][0]["value"]) < 0.05
    assert 0.4 < evaluation["baselines"][1]["value"] < 0.55
    assert all(one["ok"] for one in evaluation["checks"])
    assert {one["name"] for one in evaluation["checks"]} == {"overlap", "class shares", "progressions"}
    split = evaluation["split"]
    assert split["train"] + split["validation"] + split["test"] == 442
    assert evaluation["settings"]["loss"] == "mse"


def test_each_epoch_leaves_its_line(trained: Project) -> None:
    found = lines(trained)
    assert [one["epoch"] for one in found] == list(range(1, len(found) + 1))
    assert set(found[0]) == {"epoch", "train_loss", "validation_loss", "validation_R2", "seconds"}
    assert found[-1]["train_loss"] < found[0]["train_loss"]


def test_pictures_and_predictions_are_left(trained: Project) -> None:
    gallery = json.loads(trained.output("gallery.json").read_text("utf-8"))
    for one in gallery["pictures"]:
        content = trained.output(one["file"]).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 300_000
        assert set(one["title"]) == {"en", "zh"}
    assert len(gallery["pictures"]) == 4
    predictions = json.loads(trained.output("predictions.json").read_text("utf-8"))["predictions"]
    off = sum(abs(one["predicted"] - one["truth"]) for one in predictions) / len(predictions)
    assert off < 77  # the standard deviation of the progression


def test_a_killed_training_ends_with_the_same_weights(
    trained: Project, project: Project, python: Path
) -> None:
    # a checkpoint every ten steps, an epoch of nine: the newest one lies within an epoch
    begun = project.start(python, "diabetes.train", *QUICK, PROVENV_CHECKPOINTS_EVERY="10")
    metrics = project.output("metrics.jsonl")
    while not (metrics.exists() and metrics.read_bytes().count(b"\n") >= 4):
        assert begun.poll() is None, begun.communicate()
    begun.send_signal(signal.SIGKILL)
    begun.communicate()
    assert not project.output("model.safetensors").exists()
    ended = passed(project.run(python, "diabetes.train", *QUICK))
    assert "goes on after epoch" in ended.stdout
    assert weights(project, python) == weights(trained, python)
    same = ("epoch", "train_loss", "validation_loss", "validation_R2")
    assert [[one[key] for key in same] for one in lines(project)] == [
        [one[key] for key in same] for one in lines(trained)
    ]


def test_two_processes_train_one_model(project: Project, python: Path) -> None:
    passed(project.run(python, "diabetes.train", *QUICK, processes=2))
    assert figures(project)["R2"]["value"] >= FLOOR
    assert [one["epoch"] for one in lines(project)] == list(range(1, len(lines(project)) + 1))


def test_settings_decide_what_is_trained(project: Project, python: Path) -> None:
    # l1 beside the mean absolute error: most of ten weights go to nearly nothing
    done = project.run(
        python,
        "diabetes.train",
        *("--model", "linear", "--loss", "l1", "--optimizer", "sgd", "--rate", "0.02", "--l1", "0.1"),
        *("--epochs", "60", "--folds", "3"),
    )
    passed(done)
    evaluation = project.evaluation()
    assert evaluation["parameters"] == 11
    assert "R2, mean of 3 folds" in figures(project)
    assert figures(project)["R2, mean of 3 folds"]["value"] >= FLOOR - 0.1
    shown = passed(project.script(python, SIZES)).stdout
    small, large = map(int, shown.split())
    assert small >= 4
    assert large >= 2


def test_the_lasso_ends_where_theory_says(again: Project, python: Path) -> None:
    # from 2 max |x'y| / n on every weight is 0; with nothing taken away it is least squares
    passed(
        again.script(
            python,
            """
import numpy as np
from diabetes import data
from diabetes.figures import Ridge, lasso_path
train = data.load().train
least = Ridge(train, 0.0)
inputs = least.standardised(train.measured)
wanted = (train.progression - train.progression.mean()) / train.progression.std()
end = 2 * np.abs(inputs.T @ wanted).max() / len(train)
path = lasso_path(train, np.array([1e-9, end * 0.999, end * 1.001]), rounds=20000)
assert not path[2].any() and (path[1] != 0).sum() == 1, path
assert np.allclose(path[0] * train.progression.std(), least.weights, atol=0.01), (path[0], least.weights)
""",
        )
    )


def test_one_patient_and_many(again: Project, python: Path) -> None:
    model = again.output("model.safetensors").read_bytes()
    single = passed(again.run(python, "diabetes.predict", "--values", FIRST)).stdout
    of_test = passed(again.run(python, "diabetes.predict", "--index", "0")).stdout
    first = json.loads(again.output("predictions.json").read_text("utf-8"))["predictions"][0]
    assert of_test.startswith(f"test patient 0: {first['predicted']:.1f}, in truth {first['truth']:g}")
    tables = again.folder / "tables"
    tables.mkdir()
    names = "s6,s5,s4,s3,s2,s1,bp,bmi,sex,age"
    (tables / "named.csv").write_text(f"{names}\n{','.join(reversed(FIRST.split()))}\n")
    test = (value.split(" ")[1] for value in first["text"].split(", "))
    (tables / "plain.csv").write_text(f"{','.join(FIRST.split())}\n{','.join(test)}\n")
    passed(again.run(python, "diabetes.predict", "--folder", "tables"))
    found = json.loads(again.output("batch.json").read_text("utf-8"))["predictions"]
    told = [one["predicted"] for one in found]
    assert len(told) == 3
    assert told[0] == pytest.approx(told[1], abs=0.001)
    assert single.startswith(f"this patient: {told[0]:.1f}")
    assert told[2] == pytest.approx(first["predicted"], abs=0.01)
    assert again.output("model.safetensors").read_bytes() == model


def test_the_saved_model_is_judged_as_in_the_training(again: Project, python: Path) -> None:
    before = again.output("evaluation.json").read_bytes()
    predictions = again.output("predictions.json").read_bytes()
    passed(again.run(python, "diabetes.evaluate"))
    assert again.output("evaluation.json").read_bytes() == before
    assert again.output("predictions.json").read_bytes() == predictions


SPOILED = """
from dataclasses import replace
import numpy as np
from diabetes import data, evaluate
from diabetes.data import Parts, Patients
from diabetes.errors import run
from diabetes.inference import FILE, Trained

def spoiled():
    parts = data.load()
    return {change}

run(lambda: evaluate.report(Trained.load(evaluate.OUTPUTS / FILE), spoiled()))
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        # patients of the training part are tested
        ("Parts(parts.train, parts.validation, parts.train.take(list(range(0, 87))))", "share 87 items"),
        # each progression stands one row below its patient
        (
            "replace(parts, test=Patients(parts.test.measured, np.roll(parts.test.progression, 1)))",
            "moved by 1 row",
        ),
        # only the heavy cases are tested
        (
            "replace(parts, test=parts.test.take(np.argsort(parts.test.progression)[-25:]))",
            "the classes are not shared alike",
        ),
    ],
)
def test_what_makes_the_figures_worthless_is_noticed(
    again: Project, python: Path, change: str, words: str
) -> None:
    refused(again.script(python, SPOILED.format(change=change)), words)
    assert not all(one["ok"] for one in again.evaluation()["checks"])


def test_mistakes_are_told_in_a_sentence(again: Project, python: Path, tmp_path: Path) -> None:
    refused(again.run(python, "diabetes.train", "--optimizer", "adamm"), "did you mean `adam`?", code=2)
    refused(again.run(python, "diabetes.train", "--rate", "-1"), "`rate` can't be -1.0")
    refused(again.run(python, "diabetes.predict", "--values", "1 2"), "a patient is 10 numbers")
    refused(again.run(python, "diabetes.predict", "--file", "none.csv"), "there is no none.csv")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(again.run(python, "diabetes.evaluate", PROVENV_DATA_DIABETES=str(empty)), "brings it")
    gone = {"PROVENV_DATA_DIABETES": os.devnull + "-none"}
    refused(again.run(python, "diabetes.evaluate", **gone), "PROVENV_DATA_DIABETES")
    again.output("model.safetensors").unlink()
    refused(again.run(python, "diabetes.evaluate"), "train first")
