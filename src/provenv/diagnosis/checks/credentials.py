"""Credentials that are there and will not work, or that others can read. Never what they are."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from ...errors import text, verbatim
from ...model.diagnosis import Advice
from ...model.findings import Finding, Fix, Gravity
from ...model.outside import Secret
from ..ground import Ground
from .common import advice, targets

# what refuses to work with a file that others can read, and so does not find the login
REFUSING = frozenset({"ssh", "netrc"})
CAUSES: Mapping[str, str] = {"huggingface": "hf-gated-or-auth"}
LOGINS: Mapping[str, str] = {
    "huggingface": "hf auth login",
    "aws": "aws sso login",
    "gcp": "gcloud auth application-default login",
    "azure": "az login",
}


def look(ground: Ground) -> Iterator[Finding]:
    """Yield a finding for each credential with something wrong, and for a token that the hub refuses."""
    assert ground.secrets is not None
    for secret in ground.secrets:
        yield _finding(ground, secret)
    network = ground.network
    said = any(
        one.service == "huggingface" and one.state in ("expired", "malformed") for one in ground.secrets
    )
    if network is not None and network.login == "refused" and not said:
        named = next(
            (name for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") if ground.variables.get(name)), ""
        )
        yield Finding(
            "credential-refused",
            "credentials",
            "hurts",
            what=text("doctor.secret.hub_refuses", where=named or "~/.cache/huggingface/token"),
            why=text("doctor.secret.hub_refuses.why"),
            remedies=tuple(_unset(named)),
            subject="huggingface",
            cause="hf-gated-or-auth",
        )


def _unset(named: str) -> Iterator[Advice]:
    if named:
        yield advice(text("doctor.secret.unset"), f"unset {named}")
    yield advice(text("doctor.secret.login"), LOGINS["huggingface"])


def _finding(ground: Ground, secret: Secret) -> Finding:
    key = secret.state.replace("-", "_")
    fix = None
    if secret.state == "exposed":
        closed = ("chmod", "600", secret.path)
        fix = Fix(text("doctor.secret.fix", where=secret.where), (closed,))
    return Finding(
        f"credential-{secret.state}",
        "credentials",
        _gravity(ground, secret),
        what=text(
            f"doctor.secret.{key}",
            service=SHOWN[secret.service],
            where=secret.where,
            until=secret.until,
            detail=secret.detail,
        ),
        why=text(f"doctor.secret.refusing.{secret.service}")
        if secret.state == "exposed" and secret.service in REFUSING
        else None,
        evidence=(verbatim(f"{secret.where} ({secret.detail})"),) if secret.state == "exposed" else (),
        remedies=tuple(_mended(secret)),
        fix=fix,
        subject=secret.where,
        cause="permission-denied-path" if secret.state == "exposed" else CAUSES.get(secret.service, ""),
    )


SHOWN: Mapping[str, str] = {
    "huggingface": "Hugging Face",
    "aws": "AWS",
    "gcp": "Google Cloud",
    "azure": "Azure",
    "docker": "Docker",
    "netrc": "netrc",
    "ssh": "SSH",
    "kaggle": "Kaggle",
    "kubernetes": "Kubernetes",
    "token": "JWT",
}


def _gravity(ground: Ground, secret: Secret) -> Gravity:
    if secret.state == "helper-missing":
        return "blocks" if targets(ground, "image") else "better"
    if secret.state == "exposed":
        return "hurts" if secret.service in REFUSING else "better"
    return "better" if secret.state == "differs" else "hurts"


def _mended(secret: Secret) -> Iterator[Advice]:
    if secret.state == "exposed":
        yield advice(None, f"chmod 600 {shlex.quote(secret.path)}")
    elif secret.state == "helper-missing":
        yield advice(text("doctor.secret.helper_install", program=secret.detail))
        yield advice(text("doctor.secret.helper_edit", file=secret.where))
    elif secret.state == "differs":
        yield advice(text("doctor.secret.unset_other"), f"unset {secret.where}")
    elif secret.where.isidentifier() and secret.service in ("huggingface", "gcp"):
        yield advice(text("doctor.secret.unset"), f"unset {secret.where}")
        yield advice(text("doctor.secret.login"), LOGINS[secret.service])
    elif secret.service in LOGINS:
        profile = secret.detail.removeprefix("sso ") if secret.detail.startswith("sso ") else ""
        command = LOGINS[secret.service] + (f" --profile {shlex.quote(profile)}" if profile else "")
        yield advice(text("doctor.secret.login"), command)
    else:
        yield advice(text("doctor.secret.renew", where=secret.where))
