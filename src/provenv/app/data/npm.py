"""An npm package's tarball, from the user's own client: registry, proxy, CA and login are its matter."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from ... import environ
from ...errors import Failure, Hint, Problem, Text, problem, text, verbatim
from ...hosts.local import LocalHost
from ...hosts.patience import patience_of
from ...model.channel import Completed
from ...spec.declared_data import NPM_NAME, NPM_VERSION
from ..project import Project

LEAD = "npm:"
"""What an origin of `data digest` begins with that is no address: `npm:NAME@VERSION`."""
BEGUN = "npm-"
ABSENT = frozenset({"E404", "ETARGET", "ENOVERSIONS"})
REFUSED = frozenset({"E401", "E403", "ENEEDAUTH", "EOTP"})
UNREACHED = re.compile(
    r"ECONN\w+|ENOTFOUND|EAI_\w+|E\w*TIMEDOUT|E\w*TIMEOUT|EHOSTUNREACH|ENETUNREACH|EPROTO|EPIPE|ENOTCACHED"
    r"|ERR_(?:SOCKET|SSL|TLS|HTTP2|STREAM)\w*|E5\d\d|E407|E429|\w*CERT\w*|\w*ISSUER\w*"
)


def read_origin(origin: str) -> tuple[str, str]:
    """Return name and version of `npm:NAME@VERSION`. Raises Failure PV1457."""
    package, _, version = origin.removeprefix(LEAD).rpartition("@")
    if not re.fullmatch(NPM_NAME, package) or not re.fullmatch(NPM_VERSION, version):
        raise Failure(problem("PV1457", origin=origin, why=text("PV1457.why")))
    return package, version


def pack(project: Project, package: str, version: str, goal: Path, by_hand: Hint) -> int:
    """Get the tarball of a package's exact version to `goal` and return its bytes; npm checks its integrity.

    npm keeps what it fetched, so the network is not asked for what its cache has. `by_hand` is what helps
    where npm does not. Raises Failure: PV1452 without npm, PV1453 where there is no such package or version,
    PV1454 where the registry can't be reached or refuses, PV1455 for whatever else npm says, PV1456 where
    the file is not what the registry itself says that it is; OSError.
    """
    program = shutil.which("npm", path=environ.read(environ.PATH, project.environment) or "")
    if program is None:
        hints = (Hint(text("PV1452.hint")), by_hand)
        raise Failure(problem("PV1452", package=package, version=version, hints=hints))
    goal.parent.mkdir(parents=True, exist_ok=True)
    for left in goal.parent.glob(f"{BEGUN}*"):
        # of an attempt that was killed; whoever calls holds this content
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=BEGUN, dir=goal.parent))
    try:
        done = _asked(project, program, f"{package}@{version}", folder, "--prefer-offline")
        if _code(done) == "ETARGET":
            # what npm remembers of the package may be older than the version
            done = _asked(project, program, f"{package}@{version}", folder, "--prefer-online")
        found = list(folder.glob("*.tgz")) if done.code == 0 else []
        if len(found) != 1:
            raise Failure(_told(done, package, version, by_hand))
        os.replace(found[0], goal)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return goal.stat().st_size


def _asked(project: Project, program: str, wanted: str, folder: Path, which: str) -> Completed:
    """Run npm in the project's folder, whose `.npmrc` it reads, with the user's whole environment."""
    options = ["--json", "--ignore-scripts", "--no-dry-run", "--no-update-notifier", "--no-progress", which]
    return LocalHost().exec(
        [program, "pack", wanted, "--pack-destination", str(folder), *options],
        environment=project.environment,
        folder=str(project.root),
        patience=patience_of(project.environment),
    )


def _said(done: Completed) -> dict[str, str]:
    """Return what npm said of its failure: `code`, `summary`."""
    found: dict[str, str] = {}
    try:
        error = json.loads(done.out)["error"]
        found = {key: str(error[key]) for key in ("code", "summary") if error.get(key)}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    lines = [re.sub(r"^npm (?:ERR!|error) ?", "", one).strip() for one in done.err.splitlines()]
    codes = [one.removeprefix("code ") for one in lines if one.startswith("code ")]
    return {"code": codes[0] if codes else "", "summary": next(filter(None, reversed(lines)), ""), **found}


def _code(done: Completed) -> str:
    return _said(done)["code"] if done.code else ""


def _told(done: Completed, package: str, version: str, by_hand: Hint) -> Problem:
    """Return the problem that npm did not give the tarball, by what it said."""
    said = _said(done)
    code, words = said["code"], said["summary"].strip() or f"exit code {done.code}"
    if code in ABSENT:
        versions = Hint(text("PV1453.hint"), f"npm view {package} versions")
        why = text("PV1453.version") if code != "E404" else text("PV1453.why")
        return problem("PV1453", package=package, version=version, why=why, hints=(versions,))
    if code == "EINTEGRITY":
        return problem("PV1456", package=package, version=version, why=text("PV1456.integrity"))
    if done.stalled is not None or done.timed_out:
        return _unreached(package, version, text("PV1454.stalled", seconds=round(done.seconds)), by_hand)
    if code in REFUSED:
        why = text("PV1454.login", answer=words)
        hints = (Hint(text("PV1454.hint_login"), "npm login"), by_hand)
        return problem("PV1454", package=package, version=version, why=why, hints=hints)
    if UNREACHED.fullmatch(code):
        return _unreached(package, version, text("PV1454.why", answer=words), by_hand)
    return problem("PV1455", package=package, version=version, why=verbatim(words), hints=(by_hand,))


def _unreached(package: str, version: str, why: Text, by_hand: Hint) -> Problem:
    hints = (Hint(text("PV1454.hint"), "npm ping"), by_hand)
    return problem("PV1454", package=package, version=version, why=why, hints=hints)
