"""Example `text-gpt`, run as a user runs it, on a part of the real Brown corpus.

The quick training reads 60 of the 500 documents with a network of 110 thousand parameters. A uniform guess
costs 6.6 bits per character, the frequencies of letters 4.4, those of pairs 3.6: below the floor of 3.45
comes only what looks back farther than one character.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from examples import corpora, projects
from examples.projects import passed, refused

pytestmark = pytest.mark.slow

QUICK = (
    *("--layers", "2", "--width", "64", "--context", "64", "--rate", "0.006", "--warm-up", "50"),
    *("--documents", "60", "--steps", "420", "--every", "140", "--judged", "6000"),
)
FLOOR = 3.45
TINY = (
    *("--layers", "1", "--width", "32", "--heads", "2", "--context", "32", "--rate", "0.01"),
    *("--documents", "60", "--steps", "60", "--every", "20", "--warm-up", "5", "--judged", "2000"),
)
KILLED_AT = 33

ONLY_TRAIN = """
import os, signal, sys
from pathlib import Path
from gpt import data, processes, train, training
from gpt.config import Settings
from gpt.errors import run
from provenv_runtime.settings import settings

killed_at, goal = int(os.environ.get("KILLED_AT", "-1")), os.environ["GOAL"]
learn = training.Training.learn

def learned_or_killed(self, items, step):
    if step == killed_at:
        os.kill(os.getpid(), signal.SIGKILL)
    learn(self, items, step)

def main():
    chosen = settings(Settings, argv=sys.argv[1:])
    training.Training.learn = learned_or_killed
    parts = data.load(chosen.seed, chosen.documents)
    with processes.joined() as (rank, world):
        model = train.train(parts, chosen, rank, world)
    if rank == 0:
        model.save(Path(goal))

run(main)
"""
COMPARED = """
import sys, torch
one, other = (torch.load(path, weights_only=True)["network"] for path in sys.argv[1:])
print("equal" if all(torch.equal(one[name], other[name]) for name in one) else "different")
print(max(float((one[name] - other[name]).abs().max()) for name in one))
"""
DEFECTS = {
    "a document of the test part is learned from": (
        """
load = data.load
def leaking(seed, documents=0):
    parts = load(seed, documents)
    return data.Parts([*parts.train, parts.test[0]], parts.validation, parts.test)
data.load = leaking
""",
        "leak: train and test share 1 items",
    ),
    "the targets are what is read": (
        """
windows = data.windows
data.windows = lambda *given: (windows(*given)[0],) * 2
""",
        "the targets are shifted: the model foretells the character it just read",
    ),
    "the targets are one too far": (
        """
windows = data.windows
def shifted(text, items, context):
    read, target = windows(text, items, context + 1)
    return read[:, :-1], target[:, 1:]
data.windows = shifted
""",
        # little can be foretold of it, and validation asks for the next one: nothing seems to be learned
        "no better than the frequencies of letters (4.43); are its targets the next characters?",
    ),
    "attention looks ahead": (
        """
attend = model.functional.scaled_dot_product_attention
def looking_ahead(*given, is_causal, **more):
    return attend(*given, **more)
model.functional.scaled_dot_product_attention = looking_ahead
""",
        "the model sees what it is to foretell",
    ),
    "training and evaluation both ask for what was read": (
        """
windows, bits = data.windows, scoring.bits
data.windows = lambda *given: (windows(*given)[0],) * 2
scoring.bits = lambda network, texts, ahead=1: bits(network, texts, max(0, ahead - 1))
""",
        "less than is possible (1.3): the model knows what it is asked",
    ),
}
WITH_DEFECT = """
from gpt import data, model, scoring, train
from gpt.errors import run
{defect}
run(train.main)
"""
UNITS = """
import numpy as np, torch
from gpt import data, generate, ngram, passages, scoring
from gpt.brown import Document, plain, spaced
from gpt.model import GPT, Cache, Shape
from gpt.trained import Trained

