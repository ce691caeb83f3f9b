"""Credentials: where they lie, who else can read them, until when they were good. None of them leaves here.

Each reader yields `Secret`s with what is wrong; what is right is not told at all.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ... import environ
from ...diagnosis.ground import Ground
from ...model.outside import Secret, Service
from ..project import Project
from . import hub
from .known import Known, known
from .tokens import jwt_end

TOKEN = re.compile(r"(hf|api)_[A-Za-z0-9_]{8,}|hf_jwt_.+|[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
MOST = 1 << 20
AWS_NAMES = frozenset(
    (
        *(
            "boto3",
            "botocore",
            "aiobotocore",
            "s3fs",
        ),
        *(
            "awscli",
            "sagemaker",
            "aws-cdk-lib",
            "smart-open",
        ),
    )
)
GCP_NAMES = frozenset(
    (
        *(
            "gcsfs",
            "google-cloud-storage",
            "google-auth",
            "google-cloud-aiplatform",
        ),
        *("google-cloud-bigquery",),
    )
)


def look(project: Project) -> Ground:
    """Return what is wrong with credentials that this user's programs would find."""
    about = known(project)
    found: list[Secret] = []
    for reader in READERS:
        found += reader(project.environment, about)
    return Ground(secrets=tuple(found))


def _huggingface(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    path = hub.token_file(variables)
    kept = _text(path)
    said = next((v for one in environ.HUGGINGFACE if (v := environ.read(one, variables))), None)
    name = next((one.name for one in environ.HUGGINGFACE if environ.read(one, variables)), "")
    if kept:
        yield from _closed("huggingface", path)
    if not about.hub:
        return
    for where, token in ((name, said), (path, kept)):
        if token and not TOKEN.fullmatch(token.strip()):
            yield Secret("huggingface", _short(where), "malformed")
        elif token and (ended := jwt_end(token)) is not None and ended < time.time():
            yield Secret("huggingface", _short(where), "expired", _date(ended))
    if said and kept and said.strip() != kept.strip():
        yield Secret("huggingface", name, "differs", detail=_short(path))


def _variables(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    """Look at tokens in variables, and in files that variables name: a JWT says when it ends (RFC 7519)."""
    passed = set(about.spec.passed) if about.spec else set()
    hubs = {one.name for one in environ.HUGGINGFACE}
    for name, value in sorted(variables.items()):
        if name in hubs or not (name in passed or name.endswith(("_TOKEN", "_JWT"))):
            continue
        ended = jwt_end(value)
        if ended is not None and ended < time.time():
            yield Secret("token", name, "expired", _date(ended))
    for variable, service in FILES:
        path = environ.read(variable, variables)
        if not path:
            continue
        if not os.path.isfile(path):
            yield Secret(service, variable.name, "missing", detail=path)
            continue
        ended = jwt_end(_text(path))
        if ended is not None and ended < time.time():
            yield Secret(service, path, "expired", _date(ended), detail=variable.name)


FILES: tuple[tuple[environ.Variable, Service], ...] = (
    (environ.AWS[2], "aws"),
    (environ.AZURE[1], "azure"),
    (environ.GCP[0], "gcp"),
)


def _aws(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    """Look at what the profile in use has: keys with an end, or a login by SSO (AWS SDKs reference guide)."""
    folder = os.path.join(hub.user_home(variables), ".aws")
    path = os.path.expanduser(
        environ.read(environ.AWS_FILES[0], variables) or os.path.join(folder, "credentials")
    )
    yield from _closed("aws", path)
    ended = next((_when(said) for one in environ.AWS_ENDS if (said := environ.read(one, variables))), None)
    if environ.read(environ.AWS_SESSION_TOKEN, variables) and ended is not None and ended < time.time():
        yield Secret("aws", "AWS_SESSION_TOKEN", "expired", _date(ended))
    if not (about.names & AWS_NAMES or about.targets("cloud")) or environ.read(environ.AWS[0], variables):
        return
    profile = environ.read(environ.AWS[1], variables) or "default"
    keys = _ini(path).get(profile, {})
    for key in ("expiration", "aws_expiration", "x_security_token_expires", "aws_session_expiration"):
        ended = _when(keys.get(key))
        if ended is not None and ended < time.time():
            yield Secret("aws", f"{_short(path)} [{profile}]", "expired", _date(ended))
    config = _ini(
        os.path.expanduser(environ.read(environ.AWS_FILES[1], variables) or os.path.join(folder, "config"))
    )
    section = config.get(profile) or config.get(f"profile {profile}") or {}
    session = section.get("sso_session", "")
    # the file's name is the SHA-1 of the session's name, or of the start address without one
    start = session or section.get("sso_start_url", "")
    if start:
        name = hashlib.sha1(start.encode(), usedforsecurity=False).hexdigest()
        cached = os.path.join(folder, "sso", "cache", f"{name}.json")
        login = _json(cached)
        ended = _when(login.get("expiresAt"))
        renewable = (
            login.get("refreshToken") and (_when(login.get("registrationExpiresAt")) or 0) > time.time()
        )
        if not login:
            yield Secret("aws", _short(cached), "missing", detail=f"sso {profile}")
        elif ended is not None and ended < time.time() and not renewable:
            yield Secret("aws", _short(cached), "expired", _date(ended), detail=f"sso {profile}")


def _gcp(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    """Look at application default credentials: whether they are whole, and what they point to is there."""
    named = environ.read(environ.GCP[0], variables)
    usual = os.path.join(
        hub.user_home(variables), ".config", "gcloud", "application_default_credentials.json"
    )
    path = named or usual
    if not os.path.isfile(path) or not (named or about.names & GCP_NAMES):
        return
    yield from _closed("gcp", path)
    said = _json(path)
    if not said.get("type"):
        yield Secret("gcp", _short(path), "malformed")
    source = said.get("credential_source")
    file = source.get("file") if isinstance(source, dict) else None
    if isinstance(file, str) and not os.path.isfile(file):
        yield Secret("gcp", _short(path), "missing", detail=file)


def _docker(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    """Look at docker's configuration: the helpers that it names, and logins that lie in it as they are."""
    folder = environ.read(environ.DOCKER_CONFIG, variables) or os.path.join(
        hub.user_home(variables), ".docker"
    )
    path = os.path.join(folder, "config.json")
    said = _json(path)
    logins = said.get("auths")
    plain = (
        [one for one in logins.values() if isinstance(one, dict) and one.get("auth")]
        if isinstance(logins, dict)
        else []
    )
    if plain:
        yield from _closed("docker", path)
    helpers = said.get("credHelpers")
    named = [said.get("credsStore"), *(helpers.values() if isinstance(helpers, dict) else ())]
    for name in dict.fromkeys(str(one) for one in named if one):
        program = f"docker-credential-{name}"
        if shutil.which(program, path=variables.get("PATH")) is None:
            yield Secret("docker", _short(path), "helper-missing", detail=program, path=path)


def _netrc(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    path = environ.read(environ.NETRC, variables) or os.path.join(hub.user_home(variables), ".netrc")
    yield from _closed("netrc", path)


def _kaggle(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    folder = environ.read(environ.KAGGLE_CONFIG_DIR, variables) or os.path.join(
        hub.user_home(variables), ".kaggle"
    )
    yield from _closed("kaggle", os.path.join(folder, "kaggle.json"))


def _kubernetes(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    named = environ.read(environ.KUBECONFIG, variables) or os.path.join(
        hub.user_home(variables), ".kube", "config"
    )
    for path in filter(None, named.split(os.pathsep)):
        yield from _closed("kubernetes", path)


def _ssh(variables: Mapping[str, str], about: Known) -> Iterator[Secret]:
    """Look at private keys: ssh refuses those that others can read."""
    folder = os.path.join(hub.user_home(variables), ".ssh")
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".pub") or not (name.startswith("id_") or name.endswith((".pem", ".key"))):
            continue
        try:
            with open(path, "rb") as file:
                private = b"PRIVATE KEY" in file.read(100)
        except OSError:
            continue
        if private:
            yield from _closed("ssh", path)


READERS: tuple[Callable[[Mapping[str, str], Known], Iterator[Secret]], ...] = (
    *(_huggingface, _variables, _aws, _gcp, _docker, _netrc, _kaggle, _kubernetes, _ssh),
)


def _closed(service: Service, path: str) -> Iterator[Secret]:
    """Yield a file that others than its owner can read; POSIX alone."""
    if sys.platform == "win32":
        return
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return
    if stat.S_ISREG(mode) and mode & 0o077:
        yield Secret(service, _short(path), "exposed", detail=f"{stat.S_IMODE(mode):04o}", path=path)


def _short(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(MOST).strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _json(path: str) -> Mapping[str, Any]:
    try:
        said = json.loads(_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _ini(path: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="\0")
    try:
        parser.read_string(_text(path))
    except configparser.Error:
        return {}
    return {name: dict(parser[name]) for name in parser.sections()}


def _when(said: object) -> float | None:
    """Return seconds since 1970 of a time as AWS writes it (`2026-11-22T10:00:00Z`, `UTC`, `+0000`)."""
    words = re.sub(r"(UTC|Z)$", "+00:00", str(said or "").strip())
    words = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", words).replace(" +", "+")
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or timezone.utc).timestamp()


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
