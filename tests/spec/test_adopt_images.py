"""`init --from` a description of an image or container: the target that it becomes, and what is named."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Text
from provenv.model.image import ImageOptions, Limits, Port, Volume
from provenv.model.spec import Spec
from provenv.spec.image import image_options

DIGEST = "sha256:" + "a" * 64
ALL = f"""\
FROM python:3.11-slim@{DIGEST}
ARG PORT=8000
WORKDIR /srv/app
RUN useradd -m --uid 1234 -g users worker
RUN pip install six
COPY . .
EXPOSE $PORT 9000/tcp
EXPOSE 9100-9102 53/udp
VOLUME ["/data", "/cache/data"]
USER worker
HEALTHCHECK --interval=30s --timeout=5s \\
    CMD curl -f http://localhost:8000/health || exit 1
CMD ["python", "/srv/app/serve.py", "--port", "8000"]
"""
STAGES = """\
ARG BASE=debian:12-slim
FROM python:3.11 AS builder
RUN apt-get install -y gcc && curl -LsSf https://astral.sh/uv/install.sh | sh
RUN python -m venv /opt/venv && /opt/venv/bin/pip install numpy
FROM golang:1.22 AS tool
RUN make
FROM --platform=linux/arm64 ${BASE}
COPY --from=builder /opt/venv /opt/venv
COPY --from=tool /go/bin/tool /usr/bin/tool
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv
COPY --from=other.example/tools /x /x
RUN curl https://x.example/setup.sh | bash -s -- -y && make && curl -o x https://x.example/x
RUN python - <<EOF
import torch
EOF
ADD https://x.example/weights.bin /w
USER nobody
ENTRYPOINT ["/opt/venv/bin/uvicorn"]
CMD ["app:main"]
"""
COMPOSE = """\
services:
  web:
    image: nginx:latest
  model:
    build:
      context: ..
      dockerfile: docker/Dockerfile
      target: x
    ports:
      - "8000:8000"
      - "0.0.0.0:80:8080"
      - target: 9000
        published: 9001
      - "${PORT:-7000}:7000"
      - "53:53/udp"
    volumes:
      - ./data:/data:ro
      - models:/models
      - ..:/app
      - ${ROOT}/x:/x
    environment:
      - MODE=fast
      - HF_TOKEN
      - API_KEY=hunter2
    command: ["python", "-m", "serve", "--name", "a b"]
    shm_size: 8gb
    user: "1001:1001"
    healthcheck:
      test: ["CMD-SHELL", "curl -f localhost:8000 || exit 1"]
      interval: 10s
    deploy:
      resources:
        limits:
          cpus: "2"
          memory: 16g
        reservations:
          devices:
            - driver: nvidia
              device_ids: ["0", "2"]
              capabilities: [gpu]
    restart: always
    depends_on: [web]
volumes:
  models:
"""
DEVCONTAINER = """\
{
  "image": "mcr.microsoft.com/devcontainers/python:3.11",
  "forwardPorts": [8888, "db:5432"],
  "customizations": {"vscode": {"extensions": ["ms-python.python", "ms-toolsai.jupyter"], "settings": {}},
                     "jetbrains": {}},
  "mounts": ["source=models,target=/models,type=volume", "source=/etc,target=/x,type=bind"],
  "hostRequirements": {"gpu": true},
  "remoteUser": "vscode",
  "runArgs": ["--shm-size=4g", "--gpus", "all", "--network", "host", "--privileged"],
  "postCreateCommand": "pip install six"
}
"""


@dataclass(frozen=True)
class Case:
    """A source's files, which of them is named, the target that it becomes, what is left out."""

    files: dict[str, str]
    source: str
    options: ImageOptions
    left_out: list[str] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)


def options(base: str, **more: object) -> ImageOptions:
    # shared memory that nobody names is a gigabyte
    more = {"limits": Limits(shm=2**30), **more}
    return ImageOptions(base, "p-image", **more)  # type: ignore[arg-type]


