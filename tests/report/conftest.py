"""A realistic result of the demo, from a recorded run of the example, and words in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from provenv.errors import Place, Text, text
from provenv.model.codec import from_json
from provenv.model.demo import Cost, DemoResult, read_about, read_epochs, read_evaluation, read_predictions
from provenv.model.evidence import Evidence
from provenv.model.facts import Cpu, Facts, Memory, Platform
from provenv.model.lock import Artifact, Choice, Lock, Package, Refusal
from provenv.model.spec import Requirement, Run, Spec
from provenv.model.state import Generation
from provenv.model.up_result import UpResult

DATA = Path(__file__).with_name("data")
CATALOGUES = Path(__file__).resolve().parents[2] / "src" / "provenv" / "ui" / "catalogues"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDER = "/home/lin/digits-torch"
MB = 1000 * 1000

PACKAGES = (
    ("cloudpickle", "3.1.2", 0.022, ("joblib",)),
    ("filelock", "4.2.11", 0.024, ("torch",)),
    ("fsspec", "2026.9.0", 0.2, ("torch",)),
    ("jinja2", "3.1.6", 0.13, ("torch",)),
    ("joblib", "1.6.0", 0.31, ("scikit-learn",)),
    ("markupsafe", "3.0.4", 0.022, ("jinja2",)),
    ("mpmath", "1.3.0", 0.54, ("sympy",)),
    ("networkx", "3.6.1", 2.1, ("torch",)),
    ("numpy", "2.4.6", 16.6, ("provenv.toml:7", "scikit-learn", "scipy")),
    ("scikit-learn", "1.9.1", 9.3, ("provenv.toml:8",)),
    ("scipy", "1.17.1", 35.2, ("scikit-learn",)),
    ("setuptools", "84.2.1", 1.2, ("torch",)),
    ("sympy", "1.14.0", 6.3, ("torch",)),
    ("threadpoolctl", "3.8.0", 0.019, ("scikit-learn",)),
    ("torch", "2.13.0+cpu", 188.4, ("provenv.toml:6",)),
    ("typing-extensions", "4.16.0", 0.045, ("torch",)),
)


def catalogue(language: str) -> Callable[[Text], str]:
    """Return the words of all rooms' .po files, which need no compiling.

    A key of the report's own room without words raises; of another room's, the key will do.
    """
    entries: dict[str, tuple[str, ...]] = {}
    for path in sorted((CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                key = message.id if isinstance(message.id, str) else message.id[0]
                entries[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)

    def words(message: Text) -> str:
        if message.key == "verbatim":
            return str(message.args["text"])
        if message.key == "bilingual":
            return str(message.args[language])
        if message.key not in entries and not message.key.startswith(
            ("report.", "demo.", "demos_page.", "PV71")
        ):
            return message.key
        forms = entries[message.key]
        arguments = {
            name: f"{value:.3g} s" if name.endswith("_seconds") else value
            for name, value in message.args.items()
        }
        return forms[len(forms) > 1 and message.args.get("n") != 1].format_map(arguments)

    return words


@pytest.fixture(scope="session", params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> str:
    """Return each of the two languages in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def words(language: str) -> Callable[[Text], str]:
    """Return the words of the language."""
    return catalogue(language)


@pytest.fixture(scope="session")
def result() -> DemoResult:
    """Return what the demo made: model and proof as a real run left them, the machine in plain values."""
    return sample()


