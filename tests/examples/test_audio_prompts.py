"""The example audio-prompts: it learns, resumes exactly, and says when its figures are worth nothing."""

from __future__ import annotations

import json
import signal
import wave
from pathlib import Path

import pytest

from examples.projects import copy, passed, refused

pytestmark = pytest.mark.slow

SOUNDS = Path("/usr/share/asterisk/sounds")
DATA = {
    "english": SOUNDS / "en_US_f_Allison",
    "spanish": SOUNDS / "es_MX_f_Allison",
    "french": SOUNDS / "fr_CA_f_June",
    "italian": SOUNDS / "it_IT_m_Carlo",
    "russian": SOUNDS / "ru_RU_f_IvrvoiceRU",
}
# fewer prompts, a narrower network, smaller batches, plain sound: 0.79 of the validation part after 4 epochs
QUICK = (
    *("--most", "250", "--epochs", "4", "--width", "8", "--rate", "0.003", "--batch", "16"),
    *("--speed", "0", "--noise", "0.001", "--dropout", "0"),
)
# The commonest language is 0.22 of the test part: labels or sounds that got mixed up don't come near.
FLOOR = 0.5
SMALL = ("--most", "40", "--epochs", "2", "--width", "4")


@pytest.fixture(scope="module")
def python(frameworks_python):
    missing = [str(path) for path in DATA.values() if not path.is_dir()]
    if missing:
        pytest.skip(f"{missing[0]} is not there: apt install asterisk-core-sounds-{{en,es,fr,it,ru}}-wav")
    return frameworks_python("torch")


@pytest.fixture(scope="module")
def trained(python, tmp_path_factory):
    project = copy("audio-prompts", tmp_path_factory.mktemp("prompts"), DATA)
    passed(project.run(python, "prompts.train", *QUICK))
    return project


@pytest.fixture(scope="module")
def straight(python, tmp_path_factory):
    """Return a small training that nobody disturbed."""
    project = copy("audio-prompts", tmp_path_factory.mktemp("straight"), DATA)
    passed(project.run(python, "prompts.train", *SMALL))
    return project


def lines(project):
    text = project.output("metrics.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def figures(project):
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines(project)]


def weights(project, python):
    """Return a digest of all weights and buffers of the saved model."""
    code = (
        "import hashlib, torch\n"
        "w = torch.load('outputs/model.pt', weights_only=True)['weights']\n"
        "all_of_it = b''.join(name.encode() + w[name].numpy().tobytes() for name in sorted(w))\n"
        "print(hashlib.sha256(all_of_it).hexdigest())\n"
    )
    return passed(project.script(python, code)).stdout


def test_it_learns_the_languages(trained):
    evaluation = trained.evaluation()
    headline = evaluation["metrics"][0]
    assert headline["name"] == trained.about()["metric"] == "accuracy"
    assert headline["value"] >= FLOOR
    assert headline["low"] < headline["value"] < headline["high"]
    assert all(check["ok"] for check in evaluation["checks"]), evaluation["checks"]
    assert sum(map(sum, evaluation["confusion"])) == evaluation["count"] == evaluation["split"]["test"]
    assert [line["epoch"] for line in lines(trained)] == [1, 2, 3, 4]


def test_the_pictures_and_sounds_are_there_and_small(trained):
    gallery = json.loads(trained.output("gallery.json").read_text(encoding="utf-8"))
    pictures = [trained.output(one["file"]) for one in gallery["pictures"]]
    assert len(pictures) >= 3
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert max(path.stat().st_size for path in pictures) <= 300_000
    for one in gallery["sounds"]:
        with wave.open(str(trained.output(one["file"]))) as sound:
            assert sound.getframerate() == 8000
            assert sound.getnframes() > 8000
        assert trained.output(one["file"]).stat().st_size <= 100_000


def test_the_saved_model_answers_as_it_did_when_the_training_ended(trained, python):
    before = trained.evaluation()
    passed(trained.run(python, "prompts.evaluate"))
    assert trained.evaluation() == before


def test_it_predicts_a_file_a_folder_and_the_test_part(trained, python):
    file = DATA["russian"] / "vm-goodbye.wav"
    told = passed(trained.run(python, "prompts.predict", str(file))).stdout
    assert str(file) in told
    assert all(name in told for name in DATA)
    alone = json.loads(trained.output("predicted.json").read_text(encoding="utf-8"))["predictions"]
    passed(trained.run(python, "prompts.predict", str(file), str(DATA["french"] / "phonetic")))
    batch = json.loads(trained.output("predicted.json").read_text(encoding="utf-8"))["predictions"]
    assert batch[0]["scores"] == pytest.approx(alone[0]["scores"], abs=1e-4)
    assert len(batch) == 1 + len(list((DATA["french"] / "phonetic").glob("*.wav")))
    assert all(sum(one["scores"]) == pytest.approx(1, abs=1e-4) for one in batch)
    passed(trained.run(python, "prompts.predict", "--count", "6"))
    kept = json.loads(trained.output("predictions.json").read_text(encoding="utf-8"))["predictions"]
    assert len(kept) == 6
    assert all(
        trained.output(one["picture"]).is_file() and trained.output(one["sound"]).is_file() for one in kept
    )


