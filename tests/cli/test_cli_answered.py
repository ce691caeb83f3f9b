"""A command that fails ends with what the rules say of it, as a user sees it."""

from __future__ import annotations

import json

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
NO_LIBRARY = "libGL.so.1: cannot open shared object file: No such file or directory"
TRAIN = f"raise ImportError({NO_LIBRARY!r})\n"


def test_a_declared_run_that_fails_names_its_cause(workplace):
    tool = workplace(DECLARED + '[run.train]\ncommand = "python train.py"\n')
    tool.write("train.py", TRAIN)
    assert tool("up").code == 0
    ended = tool("run", "--json-file", "ended.json", "train")
    assert ended.code == 1
    behind = ended.err.partition("ImportError: " + NO_LIBRARY)[2]
    assert "libgl-missing" in behind
    assert "opencv-python-headless" in behind
    assert json.loads((tool.root / "ended.json").read_text())["data"]["diagnosis"]["cause"] == "libgl-missing"


def test_a_command_of_its_own_is_answered_too_unless_nobody_wants_it(workplace):
    tool = workplace(DECLARED)
    tool.write("train.py", TRAIN)
    assert tool("up").code == 0
    assert "libgl-missing" in tool("run", "--", "python", "train.py").err
    assert "libgl-missing" in tool("run", "--explain", "--", "python", "train.py").err
    silent = tool("run", "--no-explain", "--", "python", "train.py")
    assert silent.code == 1
    assert "libgl-missing" not in silent.err


def test_a_mistake_in_the_user_s_own_code_is_said_to_be_one(workplace):
    tool = workplace(DECLARED)
    tool.write("train.py", "labels = {}\nlabels['cat']\n")
    assert tool("up").code == 0
    ended = tool("run", "--", "python", "train.py")
    assert f"{tool.root}/train.py:2" in ended.err.partition("KeyError: 'cat'\n")[2]
    zh = tool("run", "--", "python", "train.py", PROVENV_LANG="zh")
    assert "环境本身没有问题" in zh.err


def test_what_the_user_did_or_what_ended_well_is_not_answered(ready):
    told = f"import os, signal, sys; print({NO_LIBRARY!r}, file=sys.stderr, flush=True)"
    for words in (told, f"{told}; os.kill(os.getpid(), signal.SIGTERM)"):
        assert "libgl-missing" not in ready("run", "--", "python", "-c", words).err


def test_a_failed_proof_carries_its_answer(workplace):
    command = f"python -c \\\"raise ImportError('{NO_LIBRARY}')\\\""
    tool = workplace(DECLARED + f'[prove]\ncommands = {{ smoke = "{command}" }}\n')
    failed = tool("up")
    assert failed.code == 3
    assert "libgl-missing" in failed.err.splitlines()[-1] + failed.err[-1500:]
    told = tool("up", "--json")
    assert told.document["diagnosis"]["cause"] == "libgl-missing"


def test_a_mistake_in_the_declared_file_is_no_matter_of_the_environment(workplace):
    tool = workplace('schema = 1\nname = "p"\nrequirements = [3]\n')
    told = tool("up", "--json")
    assert told.code == 1
    assert "diagnosis" not in told.document


def test_rules_of_one_s_own_answer_too(workplace):
    tool = workplace(DECLARED)
    (tool.root / "provenv-rules").mkdir()
    tool.write(
        "provenv-rules/licence-server.toml",
        'cause = "licence-server"\n'
        '[says.en]\nwhat = "the licence server is away"\nwhy = "it is restarted on Sundays"\n'
        '[says.zh]\nwhat = "许可证服务器不可用"\nwhy = "它每周日重启"\n'
        "[[pattern]]\nid = \"said\"\nregex = 'no licence from the flux server'\nweight = 9\n"
        'example = "no licence from the flux server"\n',
    )
    assert tool("up").code == 0
    ended = tool("run", "--", "python", "-c", "raise SystemExit('no licence from the flux server')")
    assert "licence-server" in ended.err
    # a mistake in them must not hide what failed
    tool.write("provenv-rules/broken.toml", "cause = 3\n")
    broken = tool("run", "--", "python", "-c", f"raise ImportError({NO_LIBRARY!r})")
    assert broken.code == 1
    assert "libgl-missing" in broken.err