CASES = {
    "Dockerfile": Case(
        {"Dockerfile": ALL},
        "Dockerfile",
        options(
            f"python:3.11-slim@{DIGEST}",
            user=1234,
            command="python serve.py --port 8000",
            health="curl -f http://localhost:8000/health || exit 1",
            ports=tuple(Port(port, port) for port in (8000, 9000, 9100, 9101, 9102)),
            volumes=(Volume("data", "/data"), Volume("cache-data", "/cache/data")),
        ),
        ["EXPOSE 53/udp"],
        ["six"],
        {"start": "python serve.py --port 8000"},
    ),
    "several stages": Case(
        {"Dockerfile": STAGES},
        "Dockerfile",
        options("debian:12-slim", platform="linux/arm64", command="uvicorn app:main"),
        [
            "COPY --from=tool /go/bin/tool /usr/bin/tool",
            "COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv",
            "COPY --from=other.example/tools /x /x",
            "curl https://x.example/setup.sh | bash",
            "make",
            "curl -o x https://x.example/x",
            "python -",
            "ADD https://x.example/weights.bin /w",
            "USER nobody",
        ],
        ["numpy"],
        {"start": "uvicorn app:main"},
    ),
    "what is no base": Case(
        {
            "Dockerfile": "ARG TAG\nFROM x.example/base:${TAG}\nRUN pip install six\nEXPOSE 7\n"
            "USER root\nCMD bash\n"
        },
        "Dockerfile",
        options("python:3.12-slim", ports=(Port(7, 7),)),
        ["FROM x.example/base:${TAG}", "CMD bash", "USER root"],
        ["six"],
    ),
    "a base's command": Case(
        {
            "Dockerfile": "FROM python:3.11 AS a\nCMD [\"python\", \"a.py\"]\nEXPOSE 1\nFROM a\n"
            'ENTRYPOINT ["python", "b.py"]\nHEALTHCHECK NONE\nRUN pip install six\n'
        },
        "Dockerfile",
        options("python:3.11", command="python b.py", ports=(Port(1, 1),)),
        [],
        ["six"],
        {"start": "python b.py"},
    ),
    "compose": Case(
        {
            "deploy/compose.yaml": COMPOSE,
            "docker/Dockerfile": "FROM python:3.11\nEXPOSE 1\nRUN pip install six\nCMD python x.py\n",
        },
        "deploy/compose.yaml",
        options(
            "python:3.11",
            user=1001,
            command="python -m serve --name 'a b'",
            health="curl -f localhost:8000 || exit 1",
            ports=(
                Port(8000, 8000),
                Port(8080, 80, "0.0.0.0"),
                Port(9000, 9001),
                Port(7000, 7000),
            ),
            volumes=(Volume("./deploy/data", "/data", read_only=True), Volume("models", "/models")),
            limits=Limits(gpus="0,2", shm=8 << 30, memory=16 << 30, cpus=2.0),
        ),
        [
            "web", "target: x", "ports 53:53/udp", "..:/app", "volumes ${ROOT}/x:/x", "API_KEY", "depends_on",
        ],
        ["six"],
        {"start": "python -m serve --name 'a b'"},
    ),
    "devcontainer": Case(
        {".devcontainer/devcontainer.json": DEVCONTAINER},
        ".devcontainer/devcontainer.json",
        options(
            "mcr.microsoft.com/devcontainers/python:3.11",
            ports=(Port(8888, 8888), Port(5432, 5432)),
            volumes=(Volume("models", "/models"),),
            limits=Limits(gpus="all", shm=4 << 30),
            network="host",
            extensions=("ms-python.python", "ms-toolsai.jupyter"),
        ),
        ["customizations.jetbrains", "source=/etc,target=/x,type=bind", "--privileged"],
        ["six"],
    ),
    "a dev container by compose": Case(
        {
            ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../compose.yaml"], "service": "web"}',
            "compose.yaml": "services:\n  model:\n    build: .\n  web:\n"
            "    image: python:3.11\n    ports: [80]\n",
        },
        ".devcontainer/devcontainer.json",
        options("python:3.11", ports=(Port(80, 80),)),
        ["model"],
    ),
}  # fmt: skip


def words(message: Text) -> str:
    return " ".join([message.key, *(str(value) for value in message.args.values())])


def adopt(folder: Path, files: dict[str, str], source: str) -> tuple[object, Spec]:
    for name, content in {**files, "pyproject.toml": ""}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    made = spec.initial(folder, words, str(folder / source))
    (folder / "provenv.toml").write_text(made.text, "utf-8")
    return made, spec.load(folder, {})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "p"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", CASES)
def test_an_image_becomes_a_target_that_loads(name: str, project: Path) -> None:
    case = CASES[name]
    made, loaded = adopt(project, case.files, case.source)
    assert image_options(loaded, loaded.targets["image"]) == case.options
    assert [one.words for one in made.left_out] == case.left_out  # type: ignore[attr-defined]
    assert [one.text for one in loaded.requirements] == case.requirements
    assert {key: run.command for key, run in loaded.runs.items()} == case.runs


@pytest.mark.parametrize("name", CASES)
def test_each_thing_has_its_place(name: str, project: Path) -> None:
    case = CASES[name]
    made, _ = adopt(project, case.files, case.source)
    for one in (*made.carried, *made.left_out):  # type: ignore[attr-defined]
        file, _, line = one.where.rpartition(":")
        assert 0 < int(line) <= len((project / file).read_text("utf-8").splitlines())


def test_a_secret_of_a_service_is_passed_by_name_alone(project: Path) -> None:
    _, loaded = adopt(project, CASES["compose"].files, "deploy/compose.yaml")
    assert loaded.passed == ("HF_TOKEN", "API_KEY")
    assert dict(loaded.variables) == {"MODE": "fast"}
    assert "hunter2" not in (project / "provenv.toml").read_text("utf-8")


def test_a_list_of_requirements_makes_no_image(project: Path) -> None:
    _, loaded = adopt(project, {"requirements.txt": "six\n"}, "requirements.txt")
    assert dict(loaded.targets) == {}
