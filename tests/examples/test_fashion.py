"""The examples of clothes, run as a user runs them, on a small part of the real Fashion-MNIST.

The quick training learns from 2,250 pictures, three times over. Ten classes in equal shares: a model that
learned nothing is right for a tenth, so is one whose labels were shuffled, and one whose labels were moved
for almost none. That is what the floor of 0.7 is above; it reaches about 0.82.
"""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from examples import clothes
from examples.projects import Project, copy, passed, refused

pytestmark = pytest.mark.slow

FLOOR = 0.7
PYTHONS = {"fashion-torch": "torch", "fashion-lightning": "torch", "fashion-keras": "tensorflow"}
MODELS = {
    "fashion-torch": "model.safetensors",
    "fashion-lightning": "model.safetensors",
    "fashion-keras": "model.keras",
}
QUICK = ("--epochs", "3")
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
EACH = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in PYTHONS]
each = pytest.mark.parametrize("example", EACH, indirect=True)
with_torch = pytest.mark.parametrize("example", EACH[:1], indirect=True)
both_frameworks = pytest.mark.parametrize("example", [EACH[0], EACH[2]], indirect=True)
# Keras compiles anew for each declaration: minutes
LONG = pytest.param("fashion-keras", marks=[pytest.mark.xdist_group("fashion-keras"), pytest.mark.long])
torch_and_long_keras = pytest.mark.parametrize("example", [EACH[0], LONG], indirect=True)