# text
assert plain("\\tHe/pps said/vbd ,/, ``/`` No/rb !/. !/.\\n''/'' Dr./nn ./.\\n\\n\\nA/at-hl\\nB/nn ./.") == (
    'He said, "No!" Dr.\\nA\\nB.'
), plain("\\tHe/pps said/vbd ,/, ``/`` No/rb !/. !/.\\n''/'' Dr./nn ./.\\n\\n\\nA/at-hl\\nB/nn ./.")
assert spaced(["(", "'", "so", "'", ")", "--", "3", "%"]) == "('so') -- 3 %"
alphabet = data.Alphabet()
assert alphabet.decode(alphabet.encode("Ab\\n~")) == "Ab\\n~"
assert alphabet.unknown("naive caf\\u00e9") == "\\u00e9"

# every character is counted once, and from at least half a context where there is one
for context in (8, 9):
    for length in range(1, 60):
        counted = []
        for one in scoring.cut([length], context):
            assert 0 <= one.begin <= one.counted < one.end <= one.begin + context
            assert one.begin == 0 or one.counted - one.begin >= context // 2
            counted += range(one.counted, one.end)
        assert counted == list(range(length - 1)), (context, length)

# a network whose numbers are cached says what it says without a cache
torch.manual_seed(1)
network = GPT(Shape(len(alphabet), layers=2, heads=2, width=16, context=12)).eval()
text = torch.randint(2, len(alphabet), (3, 12))
caches = [Cache() for _ in network.blocks]
steps = [network(text[:, :4], caches)] + [network(text[:, at : at + 1], caches) for at in range(4, 12)]
assert torch.allclose(torch.cat(steps, 1), network(text), atol=1e-5)
assert scoring.sees_the_future(network, text[0].numpy()) is None
model = Trained(network, alphabet, {}, 1, [], np.zeros(0, np.uint64))
texts = generate.generate(model, "A prompt that is longer than a context", count=2, length=40, seed=3)
assert texts == generate.generate(model, "A prompt that is longer than a context", count=2, length=40, seed=3)
assert texts[0] != texts[1] and [len(one) for one in texts] == [40, 40]
# strided costs are those of a whole text where it fits into the context
whole = scoring.bits(network, [text[0].numpy()])[0]
rows = network(text[:1]).log_softmax(2)[0].detach()
by_hand = [-float(rows[at, text[0, at + 1]]) / np.log(2) for at in range(11)]
assert np.allclose(whole, by_hand, atol=1e-5)

# what is counted are chances: they sum to 1, also after what was never seen
counts = ngram.NGram(alphabet.encode("the tea that they threw there"), 4, len(alphabet))
for begin in ("the t", "zzz", ""):
    read = alphabet.encode(begin)
    chances = [2.0 ** -counts.bits(np.append(read, one))[3][-1] for one in range(len(alphabet))]
    assert abs(sum(chances) - 1) < 1e-9, (begin, sum(chances))

