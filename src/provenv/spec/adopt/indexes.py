"""Where packages come from, as a source says it: what provenv.toml can hold of it."""

from __future__ import annotations

import re

from ...errors import text
from ..source import has_password
from .adopted import Draft, Item

_DEFAULT = re.compile(r"https?://pypi(?:\.python)?\.[a-z]{3}(?:/simple)?/?")
_PYTORCH = re.compile(r"https?://[^/\s]+/(?:.*/)?(?:whl|pytorch-wheels)/?(?:torch_stable\.html|.*)?")
_VARIABLE = re.compile(r"\$\{?\w")


def is_pytorch(url: str) -> bool:
    """Return whether a URL is PyTorch's own index of wheels or a mirror of it."""
    return ("pytorch" in url or "torch" in url) and _PYTORCH.fullmatch(url) is not None


def take_index(draft: Draft, url: str, where: str) -> None:
    """Carry over the index that replaces the default one: `[mirrors] pypi`."""
    if _kept_out(draft, url, where):
        return
    if draft.mirrors.setdefault("pypi", Item(url, where)).words != url:
        take_extra_index(draft, url, where)


def take_extra_index(draft: Draft, url: str, where: str) -> None:
    """Carry over an index that is looked at besides the default one."""
    if not _kept_out(draft, url, where):
        _option(draft, f"--extra-index-url {url}", where)


def take_links(draft: Draft, place: str, where: str) -> None:
    """Carry over a page or folder of wheels."""
    if not _kept_out(draft, place, where):
        _option(draft, f"--find-links {place}", where)


def _kept_out(draft: Draft, url: str, where: str) -> bool:
    if not url or _DEFAULT.fullmatch(url):
        return True
    if is_pytorch(url):
        draft.leave(url, where, text("adopt.left.torch_index"))
        return True
    if has_password(url):
        draft.leave(url, where, text("adopt.left.secret_url"))
        return True
    if _VARIABLE.search(url):
        draft.leave(url, where, text("adopt.left.unknown_variable"))
        return True
    return False


def _option(draft: Draft, words: str, where: str) -> None:
    if all(item.words != words for item in draft.options):
        draft.options.append(Item(words, where))