@pytest.fixture(scope="module")
def example(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def python(example: str, frameworks_python: Callable[[str], Path]) -> Path:
    return frameworks_python(PYTHONS[example])


@pytest.fixture(scope="module")
def whole() -> tuple[clothes.Clothes, clothes.Clothes]:
    if not clothes.DEBIAN.is_dir():
        pytest.skip("Debian's package dataset-fashion-mnist is not installed")
    return clothes.read("train"), clothes.read("t10k")


@pytest.fixture(scope="module")
def small(whole, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with 250 pictures of each class to learn from, and 100 of each to be judged on."""
    folder = tmp_path_factory.mktemp("clothes") / "small"
    return clothes.write(folder, whole[0].some(0, 250), whole[1].some(0, 100))


@pytest.fixture(scope="module")
def trained(example: str, python: Path, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy in which the quick training was made; `told` in it is what that printed."""
    project = copy(example, tmp_path_factory.mktemp("trained"), {"fashion": small})
    told = passed(project.run(python, "fashion.train", *QUICK, **ONE_THREAD)).stdout
    project.output("told").write_text(told, encoding="utf-8")
    return project


@pytest.fixture
def project(example: str, small: Path, tmp_path: Path) -> Project:
    return copy(example, tmp_path, {"fashion": small})


def lines(project: Project) -> list[dict]:
    return [json.loads(line) for line in project.output("metrics.jsonl").read_text().splitlines()]


def losses(project: Project) -> list[tuple[float, float]]:
    return [(line["train_loss"], line["validation_loss"]) for line in lines(project)]


def accuracy(project: Project) -> float:
    (first, *_others) = project.evaluation()["metrics"]
    assert first["name"] == "accuracy"
    assert first["low"] < first["value"] < first["high"]
    return float(first["value"])


def weights(project: Project) -> bytes:
    """Return the weights of the saved model, without what tells when it was made."""
    path = project.output(MODELS[project.name])
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            return archive.read("model.weights.h5")
    content = path.read_bytes()
    return content[8 + struct.unpack("<Q", content[:8])[0] :]


@each
def test_it_learns_and_leaves_all_that_a_report_needs(trained):
    found = trained.evaluation()
    assert accuracy(trained) >= FLOOR
    assert accuracy(trained) > found["baselines"][0]["value"] > 0.5
    assert found["task"] == "classification"
    assert (found["count"], found["of"]) == (1000, "pictures")
    assert [one["ok"] for one in found["checks"]] == [True] * 4
    assert found["split"]["digest"] in trained.output("told").read_text()
    assert {name: found["split"][name] for name in ("train", "validation", "test")} == {
        "train": 2250,
        "validation": 250,
        "test": 1000,
    }
    assert found["parameters"] <= 120_000
    predictions = json.loads(trained.output("predictions.json").read_text())["predictions"]
    right = [one for one in predictions if max(range(10), key=one["scores"].__getitem__) == one["truth"]]
    assert {one["truth"] for one in right} == set(range(10))
    assert len(right) < len(predictions)
    assert all(abs(sum(one["scores"]) - 1) < 1e-4 and len(one["pixels"]) == 28 for one in predictions)
    gallery = json.loads(trained.output("gallery.json").read_text())["pictures"]
    names = {Path(one["file"]).stem for one in gallery}
    assert names == {"curves", "confusion", "predictions", "saliency", "mistakes"}
    for one in gallery:
        content = trained.output(one["file"]).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert len(content) < 300_000
        assert one["title"].keys() == {"en", "zh"}


@each
def test_every_epoch_leaves_its_line(trained):
    found = lines(trained)
    assert [line["epoch"] for line in found] == [1, 2, 3]
    assert found[0]["train_loss"] > found[1]["train_loss"] > found[2]["train_loss"]
    best = min(found, key=lambda line: line["validation_loss"])
    assert f"the best epoch was {best['epoch']};" in trained.output("told").read_text()


@each
def test_the_saved_model_says_what_it_said_when_training_ended(trained, python):
    before = trained.evaluation(), trained.output("predictions.json").read_bytes()
    passed(trained.run(python, "fashion.evaluate", **ONE_THREAD))
    assert (trained.evaluation(), trained.output("predictions.json").read_bytes()) == before


@each
def test_a_killed_training_goes_on_to_the_same_weights(trained, project, python):
    killed_in_mid_epoch(project, python)
    told = passed(project.run(python, "fashion.train", *QUICK, **ONE_THREAD)).stdout
    assert "goes on after epoch 1" in told
    assert losses(project) == losses(trained)
    assert weights(project) == weights(trained)


def killed_in_mid_epoch(project: Project, python: Path) -> None:
    """Kill -9 once a checkpoint of the second epoch is there (an epoch has 18 steps)."""
    process = project.start(python, "fashion.train", *QUICK, PROVENV_CHECKPOINTS_EVERY="5", **ONE_THREAD)
    until = time.monotonic() + 300
    while not any(int(one.name[5:]) > 20 for one in project.folder.glob("checkpoints/*/step-????????")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@each
def test_two_processes_train_one_model(trained, project, python):
    ended = [passed(one) for one in project.together(python, "fashion.train", *QUICK, **ONE_THREAD)]
    assert accuracy(project) >= FLOOR
    assert [line["epoch"] for line in lines(project)] == [1, 2, 3]
    assert "accuracy" not in ended[1].stdout
    # each step sees the very pictures that one process would have seen, so the validation goes the same way
    assert losses(project)[-1][1] == pytest.approx(losses(trained)[-1][1], rel=0.25)


@with_torch
def test_one_picture_and_a_folder_of_them_are_named(trained, python):
    """Three pictures of the test part as files: as they are, larger and coloured, dark on white."""
    code = """
import numpy as np
from pathlib import Path
from PIL import Image, ImageOps
from fashion import data
one = Image.fromarray(data.load().test.pixels[1])
folder = Path("mine")
folder.mkdir(exist_ok=True)
one.save(folder / "a.png")
one.resize((280, 280), Image.Resampling.NEAREST).convert("RGB").save(folder / "b.png")
ImageOps.invert(one).save(folder / "c.png")
Path("mine/not-a-picture.png.txt").write_text("x")
"""
    passed(trained.script(python, code))
    of_test = passed(trained.run(python, "fashion.predict", "--index", "1")).stdout.splitlines()
    name = of_test[0].removeprefix("test picture 1: ")
    of_file = passed(trained.run(python, "fashion.predict", "--file", "mine/a.png")).stdout.splitlines()
    assert of_file[0] == f"mine/a.png: {name}"
    assert [line.split("  <-")[0] for line in of_test[1:]] == of_file[1:]
    passed(trained.run(python, "fashion.predict", "--folder", "mine"))
    batch = json.loads(trained.output("batch.json").read_text())["predictions"]
    assert [one["file"] for one in batch] == ["mine/a.png", "mine/b.png", "mine/c.png"]
    assert {one["class"] for one in batch} == {name}
    assert batch[0]["scores"] == batch[2]["scores"]
    assert f"{max(batch[0]['scores']):7.2%}" in "".join(of_file)


@with_torch
def test_a_leak_is_noticed(trained, whole, python, tmp_path):
    train, test = whole
    leaky = clothes.write(tmp_path / "leaky", train.some(0, 250) + test.some(0, 5), test.some(0, 100))
    done = trained.run(python, "fashion.train", *QUICK, PROVENV_DATA_FASHION=str(leaky))
    refused(done, "leak: train and test share")
    # the data are whole now, but the model has learned from what it is judged on
    seen = clothes.write(tmp_path / "seen", train.some(250, 350), train.some(0, 50))
    done = trained.run(python, "fashion.evaluate", PROVENV_DATA_FASHION=str(seen))
    refused(done, "leak: train and test share")


@with_torch
def test_labels_that_were_moved_are_noticed(trained, whole, python, tmp_path):
    moved = clothes.write(tmp_path / "moved", whole[0].some(0, 250), whole[1].some(0, 100).shifted())
    refused(trained.run(python, "fashion.evaluate", PROVENV_DATA_FASHION=str(moved)), "the labels don't fit")


@with_torch
def test_a_wrong_setting_is_one_sentence(project, python):
    refused(project.run(python, "fashion.train", "--optimizer", "adamm"), "did you mean `adam`", code=2)
    settings = project.folder / "settings.toml"
    settings.write_text(settings.read_text() + "ratte = 0.1\n")
    refused(project.run(python, "fashion.train"), "settings.toml: there is no setting `ratte`", code=2)
    settings.unlink()
    refused(project.run(python, "fashion.train", "--epochs", "0"), "`epochs` can't be 0")


@with_torch
def test_data_that_are_missing_or_torn_are_one_sentence(project, small, python, tmp_path):
    code = """
import json, os, sys
from fashion import errors, train
for place in json.loads(os.environ["PLACES"]):
    os.environ.pop("PROVENV_DATA_FASHION", None)
    os.environ.update({"PROVENV_DATA_FASHION": place} if place else {})
    sys.argv = ["train"]
    try:
        errors.run(train.main)
    except SystemExit as end:
        print(end.code)
"""
    torn = shutil.copytree(small, tmp_path / "torn")
    (torn / "t10k-images-idx3-ubyte").write_bytes((small / "t10k-images-idx3-ubyte").read_bytes()[:5000])
    wrong = shutil.copytree(small, tmp_path / "wrong")
    shutil.copy(small / "t10k-labels-idx1-ubyte", wrong / "train-labels-idx1-ubyte")
    (tmp_path / "empty").mkdir()
    places = ["", str(tmp_path / "nowhere"), str(tmp_path / "empty"), str(torn), str(wrong)]
    told = passed(project.script(python, code, PLACES=json.dumps(places))).stdout.splitlines()
    assert len(told) == 5, told
    words = ("has no place", "is not at", "there is no train-images", "is torn", "2500, 28, 28")
    for line, one in zip(told, words, strict=True):
        assert one in line
        assert line.startswith("fashion: ")


@with_torch
def test_four_files_that_were_fetched_are_the_same_data(project, small, python, tmp_path):
    code = "from fashion import data; print(data.load().digest)"
    names = {"train": "TRAIN", "t10k": "TEST"}
    kinds = {"images-idx3": "IMAGES", "labels-idx1": "LABELS"}
    files = {}
    for part, ours in names.items():
        for kind, its in kinds.items():
            packed = tmp_path / f"{part}-{kind}-ubyte.gz"
            packed.write_bytes(gzip.compress((small / f"{part}-{kind}-ubyte").read_bytes()))
            files[f"PROVENV_DATA_FASHION_{ours}_{its}"] = str(packed)
    alone = Project(project.name, project.folder)
    in_folder = passed(project.script(python, code)).stdout
    assert in_folder.startswith("sha256:")
    assert passed(alone.script(python, code, **files)).stdout == in_folder
    assert passed(alone.script(python, code, PROVENV_DATA_FASHION=str(tmp_path))).stdout == in_folder


@both_frameworks
def test_what_the_model_looked_at_is_what_its_score_hangs_on(trained, python):
    code = """
import json
import numpy as np
from pathlib import Path
from fashion import data, saliency
from fashion.inference import FILE, Trained
model, ink = Trained.load(Path("outputs") / FILE), data.ink(data.load().test.pixels[:8])
chosen = model.scores(ink).argmax(1)
parts = saliency.integrated_gradients(model, ink, chosen, steps=128)
smooth = saliency.smooth_grad(model, ink, chosen)
# along the smoothed gradient the score rises, against it it falls
rows, way = np.arange(len(ink)), (0.02 * smooth / np.abs(smooth).max(axis=(1, 2), keepdims=True))
scores = [model.scores((ink + sign * way).astype(np.float32))[rows, chosen] for sign in (1, 0, -1)]
left = saliency.left_over(model, ink, chosen, parts).tolist()
up, down = (scores[0] - scores[1]).tolist(), (scores[1] - scores[2]).tolist()
print(json.dumps({"left": left, "up": up, "down": down}))
"""
    found = json.loads(passed(trained.script(python, code, **ONE_THREAD)).stdout.splitlines()[-1])
    assert max(found["left"]) < 0.05
    assert min(found["up"]) > 0
    assert min(found["down"]) > 0


@torch_and_long_keras
def test_what_may_be_declared_is_done(project, python, example):
    """Each optimizer moves the weights; L1 makes them small; it stops early; the ResNet and MSE learn."""
    code = """
import json
from fashion import data, train
from fashion.options import Options
parts = data.load(300)
def trained(**chosen):
    return train.train(parts, Options(**{"epochs": 1, "batch": 50, **chosen}), *RANK).network
def size(network):
    return sum(float(abs(one).sum()) for one in WEIGHTS)
def losses():
    return [json.loads(line)["validation_loss"] for line in open("outputs/metrics.jsonl")]
found = {"moved": {name: size(trained(optimizer=name)) for name in OPTIMIZERS}}
trained(epochs=40, patience=1, schedule="constant", rate=0.03)
found["early"] = losses()
found["plain"] = size(trained(epochs=2))
found["l1"] = size(trained(epochs=2, l1=0.01))
found["l2"] = size(trained(epochs=2, optimizer="adam", l2=0.5))
trained(model="resnet", loss="mse", optimizer="adam", epochs=2)
found["mse"] = losses()
print(json.dumps(found))
"""
    of_torch = example == "fashion-torch"
    optimizers = ("sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw")
    words = {
        "*RANK": "0" if of_torch else "",
        "WEIGHTS": "network.state_dict().values()" if of_torch else "network.get_weights()",
        "OPTIMIZERS": repr(optimizers if of_torch else optimizers[2:4]),  # Keras compiles each time
    }
    for name, meant in words.items():
        code = code.replace(name, meant)
    found = json.loads(passed(project.script(python, code, **ONE_THREAD)).stdout.splitlines()[-1])
    assert len(set(found["moved"].values())) == len(found["moved"])
    early = found["early"]
    assert len(early) < 40
    assert early.index(min(early)) == len(early) - 2
    assert found["l1"] < found["plain"]
    assert found["l2"] < found["plain"]
    assert all(0 < one < 0.1 for one in found["mse"])
