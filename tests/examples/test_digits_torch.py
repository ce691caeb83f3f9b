"""The example: it learns, it survives being killed, and a mistake in the data does not go unnoticed."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import re
import signal
import struct
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from provenv.model.demo import read_epochs, read_evaluation, read_predictions

pytestmark = pytest.mark.slow

FLOOR = 0.97
MNIST = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def passed(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def refused(done, words: str):
    """The command has to end with one sentence, never with a traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert re.search(words, done.stderr), done.stderr
    return done


def test_it_learns_the_digits(trained):
    told = passed(trained.run("evaluate")).stdout
    evaluation = read_evaluation(trained.output("evaluation.json").read_text())
    head = evaluation.headline
    assert head.value >= FLOOR
    assert evaluation.count == 269
    assert head.low > 0.94
    frequent, nearest = evaluation.baselines
    assert frequent.value < nearest.value < head.value
    assert evaluation.split == {"train": 1258, "validation": 270, "test": 269}
    assert re.fullmatch("sha256:[0-9a-f]{64}", evaluation.split_digest)
    assert all(one.ok for one in evaluation.checks)
    assert evaluation.parameters == 90_090
    assert evaluation.seconds > 0
    assert f"{evaluation.correct} of 269 test images right" in told
    assert all(share is None or share > 0.8 for share in (*evaluation.precision, *evaluation.recall))


def test_every_epoch_leaves_its_line(trained):
    epochs = read_epochs(trained.output("metrics.jsonl").read_text())
    best = min(epochs, key=lambda epoch: epoch.validation_loss)
    assert len(epochs) == min(best.number + 6, 40)
    assert best.measure >= FLOOR


def test_predictions_hold_right_and_wrong_ones(trained):
    passed(trained.run("evaluate"))
    passed(trained.run("predict", "--count", "20", "--index", "12"))
    predictions = read_predictions(trained.output("predictions.json").read_text()).predictions
    evaluation = read_evaluation(trained.output("evaluation.json").read_text())
    assert len(predictions) == 20
    assert sum(not one.right for one in predictions) == min(evaluation.count - evaluation.correct, 10)
    assert {one.truth for one in predictions if one.right} == set(range(10))
    assert all(abs(sum(one.scores) - 1) < 1e-4 for one in predictions)


def test_the_picture_of_one_sample_is_svg_with_a_bar_for_each_class(trained):
    told = passed(trained.run("predict", "--index", "7")).stdout
    assert "test image 7" in told
    picture = ElementTree.parse(trained.output("sample.svg")).getroot()
    names = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert [name for name in names if name in set("0123456789")] == list("0123456789")
    assert sum("truth" in (name or "") for name in names) == 2


def test_an_image_that_does_not_exist_is_refused(trained):
    refused(trained.run("predict", "--index", "269"), "0 to 268")


def same_model(one, other) -> bool:
    """Whether two trainings ended with the same weights, bit for bit, and the same figures."""
    paths = [str(project.output("model.pt")) for project in (one, other)]
    compared = one.script(
        f"""
        import torch
        a, b = (torch.load(path, weights_only=True) for path in {paths!r})
        assert a["network"].keys() == b["network"].keys()
        same = all(torch.equal(a["network"][key], b["network"][key]) for key in a["network"])
        print(same and a["epoch"] == b["epoch"])
        """
    )
    figures = [
        [
            (line.number, line.train_loss, line.validation_loss)
            for line in read_epochs(project.output("metrics.jsonl").read_text())
        ]
        for project in (one, other)
    ]
    return passed(compared).stdout.strip() == "True" and figures[0] == figures[1]


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
    told = passed(project.run("train")).stdout
    assert re.search(r"going on after epoch [5-9]", told)
    assert same_model(trained, project)
    assert [path.name for path in project.output("").iterdir() if path.name.endswith(".new")] == []


def test_a_finished_training_is_not_done_again(trained):
    before = trained.output("model.pt").read_bytes()
    told = passed(trained.run("train")).stdout
    assert not re.search(r"^epoch", told, re.MULTILINE)
    assert trained.output("model.pt").read_bytes() == before


def test_a_checkpoint_of_other_settings_is_refused(project):
    passed(project.run("train", "--epochs", "1"))
    refused(project.run("train", "--epochs", "1", "--seed", "2"), "--fresh")
    passed(project.run("train", "--epochs", "1", "--seed", "2", "--fresh"))


