"""The wheel of provenv-runtime that hatch_build.py makes: the same bytes each time, only the library."""

from __future__ import annotations

import csv
import io
import zipfile
from base64 import urlsafe_b64encode
from email.parser import Parser
from hashlib import sha256

from loading import load
from provenv_runtime import __version__


def test_the_wheel(repository, tmp_path):
    build = load("hatch_build_of_runtime", repository / "hatch_build.py").build_runtime
    root = tmp_path / "root"
    (root / "src" / "provenv").mkdir(parents=True)
    (root / "runtime").symlink_to(repository / "runtime")
    wheel = build(root)
    first = wheel.read_bytes()
    assert build(root).read_bytes() == first
    assert [one.name for one in wheel.parent.iterdir()] == [f"provenv_runtime-{__version__}-py3-none-any.whl"]
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    about = f"provenv_runtime-{__version__}.dist-info"
    sources = {path.name for path in (repository / "runtime/src/provenv_runtime").glob("*.py")} | {"py.typed"}
    assert {name.removeprefix("provenv_runtime/") for name in files if about not in name} == sources
    rows = list(csv.reader(io.StringIO(files[f"{about}/RECORD"].decode())))
    assert [row[0] for row in rows] == list(files)
    for name, digest, _ in rows[:-1]:
        made = urlsafe_b64encode(sha256(files[name]).digest()).rstrip(b"=").decode()
        assert digest == f"sha256={made}"
    metadata = Parser().parsestr(files[f"{about}/METADATA"].decode())
    assert (metadata["Name"], metadata["Version"]) == ("provenv-runtime", __version__)
    assert metadata["Requires-Dist"] is None
