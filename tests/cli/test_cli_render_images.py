"""`provenv render` of an image where no engine is needed: which target, which file."""

from __future__ import annotations

import pytest
import yaml

from provenv.render import jsonc

DECLARED = """
schema = 1
name = "project"
requirements = ["alpha"]

[run.train]
command = "python train.py"
"""
BOX = '\n[target.box]\nkind = "image"\ncommand = "python serve.py"\n'


def test_where_no_image_is_declared_three_lines_are_shown(workplace):
    place = workplace(DECLARED)
    refused = place("render", "compose", "--json")
    assert (refused.code, refused.codes) == (1, ["PV1025"])
    hint = refused.document["problems"][0]["hints"][-1]["command"]
    # the hint is a command, and it does what it says
    done = place.run(["-c", f"import subprocess; subprocess.run({hint!r}, shell=True, check=True)"], {})
    assert done.returncode == 0, done.stderr
    assert place("render", "compose").code == 0


def test_where_nothing_is_declared_a_file_comes_first(workplace):
    place = workplace()
    (place.root / "provenv.toml").unlink(missing_ok=True)
    place.write("requirements.txt", "alpha\n")
    refused = place("render", "devcontainer", "--json")
    assert refused.codes == ["PV1025"]
    assert refused.document["problems"][0]["hints"][0]["command"] == "provenv init"


@pytest.mark.parametrize(
    ("more", "arguments", "code", "problem"),
    [
        (BOX + BOX.replace("box", "crate"), ["compose"], 2, "PV1026"),
        ('\n[target.env]\nkind = "venv"\n', ["compose", "--on", "env"], 1, "PV1000"),
        ("", ["compose", "--on", "nowhere"], 1, "PV703"),
        (BOX, ["dockerfile"], 1, "PV763"),
        (BOX, ["compose", "--check"], 2, "PV450"),
        (BOX, ["compose", "--dialect", "plain"], 2, "PV446"),
        (BOX, ["compose", "--secrets", "x"], 2, "PV446"),
        (BOX, ["compose", "--no-hashes"], 2, "PV446"),
        (BOX, ["requirements", "--dialect", "plain"], 2, "PV446"),
    ],
)
def test_what_makes_no_sense_is_said(workplace, more, arguments, code, problem):
    refused = workplace(DECLARED + more)("render", *arguments, "--json")
    assert (refused.code, refused.codes) == (code, [problem])


def test_a_lock_goes_into_a_file_and_not_into_a_folder(workplace):
    place = workplace(DECLARED)
    assert place("lock").code == 0
    refused = place("render", "requirements", "-o", ".", "--json")
    assert (refused.code, refused.codes) == (2, ["PV1027"])


@pytest.mark.parametrize(
    ("what", "file"), [("compose", "compose.yaml"), ("devcontainer", ".devcontainer/devcontainer.json")]
)
def test_a_file_is_printed_written_checked_and_kept(workplace, what, file):
    place = workplace(DECLARED + BOX)
    printed = place("render", what)
    assert (printed.code, f"provenv render {what}" in printed.out) == (0, True)
    assert "PV1031" in printed.err
    assert place("render", what, "-o", ".", "--check").code == 10
    assert not (place.root / file).exists()
    assert place("render", what, "-o", ".", "--json").data["state"] == "written"
    assert (place.root / file).read_text() == printed.out
    assert place("render", what, "-o", file, "--check").code == 0
    place.write(file, "# mine\n")
    refused = place("render", what, "-o", ".", "--json")
    assert (refused.code, refused.codes) == (1, ["PV442"])
    assert (place.root / file).read_text() == "# mine\n"
    assert place("render", what, "-o", ".", "--force").code == 0
    assert place("render", what, "-o", ".", "--check").code == 0


def test_a_file_elsewhere_finds_the_project(workplace):
    place = workplace(DECLARED + BOX)
    assert place("render", "compose", "-o", "deploy/local/compose.yaml").code == 0
    made = yaml.safe_load((place.root / "deploy/local/compose.yaml").read_text())
    assert made["services"]["project"]["build"]["context"] == "../.."
    assert place("render", "devcontainer", "-o", ".devcontainer/box/devcontainer.json").code == 0
    inner = jsonc.read((place.root / ".devcontainer/box/devcontainer.json").read_text()).value
    assert inner["build"]["dockerfile"] == "../../Dockerfile"


def test_beside_a_dockerfile_of_the_user_s_the_target_s_has_its_own_name(workplace):
    place = workplace(DECLARED + BOX)
    place.write("Dockerfile", "FROM scratch\n")
    made = yaml.safe_load(place("render", "compose").out)
    assert made["services"]["project"]["build"]["dockerfile"] == "Dockerfile.box"


def test_the_only_image_is_taken_and_the_user_s_words_are_kept_out(workplace):
    place = workplace(DECLARED + '\n[env]\npass = ["TOKEN"]\n' + BOX)
    made = place("render", "compose", TOKEN="hunter2")
    assert made.code == 0
    assert "hunter2" not in made.out + made.err
    assert yaml.safe_load(made.out)["services"]["project"]["environment"] == ["TOKEN"]