def test_a_damaged_checkpoint_is_refused(project):
    passed(project.run("train", "--epochs", "1"))
    content = project.output("checkpoint.pt").read_bytes()
    project.output("checkpoint.pt").write_bytes(content[: len(content) // 2])
    refused(project.run("train", "--epochs", "1"), "checkpoint.pt cannot be read")


def test_without_a_model_the_next_step_is_named(project):
    for module in ("evaluate", "predict"):
        refused(project.run(module), "python -m digits.train")


def test_a_loss_that_is_no_number_ends_the_training(project):
    refused(project.run("train", "--learning-rate", "1e30"), "smaller --learning-rate")


def test_the_smoke_check(project):
    assert "work together" in passed(project.run("smoke")).stdout
    assert not project.output("").exists()


def test_the_split_shares_no_image_and_is_stratified(project):
    passed(
        project.script(
            """
            import numpy as np
            from digits import data

            images = data.sklearn_digits()
            # the same image written three times, in places far apart
            images = data.Images("digits", images.pixels[[*range(len(images)), 0, 900, 0, 900]],
                                 images.labels[[*range(len(images)), 0, 900, 0, 900]])
            for seed in range(5):
                parts = data.split(images, seed)
                assert len(parts.train) + len(parts.validation) + len(parts.test) == len(images)
                for part in (parts.train, parts.validation, parts.test):
                    share = np.bincount(part.labels, minlength=10) / np.bincount(images.labels)
                    assert share.max() - share.min() < 0.02, share
                again = data.split(images, seed)
                assert data.fingerprint(parts) == data.fingerprint(again)
            assert data.fingerprint(data.split(images, 0)) != data.fingerprint(data.split(images, 1))
            """
        )
    )


def test_the_normalisation_knows_the_training_part_only(project):
    passed(
        project.script(
            """
            import numpy as np
            from digits import data

            parts = data.load(None, 1)
            normal = data.Normalisation.of(parts.train)
            applied = normal.apply(parts.train.pixels)
            assert abs(applied.mean()) < 1e-4 and abs(applied.std() - 1) < 1e-4
            assert normal != data.Normalisation.of(parts.test)
            """
        )
    )


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_leaking_split_is_noticed(project, part):
    refused(
        project.script(
            f"""
            from dataclasses import replace
            from pathlib import Path
            import numpy as np
            from digits import data
            from digits.errors import run
            from digits.train import Settings, train

            parts = data.load(None, 1)
            leaking = data.Images(
                "digits",
                np.concatenate([parts.{part}.pixels, parts.test.pixels[:1]]),
                np.concatenate([parts.{part}.labels, parts.test.labels[:1]]),
            )
            run(lambda: train(replace(parts, {part}=leaking), Settings(), Path("outputs")))
            """
        ),
        f"leak: .*{part}",
    )
    assert not project.output("model.pt").exists()


def test_a_model_that_has_seen_test_images_is_not_judged(trained, project):
    """The evaluation notices it from the model alone, even where the training hid its split."""
    refused(
        project.script(
            f"""
            from pathlib import Path
            from digits import data
            from digits.errors import run
            from digits.evaluate import evaluate
            from digits.inference import Trained

            model = Trained.load(Path({str(trained.output("model.pt"))!r}))
            run(lambda: evaluate(model, data.load(None, model.seed + 1).test))
            """
        ),
        r"leak: the model was trained on \d+ of the 269 test images",
    )


def test_shifted_labels_are_noticed(trained):
    """Labels that are off by one in the test part: the accuracy falls under any floor."""
    refused(
        trained.script(
            """
            from dataclasses import replace
            from pathlib import Path
            from digits import data
            from digits.errors import run
            from digits.evaluate import evaluate, judge
            from digits.inference import Trained

            model = Trained.load(Path("outputs/model.pt"))
            test = data.load(None, model.seed).test
            shifted = replace(test, labels=(test.labels + 1) % 10)
            run(lambda: judge(evaluate(model, shifted), 0.9))
            """
        ),
        r"the accuracy is [0-3]\.\d%, under the floor of 90\.0%",
    )


def test_changed_data_are_noticed(project):
    """Labels that are off by one everywhere would be learned; the digest of the data tells."""
    refused(
        project.script(
            """
            from sklearn.datasets import load_digits
            from digits import data
            from digits.errors import run

            def shifted():
                digits = load_digits()
                digits.target = (digits.target + 1) % 10
                return digits

            data.load_digits = shifted
            run(lambda: data.load(None, 1))
            """
        ),
        "not the known ones",
    )


def test_the_interval_is_wilsons(project):
    """Against the values that E. B. Wilson's formula gives by hand, and at its ends."""
    passed(
        project.script(
            """
            from digits.evaluate import wilson

            low, high = wilson(9, 10)
            assert abs(low - 0.5958500) < 1e-6 and abs(high - 0.9821238) < 1e-6, (low, high)
            assert wilson(10, 10)[1] == 1.0 and abs(wilson(10, 10)[0] - 0.7224672) < 1e-6
            assert wilson(0, 10)[0] == 0.0
            """
        )
    )


@pytest.fixture(scope="module")
def mnist(trained, tmp_path_factory) -> Path:
    """Return a folder with the digits of scikit-learn, blown up to 28x28, in the form of MNIST."""
    folder = tmp_path_factory.mktemp("mnist")
    passed(
        trained.script(
            f"""
            import struct
            from pathlib import Path
            import numpy as np
            from sklearn.datasets import load_digits

            digits = load_digits()
            images = np.zeros((1797, 28, 28), np.uint8)
            images[:, 2:26, 2:26] = (digits.images * 15).astype(np.uint8).repeat(3, axis=1).repeat(3, axis=2)
            arrays = (images[:1400], digits.target[:1400], images[1400:], digits.target[1400:])
            for name, array in zip({MNIST!r}, arrays):
                header = struct.pack(f">BBBB{{array.ndim}}I", 0, 0, 8, array.ndim, *array.shape)
                (Path({str(folder)!r}) / name).write_bytes(header + array.astype(np.uint8).tobytes())
            """
        )
    )
    return folder


def packed(mnist: Path, folder: Path) -> Path:
    """Write the files gzipped into another folder."""
    folder.mkdir()
    for name in MNIST:
        (folder / f"{name}.gz").write_bytes(gzip.compress((mnist / name).read_bytes(), 1))
    return folder


def test_files_in_the_form_of_mnist_are_used_when_they_are_named(project, mnist, tmp_path):
    told = passed(project.run("train", "--mnist", str(mnist), "--epochs", "3")).stdout
    assert told.startswith("mnist: 12")
    # the same files gzipped, named by the variable
    folder = packed(mnist, tmp_path / "packed")
    passed(project.run("evaluate", DIGITS_MNIST=str(folder)))
    assert json.loads(project.output("evaluation.json").read_text())["data"] == "mnist"
    passed(project.run("predict", "--mnist", str(folder)))
    assert len(read_predictions(project.output("predictions.json").read_text()).predictions[0].pixels) == 28
    refused(project.run("evaluate"), "trained on mnist, and these images are digits")


def read_mnist(project, source: str):
    """Read the files through the example's reader alone, which is quick."""
    return project.script(
        f"""
        from pathlib import Path
        from digits import mnist
        from digits.errors import run
        run(lambda: mnist.read({source!r}, Path("outputs/mnist")))
        """
    )


def test_mnist_that_is_not_there_is_said_plainly(project, tmp_path):
    told = refused(read_mnist(project, str(tmp_path)), "train-images-idx3-ubyte").stderr
    assert all(name in told for name in MNIST)
    refused(read_mnist(project, "http://127.0.0.1:9/mnist"), "cannot be reached")


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and keeps quiet."""

    def log_message(self, format, *arguments):
        """Say nothing."""


def test_a_server_that_serves_other_files_is_not_believed(project, mnist, tmp_path):
    folder = packed(mnist, tmp_path / "served")
    handler = functools.partial(Server, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        refused(
            read_mnist(project, f"http://127.0.0.1:{server.server_port}"), "did not serve the original file"
        )
        server.shutdown()
    assert not (project.output("mnist") / f"{MNIST[0]}.gz").exists()


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        (MNIST[0], lambda content: content[:-1], "is damaged"),
        (MNIST[0], lambda content: content[:6], "header"),
        (MNIST[0], lambda content: b"\0\0\x08\x02" + b"\xff" * 8 + content, "is damaged"),
        (MNIST[1], lambda content: b"PK\x03\x04" + content, "not an IDX file"),
        (MNIST[1], lambda content: content[:-1] + b"\x0b", "not digits"),
        (
            MNIST[3],
            lambda content: content[:4] + struct.pack(">I", 396) + content[8:-1],
            "do not belong together",
        ),
        (f"{MNIST[2]}.gz", lambda content: b"not gzip", "cannot be read"),
    ],
)
def test_damaged_files_are_named(project, mnist, tmp_path, name, damage, words):
    folder = packed(mnist, tmp_path / "damaged")
    path = folder / name
    whole = path.read_bytes() if path.exists() else (mnist / name).read_bytes()
    path.write_bytes(damage(whole))
    refused(read_mnist(project, str(folder)), words)