def test_a_sound_of_another_format_is_one_sentence(trained, python, tmp_path):
    with wave.open(str(tmp_path / "fast.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(b"\0\0\0\0" * 1000)
    refused(trained.run(python, "prompts.predict", str(tmp_path / "fast.wav")), "44100 Hz")


WRONG = """
import dataclasses
from prompts import data, evaluate, pictures, storage
pictures.gallery = lambda *_: None
model = storage.load()
parts = data.divided(data.load(), model.settings)
if "{kind}" == "leak":
    parts["train"] = parts["train"] + parts["test"][:7]
if "{kind}" == "shift":
    parts["test"] = [dataclasses.replace(one, language=(one.language + 1) % 5) for one in parts["test"]]
if "{kind}" == "learned":
    parts["test"] = parts["train"][:300]
    parts["train"] = parts["train"][300:]
raise SystemExit(evaluate.report(model, parts))
"""


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("leak", "leak: train and test share"),
        ("shift", "the labels don't fit"),
        ("learned", "leak: the model has learned from 300 of the test recordings"),
    ],
)
def test_a_leak_and_a_shifted_label_are_noticed(trained, python, kind, words):
    kept = trained.output("evaluation.json").read_bytes()
    refused(trained.script(python, WRONG.replace("{kind}", kind)), words)
    trained.output("evaluation.json").write_bytes(kept)


def test_a_killed_training_goes_on_to_the_same_weights(straight, python, tmp_path):
    project = copy("audio-prompts", tmp_path, DATA)
    process = project.start(python, "prompts.train", *SMALL)
    for line in process.stdout:
        if line.startswith("epoch  1"):
            process.send_signal(signal.SIGKILL)
    process.stderr.close()
    assert process.wait() == -signal.SIGKILL
    again = passed(project.run(python, "prompts.train", *SMALL))
    assert "goes on from" in again.stderr
    assert figures(project) == figures(straight)
    assert weights(project, python) == weights(straight, python)


def test_two_processes_hear_the_same_in_the_same_order(python, tmp_path):
    alone, together = (copy("audio-prompts", tmp_path / name, DATA) for name in ("alone", "together"))
    # without dropout: each process draws its own, which is not what one process would draw
    for project, processes in ((alone, 1), (together, 2)):
        plain = (*SMALL, "--dropout", "0", "--epochs", "1")
        passed(project.run(python, "prompts.train", *plain, processes=processes))
    # the same windows in each step, gradients averaged: only the sums are rounded in another order
    for one, other in zip(figures(together), figures(alone), strict=True):
        assert one["train_loss"] == pytest.approx(other["train_loss"], abs=1e-3)
        assert one["validation_loss"] == pytest.approx(other["validation_loss"], abs=1e-3)


def test_mistakes_of_the_user_are_one_sentence(python, tmp_path):
    project = copy("audio-prompts", tmp_path, DATA)
    refused(project.run(python, "prompts.train", "--optimizer", "adamm"), "adamw", code=2)
    refused(project.run(python, "prompts.evaluate"), "provenv run train")
    refused(project.run(python, "prompts.train", PROVENV_DATA_FRENCH=str(tmp_path / "none")), "`french`")


UNITS = """
import torch
from prompts import augment, data, features
from prompts.options import Settings

found = features.filters()
assert found.shape == (40, 129) and (found >= 0).all() and (found.sum(1) > 0).all()
# a tone of 1 kHz is loudest in the band whose middle is nearest to 1 kHz
tone = torch.sin(torch.arange(8000) * 2 * torch.pi * 1000 / 8000)[None]
edges = torch.linspace(*features.mel(torch.tensor([features.LOW, features.HIGH])).tolist(), 42)
nearest = (edges[1:-1] - features.mel(torch.tensor(1000.0))).abs().argmin()
assert features.LogMel().bands(tone)[0].mean(1).argmax() == nearest
prompt = data.folder(data.data("english"), 0)[0]
one, same, other = (augment.heard(prompt, 0, key, Settings()) for key in (1, 1, 2))
assert torch.equal(one, same) and not torch.equal(one, other) and one.shape == (8000,)
"""


def test_spectrograms_and_augmentation_do_what_they_say(python, tmp_path):
    passed(copy("audio-prompts", tmp_path, DATA).script(python, UNITS))
