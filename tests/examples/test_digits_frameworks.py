"""The same digits by Lightning and by Keras: they learn, survive being killed, refuse what torch's does."""

from __future__ import annotations

import re
import signal

import pytest

from provenv.model.demo import read_epochs, read_evaluation, read_predictions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("example", ["lightning", "keras"], indirect=True),
    # one environment and one training each
    pytest.mark.xdist_group("digits-frameworks"),
]

FLOOR = 0.97
CHECKPOINT = {"lightning": "checkpoints/last.ckpt", "keras": "checkpoint.keras"}


def passed(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def refused(done, words: str):
    """The command has to end with one sentence, never with a traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(words, done.stderr), done.stderr


def figures(project) -> list[tuple[int, float, float]]:
    epochs = read_epochs(project.output("metrics.jsonl").read_text())
    return [(one.number, one.train_loss, one.validation_loss) for one in epochs]


def test_it_learns_the_digits_and_is_judged_as_torchs_is(trained):
    told = passed(trained.run("evaluate")).stdout
    evaluation = read_evaluation(trained.output("evaluation.json").read_text())
    assert evaluation.headline.value >= FLOOR
    assert evaluation.count == 269
    assert evaluation.parameters > 50_000
    assert f"{evaluation.correct} of 269 test images right" in told
    passed(trained.run("predict", "--count", "20"))
    predictions = read_predictions(trained.output("predictions.json").read_text()).predictions
    assert {one.truth for one in predictions if one.right} == set(range(10))
    assert all(abs(sum(one.scores) - 1) < 1e-4 for one in predictions)


def test_every_epoch_leaves_its_line_and_the_best_one_is_kept(trained):
    epochs = read_epochs(trained.output("metrics.jsonl").read_text())
    best = min(epochs, key=lambda epoch: epoch.validation_loss)
    assert len(epochs) == min(best.number + 6, 40)
    assert f"the best epoch was {best.number};" in passed(trained.run("train")).stdout


def test_a_finished_training_is_not_done_again(trained):
    before = figures(trained)
    told = passed(trained.run("train")).stdout
    assert not re.search(r"^epoch", told, re.MULTILINE)
    assert figures(trained) == before


def test_a_killed_training_goes_on_to_the_same_result(trained, project):
    for epoch in (2, 5):
        process = project.start("train")
        for line in process.stdout:
            if line.startswith(f"epoch {epoch:>2}"):
                process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    # what a kill in the middle of an append leaves
    with project.output("metrics.jsonl").open("a") as metrics:
        metrics.write('{"epoch": 99, "train_')
    assert re.search(r"going on after epoch [4-9]", passed(project.run("train")).stdout)
    assert figures(project) == figures(trained)
    told = [passed(one.run("evaluate")).stdout for one in (trained, project)]
    assert told[0] == told[1]


def test_a_checkpoint_that_does_not_fit_or_is_damaged_is_refused(project, example):
    passed(project.run("train", "--epochs", "1"))
    refused(project.run("train", "--epochs", "1", "--seed", "2"), "--fresh")
    checkpoint = project.output(CHECKPOINT[example])
    checkpoint.write_bytes(checkpoint.read_bytes()[:3000])
    refused(project.run("train", "--epochs", "1"), f"{checkpoint.name} cannot be read")
    passed(project.run("train", "--epochs", "1", "--seed", "2", "--fresh"))


def test_a_loss_that_is_no_number_ends_the_training(project):
    refused(project.run("train", "--learning-rate", "1e30"), "smaller --learning-rate")


def test_without_a_model_the_next_step_is_named(project):
    refused(project.run("evaluate"), "python -m digits.train")


def test_the_smoke_check(project):
    assert "work together" in passed(project.run("smoke")).stdout
    assert not project.output("").exists()
