"""What must never be shown is masked, and nothing else is."""

from __future__ import annotations

import pytest

from provenv.ui.redact import document, redact, redact_in_place, variable
from provenv.ui.without_values import without_values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://alice:hunter2@host/simple", "https://****@host/simple"),
        ("https://hunter2@host/simple", "https://****@host/simple"),
        ("git+ssh://git@host/x.git", "git+ssh://git@host/x.git"),
        ("https://host/simple and mail@host", "https://host/simple and mail@host"),
        ("two https://a:b@x/ https://c:d@y/", "two https://****@x/ https://****@y/"),
        ("HF_TOKEN=hf_abc python train.py", "HF_TOKEN=**** python train.py"),
        ('AWS_SECRET_ACCESS_KEY = "a b c" # x', 'AWS_SECRET_ACCESS_KEY = "****" # x'),
        ("password = hunter2", "password = ****"),
        ("https://host/x?access_token=abc&b=1", "https://host/x?access_token=****&b=1"),
        ("PYTHONHASHSEED=0", "PYTHONHASHSEED=0"),
        ("max_tokens = 512, key = 3", "max_tokens = 512, key = 3"),
        ("numpy==1.0", "numpy==1.0"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ****"),
        ("Bearer hf_4bcdef.ghi", "Bearer ****"),
        ("Basic Authentication, Bearer documents", "Basic Authentication, Bearer documents"),
    ],
)
def test_redact(text, expected):
    assert redact(text) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize(
    "source",
    [
        'HF_TOKEN = "hunter2"  # x',
        "index-url = https://alice:hunter2@host/simple",
        "API_KEY='hunter2'",
        "A_KEY=hunter2",
    ],
)
def test_a_source_line_keeps_its_length(source):
    masked = redact_in_place(source)
    assert "hunter2" not in masked
    assert len(masked) == len(source)
    assert redact(masked) == masked


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HF_TOKEN", "abc", "****"),
        ("my_password", "abc", "****"),
        ("HTTPS_PROXY", "http://me:pw@proxy:1", "http://****@proxy:1"),
        ("https_proxy", "me:pw@proxy:1", "****@proxy:1"),
        ("HTTPS_PROXY", "http://proxy:1", "http://proxy:1"),
        ("OMP_NUM_THREADS", "4", "4"),
    ],
)
def test_variable(name, value, expected):
    assert variable(name, value) == expected


def test_a_documents_own_keys_are_not_variables():
    told = {"key": "PV101", "set_aside": {"HF_TOKEN": "abc", "PATH": "/bin"}, "urls": ["https://a:b@c"]}
    assert document(told) == {
        "key": "PV101",
        "set_aside": {"HF_TOKEN": "****", "PATH": "/bin"},
        "urls": ["https://****@c"],
    }


def test_a_report_is_without_the_values_that_the_environment_holds():
    environment = {
        "HF_TOKEN": "hf_4711abc",
        "PIP_INDEX_URL": "https://pat:p%40ssword@host/simple",
        "SHORT_KEY": "abc",
        "HOME": "/home/pat",
    }
    report = "{'x': 'hf_4711abc', 'y': 'p@ssword', 'z': 'p%40ssword'} abc /home/pat"
    assert without_values(report, environment) == "{'x': '****', 'y': '****', 'z': '****'} abc /home/pat"