def sample() -> DemoResult:
    """Return the recorded run."""
    evidence = from_json(Evidence, json.loads((DATA / "evidence.json").read_text(encoding="utf-8")))
    lock = _lock()
    generation = Generation(
        number=1,
        path=f"{FOLDER}/.provenv/here/generations/0001",
        python="3.11.7",
        packages={package.name: package.version for package in lock.packages},
        lock=lock.identity,
        made="2026-11-22T02:31:09Z",
        proof="passed",
    )
    about = EXAMPLES / "digits-torch" / "example.toml"
    return DemoResult(
        example=read_about("digits-torch", about.read_text(encoding="utf-8")),
        spec=_spec(),
        facts=_facts(),
        lock=lock,
        up=UpResult("here", False, generation, lock=lock, evidence=evidence, seconds=48.2),
        epochs=read_epochs((DATA / "metrics.jsonl").read_text(encoding="utf-8")),
        evaluation=read_evaluation((DATA / "evaluation.json").read_text(encoding="utf-8")),
        predictions=read_predictions((DATA / "predictions.json").read_text(encoding="utf-8")),
        folder=FOLDER,
        commands=(
            ("provenv up", 48.2),
            ("provenv run train", 8.4),
            ("provenv run evaluate", 2.9),
            ("provenv run predict", 2.8),
        ),
        cost=Cost("20261122-023157-c041", 4.83, 412_000_000, None, 31.4, 380, "torch"),
    )


def _spec() -> Spec:
    wanted = ("torch>=2.4", "numpy>=1.26", "scikit-learn>=1.4")
    return Spec(
        name="digits-torch",
        root=FOLDER,
        file="provenv.toml",
        files=("provenv.toml",),
        digest="5be1b2c8a7a1e9d04cf1b64f2f6ad3a6a4a1ad6f0b3d0c3f2a4a1b9d8e7f6a50",
        python=">=3.10",
        requirements=tuple(
            Requirement(line, line.partition(">")[0], Place("provenv.toml", number))
            for number, line in enumerate(wanted, start=6)
        ),
        prove={"smoke": "python -m digits.smoke"},
        runs={name: Run(name, f"python -m digits.{name}") for name in ("train", "evaluate", "predict")},
    )


def _facts() -> Facts:
    return Facts(
        platform=Platform(
            "linux", "x86_64", "6.1.0", "debian", "12", "Debian GNU/Linux 12 (bookworm)", "glibc", "2.36"
        ),
        cpu=Cpu(
            "Intel(R) Xeon(R) Processor",
            "GenuineIntel",
            2,
            2,
            2.0,
            ("avx2", "avx512f", "avx512_vnni", "amx_bf16"),
        ),
        memory=Memory(total=25276502016, available=24766943232, granted=25276502016),
        host="bench-07",
    )


def _lock() -> Lock:
    return Lock(
        target="here",
        python="3.11.7",
        platform="linux-x86_64",
        packages=tuple(
            Package(name, version, (Artifact(f"{name}.whl", size=round(size * MB)),), required_by=needed)
            for name, version, size, needed in PACKAGES
        ),
        choices=(
            Choice(
                "python",
                "3.11.7",
                text("lock.python.declared", path="/usr/bin/python3.11", version="3.11.7", declared=">=3.10"),
                (
                    Refusal(
                        "/usr/bin/python3.9",
                        text("lock.python.unwanted", version="3.9.18", declared=">=3.10"),
                    ),
                    Refusal(
                        "/opt/python3.8", text("lock.python.unwanted", version="3.8.20", declared=">=3.10")
                    ),
                ),
            ),
            Choice("accelerator", "cpu", text("lock.accelerator.no_gpu")),
            Choice(
                "source:torch",
                "2.13.0+cpu",
                text("lock.torch.folder", source="/srv/wheels"),
                (
                    Refusal(
                        "https://packages.example/simple",
                        text("lock.torch.other_build", version="2.13.0", build="cu130"),
                    ),
                ),
            ),
            Choice(
                "index",
                "https://packages.example/simple",
                text("lock.index.pip", origin="/etc/pip.conf"),
            ),
        ),
        identity="sha256:0f9c1d7be22a4b3f61c5d8e0a94b7f3361a8c2d5e7f90b1a2c3d4e5f60718293",
        inputs={"facts": "a3d1f0c4b5e69788796a5b4c3d2e1f00112233445566778899aabbccddeeff00"},
    )