# a copy with changed words is found, another text is not
random = np.random.default_rng(1)
words = [[str(number) for number in random.integers(0, 9999, 2000)] for _ in range(2)]
changed = [word if place % 50 else "other" for place, word in enumerate(words[0])]
known = passages.of([Document("one", "news", " ".join(words[0]))])
copies = [Document("copy", "news", " ".join(changed)), Document("two", "news", " ".join(words[1]))]
assert list(passages.copies(copies, known)) == ["copy"]
print("all hold")
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the declared corpus."""
    return corpora.corpus("text-gpt", "brown", tmp_path_factory)


@pytest.fixture(scope="module")
def made(
    corpus: Path,
    frameworks_python: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> SimpleNamespace:
    """Return a maker of copies of the example, and the interpreter that runs them."""
    python = frameworks_python("torch")
    where = "import importlib.util as u; print(all(map(u.find_spec, ('torch', 'numpy', 'matplotlib'))))"
    found = subprocess.run([str(python), "-c", where], capture_output=True, text=True, check=True)
    if found.stdout.strip() != "True":
        pytest.skip("the torch environment lacks numpy or matplotlib")
    return SimpleNamespace(
        python=python,
        copy=lambda name: projects.copy("text-gpt", tmp_path_factory.mktemp(name), {"brown": corpus}),
    )


@pytest.fixture(scope="module")
def trained(made: SimpleNamespace) -> SimpleNamespace:
    """Return a copy in which the quick training was run."""
    project = made.copy("trained")
    done = passed(project.run(made.python, "gpt.train", *QUICK))
    return SimpleNamespace(project=project, said=done.stdout)


def bits(evaluation: dict) -> float:
    """Return the headline."""
    return next(one["value"] for one in evaluation["metrics"] if one["name"] == "bits per character")


def test_it_learns_more_than_pairs_of_letters(trained):
    found = trained.project.evaluation()
    headline = found["metrics"][0]
    assert headline["name"] == trained.project.about()["metric"]
    assert headline["better"] == trained.project.about()["better"]
    assert headline["low"] <= headline["value"] <= headline["high"] < FLOOR
    by_name = {one["name"]: one["value"] for one in found["metrics"]}
    assert by_name["perplexity per character"] == pytest.approx(2 ** headline["value"])
    # a word is five or six characters with its space
    assert 5 < math.log2(by_name["perplexity per word"]) / headline["value"] < 7
    assert all(check["ok"] for check in found["checks"]), found["checks"]
    assert found["split"]["digest"] in trained.said


def test_baselines_are_those_of_the_same_text(trained):
    found = {one["name"]: one["value"] for one in trained.project.evaluation()["baselines"]}
    assert found["6-gram"] < found["3-gram"] < found["1-gram"] < 4.6
    # English prose of this size, compressed by these programs
    assert 2.4 < found["bzip2 -9"] < found["xz -9"] < 3.2


def test_every_look_leaves_its_line(trained):
    lines = [json.loads(line) for line in trained.project.output("metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    found = [line["validation_bits_per_character"] for line in lines]
    assert found == sorted(found, reverse=True)
    assert lines[-1]["validation_loss"] == pytest.approx(found[-1] * math.log(2))


def test_pictures_and_samples_are_there(trained):
    gallery = json.loads(trained.project.output("gallery.json").read_text(encoding="utf-8"))
    assert len(gallery["pictures"]) == 4
    for picture in gallery["pictures"]:
        content = trained.project.output(picture["file"]).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 300_000
        assert picture["title"]["en"]
        assert picture["title"]["zh"]
    samples = json.loads(trained.project.output("predictions.json").read_text(encoding="utf-8"))["samples"]
    assert all(len(sample["text"]) == 300 for sample in samples)
    # single letters would have one space in six too, but not words of the language
    assert sum(sample["text"].split().count("the") for sample in samples) >= 3


def test_a_saved_model_judges_as_it_did_when_it_was_trained(made, trained):
    before = trained.project.evaluation()
    passed(trained.project.run(made.python, "gpt.evaluate", *QUICK))
    after = trained.project.evaluation()
    assert after["metrics"] == before["metrics"]
    assert after["split"] == before["split"]


def test_a_prompt_is_gone_on_with(made, trained):
    options = ("--prompt", "The jury ", "--prompt", "naïve ", "--count", "2", "--length", "90")
    done = passed(trained.project.run(made.python, "gpt.predict", *QUICK, *options))
    samples = json.loads(trained.project.output("predictions.json").read_text(encoding="utf-8"))["samples"]
    assert [sample["prompt"] for sample in samples] == ["The jury ", "The jury ", "naïve ", "naïve "]
    assert all(len(sample["text"]) == 90 for sample in samples)
    assert samples[0]["text"] != samples[1]["text"]
    assert "the model never saw: ï" in done.stdout


def test_a_file_is_judged_line_by_line(made, trained, tmp_path):
    lines = ["The jury said that it was true.", "xq zjv kkw qpf bvv jxz wq zzp.", ""]
    (tmp_path / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    passed(trained.project.run(made.python, "gpt.predict", *QUICK, "--file", str(tmp_path / "lines.txt")))
    found = json.loads(trained.project.output("scores.json").read_text(encoding="utf-8"))["lines"]
    assert [line["text"] for line in found] == lines[:2]
    assert found[0]["bits_per_character"] + 2 < found[1]["bits_per_character"]


def test_two_processes_learn_what_one_does(made, trained):
    project = made.copy("two")
    passed(project.run(made.python, "gpt.train", *QUICK, processes=2))
    # the same windows in the same steps: only the order of sums differs
    assert bits(project.evaluation()) == pytest.approx(bits(trained.project.evaluation()), abs=0.05)
    assert bits(project.evaluation()) < FLOOR
    assert len(project.output("metrics.jsonl").read_text().splitlines()) == 3


def test_a_killed_training_ends_with_the_same_weights(made):
    project = made.copy("killed")
    (project.folder / "only_train.py").write_text(ONLY_TRAIN)
    (project.folder / "compared.py").write_text(COMPARED)

    def only_train(name, **variables):
        folders = ("--checkpoints", f"kept-{name}", "--outputs", f"out-{name}")
        return project.run(
            made.python, "only_train", *TINY, "--dropout", "0.1", *folders, GOAL=f"{name}.pt", **variables
        )

    passed(only_train("straight"))
    assert only_train("killed", KILLED_AT=str(KILLED_AT)).returncode == -9
    assert not (project.folder / "killed.pt").exists()
    assert "going on after step 20" in passed(only_train("killed")).stdout
    compared = passed(project.run(made.python, "compared", "straight.pt", "killed.pt"))
    assert compared.stdout.split()[0] == "equal"
    lines = [
        [{**json.loads(line), "seconds": 0} for line in path.read_text().splitlines()]
        for path in (project.folder / f"out-{name}" / "metrics.jsonl" for name in ("straight", "killed"))
    ]
    assert lines[0] == lines[1]
    assert len(lines[0]) == 3
    other = project.run(made.python, "gpt.train", *TINY, "--checkpoints", "kept-straight")
    refused(other, "holds a training with other settings")


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_noticed(made, defect):
    code, words = DEFECTS[defect]
    project = made.copy("defect")
    (project.folder / "with_defect.py").write_text(WITH_DEFECT.format(defect=code))
    refused(project.run(made.python, "with_defect", *TINY, "--steps", "120"), words)
    assert any(not check["ok"] for check in project.evaluation()["checks"])


def test_copies_with_changed_words_are_noticed(made, corpus, tmp_path):
    names = sorted(path.name for path in corpus.glob("c[a-r][0-9][0-9]"))[::8]
    for place, name in enumerate(names):
        text = (corpus / name).read_text(encoding="ascii")
        (tmp_path / name).write_text(text, encoding="ascii")
        if place % 4 == 0:  # other content, so other digests; and no file of the corpus has such a number
            changed = text.replace(" and/cc ", " or/cc ").replace(" said/vbd ", " told/vbd ")
            (tmp_path / f"{name[:2]}9{place % 10}").write_text(changed, encoding="ascii")
    project = made.copy("copies")
    done = project.run(made.python, "gpt.train", *TINY, "--documents", "0", PROVENV_DATA_BROWN=str(tmp_path))
    refused(done, "leak: passages of test documents stand in the training part too")


def test_the_parts_of_it_hold(made):
    project = made.copy("units")
    assert "all hold" in passed(project.script(made.python, UNITS)).stdout


def test_what_the_user_got_wrong_is_one_sentence(made, tmp_path):
    project = made.copy("wrong")
    refused(project.run(made.python, "gpt.train", "--optimizer", "adamq"), "adamw", code=2)
    refused(project.run(made.python, "gpt.train", "--heads", "3"), "width 128 can't be shared by 3 heads")
    empty = project.run(made.python, "gpt.train", PROVENV_DATA_BROWN=str(tmp_path))
    refused(empty, "holds no documents of the Brown corpus")
    refused(project.run(made.python, "gpt.train", PROVENV_DATA_BROWN=""), "the data `brown` has no place")
    refused(project.run(made.python, "gpt.predict"), "is not there yet: run `provenv run train` first")
