"""Caches and credentials on a real disk: what is broken, closed, open to others, expired."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provenv.app.looks import secrets, stores
from provenv.app.project import Project
from provenv.diagnosis.checks import credentials, storage
from provenv.diagnosis.ground import Ground
from provenv.lock import find_uv
from provenv.model.findings import Finding
from provenv.model.outside import Secret

HIDDEN = "verysecret"
OLD = time.time() - 86400


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Project]:
    """Return a maker of projects whose user has an empty home folder."""

    def make(*requirements: str, **variables: str) -> Project:
        root, home = tmp_path / "project", tmp_path / "home"
        root.mkdir(exist_ok=True)
        home.mkdir(exist_ok=True)
        listed = ", ".join(f'"{one}"' for one in requirements)
        (root / "provenv.toml").write_text(f'schema = 1\nname = "p"\nrequirements = [{listed}]\n')
        own = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "UV_CACHE_DIR": str(tmp_path / "cache"),
            **variables,
        }
        return Project(root, root, environment=own)

    return make


def written(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def broken(project: Project) -> list[Finding]:
    return list(storage.look(stores.look(project)))


def test_an_empty_home_has_nothing_to_tell(place):
    project = place("torch", "transformers")
    assert broken(project) == []
    assert secrets.look(project).secrets == ()


def test_downloads_that_did_not_end_and_pointers_in_the_hub_cache(place, tmp_path):
    blobs = tmp_path / "home" / ".cache" / "huggingface" / "hub" / "models--org--name" / "blobs"
    half = written(blobs / "abc.incomplete", b"x" * 5000)
    os.utime(half, (OLD, OLD))
    written(blobs / "def.incomplete", b"being fetched now")
    written(blobs / ("0" * 40), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")
    written(blobs / "config", "{}")
    assert broken(place("numpy")) == []
    left, pointer = broken(place("transformers"))
    assert (left.id, left.subject, left.what.args["n"]) == ("download-incomplete", "org/name", 1)
    assert left.remedies[0].commands == ("hf download org/name",)
    assert (pointer.id, pointer.cause) == ("hub-file-pointer", "corrupt-or-lfs-pointer-file")
    assert pointer.remedies[0].commands == ("hf download org/name --force-download",)


def test_the_hubs_folders_are_where_its_variables_say(place, tmp_path):
    written(tmp_path / "elsewhere" / "models--a--b" / "blobs" / "x.incomplete", b"x")
    os.utime(tmp_path / "elsewhere" / "models--a--b" / "blobs" / "x.incomplete", (OLD, OLD))
    (one,) = broken(place("transformers", HF_HUB_CACHE=str(tmp_path / "elsewhere")))
    assert one.subject == "a/b"


def wheel(folder: Path, name: str, content: str) -> None:
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,{len(content)}\n{info}/RECORD,,\n")


def test_a_file_that_was_edited_through_a_hard_link_is_found_in_the_cache_and_healed(place, tmp_path):
    project, wheels, venv = place("alpha"), tmp_path / "wheels", tmp_path / "venv"
    wheels.mkdir()
    wheel(wheels, "alpha", "value = 1\n")
    uv = find_uv(project.environment)

    def call(*words: str) -> None:
        subprocess.run([uv, *words], env=dict(project.environment), check=True, capture_output=True)

    call("venv", "--no-config", str(venv))
    call(
        *("pip", "install", "--no-config", "--offline", "--link-mode", "hardlink", "--no-index"),
        *("--python", str(venv), "--find-links", str(wheels), "alpha"),
    )
    (project.root / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "alpha"\nversion = "1.0"\n'
        f'wheels = [{{ name = "alpha-1.0-py3-none-any.whl", path = "{wheels}/alpha-1.0-py3-none-any.whl", '
        f'hashes = {{ sha256 = "{"0" * 64}" }} }}]\n'
    )
    assert broken(place("alpha")) == []
    (installed,) = venv.glob("lib/*/site-packages/alpha.py")
    with installed.open("a") as file:
        file.write("value = 2  # debugging\n")
    (one,) = broken(place("alpha"))
    assert (one.id, one.subject) == ("cache-poisoned", "alpha 1.0")
    assert one.evidence[0].args["text"].endswith("alpha.py")
    assert one.fix is not None
    for words in one.fix.commands:
        call(*words[1:])
    assert broken(place("alpha")) == []


AS_NOBODY = """
import json, sys
from pathlib import Path
from provenv.app.looks import stores
from provenv.app.project import Project
root, cache = Path(sys.argv[1]), sys.argv[2]
found = stores.look(Project(root, root, environment={"HOME": "/nonexistent", "UV_CACHE_DIR": cache}))
print(json.dumps([[one.name, one.writable, one.owner, one.foreign] for one in found.stores.stores]))
"""


@pytest.mark.root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="becomes another user with setpriv")
def test_what_root_left_behind_is_closed_to_a_user(repository):
    with tempfile.TemporaryDirectory() as folder:
        cache, root = Path(folder) / "cache", Path(folder) / "project"
        root.mkdir()
        Path(folder).chmod(0o755)
        written(cache / "wheels" / "one", "x")

        def told() -> list[list[object]]:
            command = [sys.executable, "-c", AS_NOBODY, str(root), str(cache)]
            done = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command],
                capture_output=True,
                text=True,
                check=True,
                cwd=folder,
                env={"PYTHONPATH": str(repository / "src"), "PATH": os.environ["PATH"]},
            )
            return list(json.loads(done.stdout))

        assert ["uv", False, "root", str(cache / "wheels")] in told()
        os.chown(cache, 65534, 65534)
        assert ["uv", True, "", str(cache / "wheels")] in told()
        os.chown(cache / "wheels", 65534, 65534)
        os.chown(cache / "wheels" / "one", 65534, 65534)
        assert ["uv", True, "", ""] in told()


def jwt(ends: float) -> str:
    parts = [json.dumps({"alg": "none"}), json.dumps({"exp": int(ends), "sub": HIDDEN})]
    return ".".join(
        [*(base64.urlsafe_b64encode(one.encode()).rstrip(b"=").decode() for one in parts), HIDDEN]
    )


def states(project: Project) -> list[tuple[str, str, str]]:
    found = secrets.look(project).secrets or ()
    assert HIDDEN not in repr(found)
    return [(one.service, one.state, one.where.rpartition("/")[2]) for one in found]


CREDENTIALS: dict[
    str, tuple[str, str | bytes, int, tuple[str, ...], dict[str, str], list[tuple[str, str]]]
] = {
    "a hub token that others read": (
        ".cache/huggingface/token",
        f"hf_{HIDDEN}",
        0o644,
        (),
        {},
        [("huggingface", "exposed")],
    ),
    "a hub token that is closed": (
        ".cache/huggingface/token",
        f"hf_{HIDDEN}",
        0o600,
        ("transformers",),
        {},
        [],
    ),
    "what is no hub token": (
        ".cache/huggingface/token",
        f"{HIDDEN} in words",
        0o600,
        ("transformers",),
        {},
        [("huggingface", "malformed")],
    ),
    "two tokens": (
        *(".cache/huggingface/token", f"hf_{HIDDEN}1", 0o600, ("transformers",)),
        *({"HF_TOKEN": f"hf_{HIDDEN}2"}, [("huggingface", "differs")]),
    ),
    "netrc": (".netrc", f"machine a login b password {HIDDEN}\n", 0o644, (), {}, [("netrc", "exposed")]),
    "an SSH key": (
        ".ssh/id_ed25519",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{HIDDEN}",
        0o640,
        (),
        {},
        [("ssh", "exposed")],
    ),
    "an SSH key in order": (
        ".ssh/id_ed25519",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{HIDDEN}",
        0o600,
        (),
        {},
        [],
    ),
    "a public key": (".ssh/id_ed25519.pub", "ssh-ed25519 AAAA", 0o644, (), {}, []),
    "kaggle": (".kaggle/kaggle.json", f'{{"key": "{HIDDEN}"}}', 0o644, (), {}, [("kaggle", "exposed")]),
    "kubectl": (".kube/config", f"users: [{HIDDEN}]", 0o644, (), {}, [("kubernetes", "exposed")]),
    "a helper that is not there": (
        ".docker/config.json",
        '{"credsStore": "nowhere.exe"}',
        0o600,
        (),
        {},
        [("docker", "helper-missing")],
    ),
    "docker's plain logins": (
        *(".docker/config.json", json.dumps({"auths": {"r.example": {"auth": HIDDEN}}}), 0o644),
        *((), {}, [("docker", "exposed")]),
    ),
    "AWS keys that ended": (
        *(
            ".aws/credentials",
            f"[default]\naws_secret_access_key = {HIDDEN}\nexpiration = 2020-01-01T00:00:00Z\n",
            0o600,
        ),
        *(("boto3",), {}, [("aws", "expired")]),
    ),
    "AWS keys of another profile": (
        *(".aws/credentials", "[other]\nexpiration = 2020-01-01T00:00:00Z\n", 0o600, ("boto3",), {}, []),
    ),
    "an SSO login that was never made": (
        *(
            ".aws/config",
            "[profile a]\nsso_session = s\n",
            0o600,
            ("boto3",),
            {"AWS_PROFILE": "a"},
            [("aws", "missing")],
        ),
    ),
    "Google's that are none": (
        *(
            ".config/gcloud/application_default_credentials.json",
            "{}",
            0o600,
            ("gcsfs",),
            {},
            [("gcp", "malformed")],
        ),
    ),
}


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_is_told_by_where_it_lies_alone(place, tmp_path, name):
    path, content, mode, requirements, variables, wanted = CREDENTIALS[name]
    project = place(*requirements, **variables)
    written(tmp_path / "home" / path, content, mode)
    assert [(service, state) for service, state, _ in states(project)] == wanted


def test_an_sso_login_that_ended_is_found_by_its_session(place, tmp_path):
    project = place("boto3", AWS_PROFILE="a")
    written(tmp_path / "home/.aws/config", "[profile a]\nsso_session = s\n")
    name = "a0f1490a20d0211c997b44bc357e1972deab8ae3"  # printf s | sha1sum
    cached: dict[str, Any] = {"accessToken": HIDDEN, "expiresAt": "2020-01-01T00:00:00Z"}
    file = written(tmp_path / f"home/.aws/sso/cache/{name}.json", json.dumps(cached))
    assert [one[:2] for one in states(project)] == [("aws", "expired")]
    later = {"refreshToken": HIDDEN, "registrationExpiresAt": "2099-01-01T00:00:00Z"}
    file.write_text(json.dumps(cached | later))
    assert states(project) == []


def test_tokens_in_variables_say_until_when(place, tmp_path):
    past, coming = jwt(time.time() - 60), jwt(time.time() + 3600)
    file = written(tmp_path / "token", past)
    project = place(
        OLD_TOKEN=past, NEW_TOKEN=coming, PLAIN_TOKEN=HIDDEN, AWS_WEB_IDENTITY_TOKEN_FILE=str(file)
    )
    assert states(project) == [("token", "expired", "OLD_TOKEN"), ("aws", "expired", "token")]
    gone = place(GOOGLE_APPLICATION_CREDENTIALS="/nowhere.json")
    assert states(gone) == [("gcp", "missing", "GOOGLE_APPLICATION_CREDENTIALS")]


def test_an_exposed_file_is_mended_by_its_own_fix(place, tmp_path):
    project = place()
    path = written(tmp_path / "home/.netrc", f"machine a login b password {HIDDEN}\n", 0o644)
    (one,) = credentials.look(secrets.look(project))
    assert (one.gravity, one.cause) == ("hurts", "permission-denied-path")
    assert one.fix is not None
    for words in one.fix.commands:
        subprocess.run(words, check=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert secrets.look(project).secrets == ()


def test_a_credential_of_each_state_has_words_and_a_way_out():
    found = (
        Secret("huggingface", "HF_TOKEN", "expired", "2020-01-01 00:00 UTC"),
        Secret("aws", "~/.aws/sso/cache/0.json", "expired", "2020-01-01 00:00 UTC", "sso dev"),
        Secret("docker", "~/.docker/config.json", "helper-missing", detail="docker-credential-desktop"),
        Secret("token", "A_TOKEN", "expired", "2020-01-01 00:00 UTC"),
    )
    told = list(credentials.look(Ground(secrets=found)))
    assert [one.remedies[0].commands for one in told] == [
        ("unset HF_TOKEN",),
        ("aws sso login --profile dev",),
        (),
        (),
    ]
    assert all(one.remedies[-1].text or one.remedies[-1].commands for one in told)
