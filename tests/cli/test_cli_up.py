"""The spine as a user walks it: a declared file, `up`, a proof that fails."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'


def test_from_a_file_to_a_proven_environment_and_then_nothing_to_do(workplace):
    tool = workplace(DECLARED)
    first = tool("up", "--json")
    assert first.code == 0, first.err
    assert first.data["generation"]["proof"] == "passed"
    assert first.data["generation"]["packages"] == {"alpha": "1.0"}
    assert tool.current == "generations/0001"
    assert os.readlink(tool.root / ".venv") == ".provenv/here/current/venv"
    again = tool("up", "--json")
    assert again.data["unchanged"] is True
    assert again.data["generation"]["number"] == 1
    status = tool("status", "--json").data
    assert (status["sync"], status["drift"]["changed"]) == ("in-sync", [])


def test_requirements_txt_alone_is_enough(workplace):
    tool = workplace()
    tool.write("requirements.txt", "beta  # what we need\n")
    assert tool("up").code == 0
    ran = tool("run", "--", "python", "-c", "import beta, alpha; print(alpha.version)")
    assert (ran.code, ran.out) == (0, "2.0\n")


def test_a_failed_proof_keeps_the_old_generation_and_says_why(workplace):
    tool = workplace(DECLARED)
    tool("up")
    tool.wheel("alpha", "1.5", source="raise RuntimeError('this wheel is broken')\n")
    tool.write("provenv.toml", DECLARED.replace("<2", "==1.5"))
    failed = tool("up", "--json")
    assert failed.code == 3
    assert failed.codes == ["PV720"]
    broken = [one for one in failed.data["outcomes"] if one["status"] == "failed"]
    assert [one["name"] for one in broken] == ["imports"]
    assert "this wheel is broken" in broken[0]["evidence"]
    assert tool.current == "generations/0001"
    assert tool("run", "--", "python", "-c", "import alpha; print(alpha.version)").out == "1.0\n"
    assert [one["proof"] for one in tool("history", "--json").data["state"]["generations"]] == [
        "passed",
        "failed",
    ]
    # the next attempt does not pile up what failed
    tool("up")
    assert len(list((tool.root / ".provenv/here/generations").iterdir())) == 2


def test_the_users_own_command_is_part_of_the_proof(workplace):
    tool = workplace(DECLARED + "[prove]\ncommands = { mine = \"python -c 'import sys; sys.exit(7)'\" }\n")
    failed = tool("up", "--json")
    assert failed.code == 3
    assert [one["name"] for one in failed.data["outcomes"] if one["status"] == "failed"] == ["command.mine"]


def test_the_plan_of_a_first_up_is_written_where_it_was_asked_for(workplace):
    tool = workplace(DECLARED)
    assert tool("plan", "--out", "plan.json").code == 0
    kinds = [step["kind"] for step in json.loads((tool.root / "plan.json").read_text())["steps"]]
    assert kinds == ["create", "install", "prove", "switch"]
    assert not (tool.root / "pylock.toml").exists()


def test_a_new_command_of_the_proof_is_run_although_nothing_has_to_be_built(workplace):
    tool = workplace(DECLARED)
    tool("up")
    tool.write("provenv.toml", DECLARED + '[prove]\ncommands = { mine = "false" }\n')
    failed = tool("up", "--json")
    assert (failed.code, tool.current) == (3, "generations/0001")
    tool.write("provenv.toml", DECLARED + '[prove]\ncommands = { mine = "true" }\n')
    proven = tool("up", "--json")
    assert (proven.code, tool.current) == (0, "generations/0001")
    assert "command.mine" in [one["name"] for one in proven.data["evidence"]["outcomes"]]
    assert tool("up", "--json").data["unchanged"] is True


def test_a_comment_costs_nothing(workplace):
    tool = workplace(DECLARED)
    tool("up")
    tool.write("provenv.toml", DECLARED + "# only words\n")
    assert tool("up", "--json").data["unchanged"] is True
    assert tool("status", "--json").data["sync"] == "in-sync"


def test_a_python_that_is_nowhere_is_said_with_those_that_are_here(workplace):
    tool = workplace()
    tool.write("provenv.toml", DECLARED + 'python = "3.99"\n')
    failed = tool("up", "--json")
    assert (failed.code, failed.codes) == (1, ["PV411"])
    hints = failed.document["problems"][0]["hints"]
    assert ".".join(map(str, sys.version_info[:2])) in hints[0]["text"]["text"]
    assert list((tool.root / ".provenv/here/generations").iterdir()) == []


def test_a_failed_proof_is_not_told_behind_a_tick(workplace):
    tool = workplace(DECLARED + '[prove]\ncommands = { mine = "false" }\n')
    said = [line for line in tool("up").err.splitlines() if "1 failed" in line]
    assert said
    assert not any(line.startswith("✓") for line in said)


@pytest.mark.skipif(
    shutil.which("python3.14", path="/usr/bin:/bin") is not None, reason="this machine has a Python 3.14"
)
def test_a_missing_python_is_asked_for_at_the_declared_mirror(workplace):
    asked = []

    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    tool = workplace()
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mirror = f"http://127.0.0.1:{server.server_port}/builds"
        tool.write("provenv.toml", f'{DECLARED}python = "3.14"\n[mirrors]\npython = "{mirror}"\n')
        # neither pyenv's nor uv's own interpreters shall be found
        elsewhere = {"PATH": "/usr/bin:/bin", "UV_PYTHON_INSTALL_DIR": str(tool.root / "pythons")}
        failed = tool("up", "--json", **elsewhere)
        server.shutdown()
    assert failed.codes == ["PV411"], failed.document["problems"]
    assert asked
    assert all(path.startswith("/builds/") and "cpython-3.14" in path for path in asked)


def test_a_quick_proof_tells_what_it_left_out_and_keeps_the_receipt(workplace):
    tool = workplace(DECLARED)
    assert tool("up").code == 0
    receipt = (tool.root / ".provenv/here/current/proof.json").read_bytes()
    quick = tool("prove", "--quick", "--json")
    assert quick.code == 0, quick.err
    assert [one["name"] for one in quick.data["outcomes"]] == ["imports", "libraries", "dependencies"]
    assert quick.data["left_out"] == ["files", "measure-storage"]
    assert all(one["seconds"] > 0 for one in quick.data["outcomes"])
    assert (tool.root / ".provenv/here/current/proof.json").read_bytes() == receipt
    told = tool("prove", "--quick", "--lang", "en")
    assert "no fault found" in told.out
    assert "2 checks were left out" in told.out
    both = tool("prove", "--quick", "--only", "files", "--json")
    assert (both.code, both.codes) == (2, ["PV724"])


def test_a_quick_proof_that_finds_a_fault_fails_and_changes_nothing(workplace):
    tool = workplace(DECLARED)
    tool("up")
    site = next((tool.root / ".provenv/here/current/venv/lib").glob("python3*/site-packages"))
    module = next(path for path in (site / "alpha.py", site / "alpha/__init__.py") if path.exists())
    module.unlink()
    module.write_text("raise RuntimeError('changed by hand')\n")
    failed = tool("prove", "--quick", "--json")
    assert (failed.code, failed.codes) == (3, ["PV720"])
    assert tool("status", "--json").data["generation"]["proof"] == "passed"
