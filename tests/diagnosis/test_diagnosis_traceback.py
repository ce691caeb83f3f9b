"""Tracebacks as logs hold them: by process, with what they came of, where the user's own code is."""

from __future__ import annotations

import pytest

from provenv.diagnosis.prefixes import without_prefix
from provenv.diagnosis.traceback import ending

CHAIN = """\
Traceback (most recent call last):
  File "/app/train.py", line 3, in <module>
    import numpy
  File "/usr/lib/python3.11/site-packages/numpy/__init__.py", line 1, in <module>
    from . import core
ImportError: libopenblas.so.0: cannot open shared object file

{link}

Traceback (most recent call last):
  File "/app/train.py", line 5, in load
    raise RuntimeError("no numpy")
RuntimeError: no numpy
"""


@pytest.mark.parametrize(
    ("log", "kind", "file", "line"),
    [
        (
            "[rank0]: Traceback (most recent call last):\n"
            "[rank1]: Traceback (most recent call last):\n"
            '[rank0]:   File "/app/a.py", line 3, in <module>\n'
            '[rank1]:   File "/app/b.py", line 4, in <module>\n'
            "[rank0]:     foo()\n[rank0]: ValueError: x\n[rank1]: KeyError: 'y'\n"
            "Traceback (most recent call last):\n"
            '  File "/opt/conda/bin/torchrun", line 8, in <module>\n    sys.exit(main())\n'
            "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n",
            "KeyError",
            "/app/b.py",
            4,
        ),
        (
            "ModuleNotFoundError                Traceback (most recent call last)\n"
            "<ipython-input-3-abc> in <module>\n      1 import os\n----> 2 import foo\n\n"
            "ModuleNotFoundError: No module named 'foo'",
            "ModuleNotFoundError",
            "<ipython-input-3-abc>",
            2,
        ),
        (
            "Cell In[3], line 2\n----> 2 x = 1/0\nZeroDivisionError: division by zero",
            "ZeroDivisionError",
            "Cell In[3]",
            2,
        ),
        (
            '(train pid=12)   File "C:\\Users\\me\\x.py", line 3, in f\n(train pid=12)     a = b[3]\n'
            "(train pid=12) IndexError: list index out of range",
            "IndexError",
            "C:\\Users\\me\\x.py",
            3,
        ),
        (
            "web-1  | Traceback (most recent call last):\n"
            'web-1  |   File "/srv/a.py", line 1, in <module>\n'
            'web-1  |     socket.gethostbyname("x")\n'
            "web-1  | socket.gaierror: [Errno -2] Name or service not known",
            "socket.gaierror",
            "/srv/a.py",
            1,
        ),
        (
            "tests/test_x.py:12: in test\n    assert f() == 2\nE   AssertionError: assert 1 == 2",
            "AssertionError",
            "tests/test_x.py",
            12,
        ),
        (
            "2024-05-01T10:00:00.1234567Z Traceback (most recent call last):\n"
            '2024-05-01T10:00:00.1234567Z   File "/w/run.py", line 9, in main\n'
            "2024-05-01T10:00:00.1234567Z     model.fit()\n"
            "2024-05-01T10:00:00.1234567Z TypeError: fit() missing 1 required positional argument: 'y'",
            "TypeError",
            "/w/run.py",
            9,
        ),
    ],
)
def test_the_last_exception_and_the_own_line(log, kind, file, line):
    found = ending(log)
    assert found is not None
    assert found.type == kind
    assert found.own is not None
    assert (found.own.file, found.own.line) == (file, line)


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("The above exception was the direct cause of the following exception:", True),
        ("During handling of the above exception, another exception occurred:", False),
    ],
)
def test_an_exception_is_told_with_what_it_came_of(link, told):
    found = ending(CHAIN.format(link=link))
    assert found is not None
    assert (found.type, found.chain[0].type) == ("RuntimeError", "ImportError")
    assert found.says("RuntimeError: no numpy")
    assert found.says("ImportError: libopenblas.so.0: cannot open shared object file") is told


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        (
            "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
            "std::bad_alloc",
        ),
        ("panic: runtime error: index out of range [3]\n\ngoroutine 1 [running]:\n", "panic"),
        ("thread 'main' panicked at src/main.rs:2:5:\nboom\n", "panicked"),
        ("./run.sh: line 2: x\nSegmentation fault (core dumped)\n", "Segmentation fault"),
        (
            'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space\n',
            "java.lang.OutOfMemoryError",
        ),
    ],
)
def test_other_languages_end_too(log, kind):
    found = ending(log)
    assert found is not None
    assert found.type == kind


@pytest.mark.parametrize("log", ["", "all is well\n", "loss: 0.1, Error rate 3\n", "no Exception here"])
def test_a_log_without_an_exception_has_none(log):
    assert ending(log) is None


@pytest.mark.parametrize(
    "path",
    [
        "/usr/lib/python3.11/site-packages/torch/nn/modules/module.py",
        "/opt/conda/lib/python3.8/runpy.py",
        "C:\\Python311\\Lib\\importlib\\__init__.py",
        "<frozen importlib._bootstrap>",
        "/tmp/pip-install-x/apex/setup.py",
        "/usr/local/bin/torchrun",
    ],
)
def test_a_library_is_nobodys_own_code(path):
    found = ending(f'  File "{path}", line 3, in f\n    g()\nValueError: x')
    assert found is not None
    assert found.raised is not None
    assert found.own is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("[rank12]: hello", "hello"),
        ("[1,3]<stderr>:hello", "hello"),
        ("(pid=4) hello", "hello"),
        ("2024-05-01T10:00:00Z stderr F hello", "hello"),
        ("#12 3.456 hello", "hello"),
        ("[pod/train-0/main] hello", "hello"),
        ("E       ImportError: x", "ImportError: x"),
        ("Nov 22 11:11:11 box python3[123]: hello", "hello"),
        ("ERROR 07-01 12:00:00 [core.py:700] hello", "hello"),
        ("(EngineCore_0 pid=9) ERROR 07-01 12:00:00 [core.py:700] hello", "hello"),
        ("hello: there | friend", "hello: there | friend"),
        ("12: error", "12: error"),
        ('{"log":"broken', '{"log":"broken'),
    ],
)
def test_what_others_write_in_front_is_taken_off(line, text):
    found = without_prefix(line)
    assert found.text == text
    assert line[found.start :] == text
