"""`data` as a user types it, and what runs get of it: variables, records, comparisons."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

TABLE = hashlib.sha256(b"a,b\n").hexdigest()
SHOW = """\
import json, os
print(json.dumps({key: os.environ[key] for key in sorted(os.environ) if key.startswith("PROVENV_DATA_")}))
"""
CHECK = """\
import os
assert os.path.getsize(os.environ["PROVENV_DATA_TABLE"]) == 4
"""
DECLARED = """\
requirements = ["alpha<2"]

[data.table]
url = "{url}"
sha256 = "{sha256}"

[data.my-own]
folder = "own"

[data.brought]
package = "alpha"
path = "alpha_data"

[prove]
commands = {{ data = "python check.py" }}
data = ["table"]

[run.train]
command = "python show.py"
data = ["my-own", "table"]
"""


@pytest.fixture
def tool(workplace, tmp_path):
    made = workplace()
    made.wheel("alpha", "1.0", more={"alpha_data/x.csv": "1,2\n", "alpha_data/sub/y.csv": "3\n"})
    source = tmp_path / "table.csv"
    source.write_text("a,b\n")
    made.write("provenv.toml", DECLARED.format(url=source.as_uri(), sha256=TABLE))
    made.write("own/k.txt", "hi")
    made.write("show.py", SHOW)
    made.write("check.py", CHECK)
    return made


def records(tool):
    folders = sorted(Path(tool.root, ".provenv", "runs").glob("*-*"))
    return [json.loads((one / "run.json").read_text()) for one in folders]


def test_runs_get_their_data_and_remember_which(tool):
    assert tool("data", "ls", "--json").data["sets"][0]["state"] == "missing"
    # the proof named `table`, so that alone was fetched by `up`
    assert tool("up").code == 0
    ended = tool("run", "train")
    assert ended.code == 0, ended.err
    given = json.loads(ended.out)
    assert sorted(given) == ["PROVENV_DATA_MY_OWN", "PROVENV_DATA_TABLE"]
    assert Path(given["PROVENV_DATA_TABLE"]).read_text() == "a,b\n"
    assert given["PROVENV_DATA_MY_OWN"] == str(tool.root / "own")

    every = json.loads(tool("run", "--", "python", "show.py").out)
    assert sorted(every) == ["PROVENV_DATA_BROUGHT", *sorted(given)]
    assert Path(every["PROVENV_DATA_BROUGHT"], "sub", "y.csv").read_text() == "3\n"

    tool.write("own/k.txt", "other")
    assert tool("run", "train").code == 0
    first, _, second = records(tool)
    assert first["data"]["table"] == second["data"]["table"] == f"sha256:{TABLE}"
    assert first["data"]["my-own"] != second["data"]["my-own"]
    compared = tool("runs", "compare", "--json").data["properties"]
    found = {one["name"]: one["values"] for one in compared if one["part"] == "data"}
    assert found["my-own"] == [first["data"]["my-own"], second["data"]["my-own"]]
    assert len(set(found["table"])) == 1
    assert "my-own" in tool("runs", "show").out

    (site,) = tool.root.glob(".provenv/here/generations/0001/venv/lib/python*/site-packages")
    (site / "alpha_data" / "x.csv").unlink()
    failed = tool("run", "--", "python", "show.py")
    assert failed.code == 125
    assert "PV1445" in failed.err
    assert tool("run", "train").code == 0


def test_a_run_without_its_data_says_what_to_do(tool, tmp_path):
    assert tool("up").code == 0
    assert tool("data", "rm", "table", "--yes").code == 0
    (tmp_path / "table.csv").rename(tmp_path / "elsewhere.csv")
    failed = tool("run", "train")
    assert failed.code == 125
    assert "PV1436" in failed.err
    assert "provenv data add table FILE" in failed.err
    assert tool("data", "add", "table", str(tmp_path / "elsewhere.csv")).code == 0
    assert tool("run", "train").code == 0


def test_the_commands(tool):
    listed = tool("data")
    assert (listed.code, "table" in listed.out, "missing" in listed.out) == (0, True, True)
    fetched = tool("data", "fetch", "table", "--json")
    assert (fetched.code, fetched.data["sets"][0]["fetched"]) == (0, True)
    path = tool("data", "path", "table")
    assert Path(path.out.strip()).read_text() == "a,b\n"
    assert tool("data", "verify", "table", "--json").data["verified"] is True
    # the package's is not there before `up`
    whole = tool("data", "verify", "--json")
    assert (whole.code, whole.codes) == (1, ["PV1444"])
    assert "已校验" in tool("data", "verify", "table", "--lang", "zh").out
    asked = tool("data", "rm")
    assert (asked.code, "provenv data rm --yes" in asked.err) == (2, True)
    assert tool("data", "rm", "--yes", "--json").data["names"] == ["table"]
    unknown = tool("data", "path", "tabel")
    assert (unknown.code, "`table`" in unknown.err) == (2, True)


def test_a_digest_needs_no_project(tool, tmp_path):
    (tmp_path / "empty").mkdir()
    found = tool("data", "digest", str(tmp_path / "table.csv"), "-C", str(tmp_path / "empty"))
    assert (found.code, found.out.split()[:3]) == (
        0,
        ["sha256", "=", f'"{TABLE}"'],
    )
