"""The state of the project's code: git's commit, and how tracked files differ from it; empty without git."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from ..model.runs import CodeState

LIMIT = 20.0
"""Seconds that git may take for each answer."""
MOST = 16 << 20
"""Bytes of a difference that are kept."""
ELSEWHERE = frozenset(
    ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")
)
"""Variables by which a hook's git leads to its own repository (git rev-parse --local-env-vars)."""
CUT = b"\n# cut here: the difference is larger\n"


def code_state(folder: str, environment: Mapping[str, str]) -> tuple[CodeState, bytes]:
    """Return what git says of the repository that `folder` is in, and the difference as a patch.

    The whole repository counts: code beside the project is imported too. `environment` is what git is found
    and run with; no hook or external diff of the repository's runs, nothing is written.
    """
    git = _Git(folder, environment)
    revision = git.word("rev-parse", "--verify", "--quiet", "HEAD")
    top = git.word("rev-parse", "--show-toplevel")
    if not top:
        return CodeState(), b""
    branch = git.word("symbolic-ref", "--short", "--quiet", "HEAD")
    at_top = _Git(top, environment)
    others = at_top.bytes("ls-files", "-z", "--others", "--exclude-standard") or b""
    if not revision:  # no commit yet
        return CodeState(branch=branch, dirty=True, untracked=others.count(b"\0")), b""
    safe = (
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--full-index",
        "--src-prefix=a/",
        "--dst-prefix=b/",
    )
    difference = at_top.bytes("diff", *safe, "HEAD", "--") or b""
    dirty = bool(difference)
    if len(difference) > MOST:
        difference = difference[:MOST] + CUT
    return CodeState(revision, branch, dirty, others.count(b"\0")), difference


class _Git:
    """git in one folder."""

    def __init__(self, folder: str, environment: Mapping[str, str]) -> None:
        self._folder = folder
        own = {name: value for name, value in environment.items() if name not in ELSEWHERE}
        self._environment = {**own, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}

    def bytes(self, *words: str) -> bytes | None:
        """Return what a command printed, None where it failed."""
        line = ["git", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=keep", *words]
        try:
            done = subprocess.run(
                line,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None

    def word(self, *words: str) -> str:
        """Return what a command printed without the newline, empty where it failed."""
        return (self.bytes(*words) or b"").decode("utf-8", "replace").removesuffix("\n")
