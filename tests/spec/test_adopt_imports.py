"""What code imports: the right distributions, and what is the project's own or nobody's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from provenv import spec
from provenv.errors import Text
from provenv.spec.distributions import table


def words(message: Text) -> str:
    return " ".join([message.key, *(str(value) for value in message.args.values())])


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")


def carried(folder: Path) -> tuple[list[str], list[str]]:
    """Return the requirements and the suggestions that the folder's code makes."""
    made = spec.initial(folder, words)
    return (
        [one.words for one in made.carried if one.kind == "requirement"],
        [one.words for one in made.carried if one.kind == "suggestion"],
    )


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("cv2", "opencv-python-headless"),
        ("PIL", "pillow"),
        ("sklearn", "scikit-learn"),
        ("yaml", "pyyaml"),
        ("bs4", "beautifulsoup4"),
        ("skimage", "scikit-image"),
        ("dotenv", "python-dotenv"),
        ("google.protobuf", "protobuf"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.generativeai", "google-generativeai"),
        ("mmcv", "mmcv"),
        ("mmseg", "mmsegmentation"),
        ("pytorch_lightning", "pytorch-lightning"),
        ("lightning", "lightning"),
        ("faiss", "faiss-cpu"),
        ("fitz", "pymupdf"),
        ("Crypto", "pycryptodome"),
        ("serial", "pyserial"),
        ("OpenSSL", "pyopenssl"),
        ("attr", "attrs"),
        ("jwt", "pyjwt"),
        ("magic", "python-magic"),
        ("torch_geometric", "torch-geometric"),
        ("open_clip", "open-clip-torch"),
        ("whisper", "openai-whisper"),
        ("dgl", "dgl"),
        ("ot", "pot"),
        ("paddle", "paddlepaddle"),
        ("paddlenlp", "paddlenlp"),
        ("jieba", "jieba"),
        ("modelscope", "modelscope"),
        ("mindspore", "mindspore"),
        ("pkuseg", "pkuseg"),
        ("pypinyin", "pypinyin"),
        ("LAC", "lac"),
        ("opencc", "opencc"),
        ("cn2an", "cn2an"),
        ("hanlp", "hanlp"),
        ("ltp", "ltp"),
        ("funasr", "funasr"),
        ("cpm_kernels", "cpm-kernels"),
        ("SwissArmyTransformer", "swissarmytransformer"),
        ("zhconv", "zhconv"),
        ("dashscope", "dashscope"),
        ("tushare", "tushare"),
        ("akshare", "akshare"),
        ("swift", "ms-swift"),
        ("ruamel.yaml", "ruamel.yaml"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("haiku", "dm-haiku"),
        ("absl", "absl-py"),
        ("gin", "gin-config"),
        ("tensorboardX", "tensorboardx"),
        ("Levenshtein", "levenshtein"),
        ("flash_attn", "flash-attn"),
        ("torch_npu", "torch-npu"),
        ("MeCab", "mecab-python3"),
        ("git", "gitpython"),
        ("pynvml", "nvidia-ml-py"),
        ("usb", "pyusb"),
        ("segment_anything", "segment-anything"),
    ],
)
def test_the_distribution_that_carries_a_module(module: str, distribution: str) -> None:
    assert canonicalize_name(str(table().of_import(module))) == canonicalize_name(distribution)


def test_the_table_is_broad_and_well_formed() -> None:
    known = table()
    assert len(known.imports) >= 400
    assert len(known.same) >= 400
    assert not set(known.imports) & known.same
    for name in (*known.imports.values(), *known.same, *known.wrong.values(), *known.elsewhere.values()):
        Requirement(name)
    for module, requirement in known.elsewhere.items():
        assert Requirement(requirement).url
        assert module not in known.same
        assert module not in known.imports


@pytest.mark.parametrize("module", sorted(table().elsewhere))
def test_what_no_index_has_is_a_comment_with_its_repository(module: str, tmp_path: Path) -> None:
    write(tmp_path, {"x.py": f"import {module}\n"})
    assert carried(tmp_path) == ([], [table().elsewhere[module]])


@pytest.mark.parametrize(
    "files",
    [
        {"helper.py": "", "x.py": "import helper"},
        {"pkg/__init__.py": "", "x.py": "import pkg.deep"},
        {"pkg/deep/x.py": "", "main.py": "import pkg.deep.x"},
        {"a/helper.py": "", "a/x.py": "import helper"},
        {"helper.py": "", "a/b/x.py": "import helper"},
        {"src/helper.py": "", "tools/x.py": "import helper"},
        {
            "third_party/CLIP/clip/__init__.py": "",
            "x.py": "import sys\nsys.path.append('third_party/CLIP')\nimport clip",
        },
        {
            "third_party/lib/numpy/core.py": "",
            "a/x.py": "import os, sys\nhere = os.path.dirname(__file__)\n"
            "sys.path.insert(0, os.path.join(here, '..', 'third_party', 'lib'))\nimport numpy",
        },
        {"somewhere/unheard_of.py": "", "x.py": "import unheard_of"},
        {
            "ops/setup.py": "setup(ext_modules=[CUDAExtension('pkg.fused_ops', [])])",
            "x.py": "import fused_ops",
        },
        {"ops/_native.pyx": "", "ops/x.py": "import _native"},
        {"x.py": "import os, imp, asyncore, distutils.core, urllib2, cPickle"},
        {"x.py": "from . import y\nfrom .a import b"},
        {"x.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas"},
    ],
)
def test_modules_of_the_project_and_of_python_are_no_distributions(
    files: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path, files)
    assert carried(tmp_path) == ([], [])


@pytest.mark.parametrize(
    ("code", "requirements", "suggestions"),
    [
        ("try:\n    import wandb\nexcept ImportError:\n    pass", [], ["wandb"]),
        ("try:\n    import wandb\nexcept Exception:\n    pass\nimport wandb", ["wandb"], []),
        ("try:\n    import wandb\nexcept ValueError:\n    pass", ["wandb"], []),
        ("def f():\n    import wandb", ["wandb"], []),
        ("class A:\n    def f(self):\n        with x:\n            import wandb", ["wandb"], []),
        ("match x:\n    case 1:\n        import wandb", ["wandb"], []),
        ("import unheard_of_thing", [], ["unheard-of-thing"]),
        (
            "from google.cloud import storage\nfrom google.protobuf import text_format",
            ["google-cloud-storage", "protobuf"],
            [],
        ),
        ("print 'two'\nimport numpy, os\nfrom yaml import load\n", ["numpy", "pyyaml"], []),
    ],
)
def test_how_an_import_stands(
    code: str, requirements: list[str], suggestions: list[str], tmp_path: Path
) -> None:
    write(tmp_path, {"x.py": code})
    assert carried(tmp_path) == (requirements, suggestions)


@pytest.mark.parametrize(
    "file", ["tests/test_x.py", "docs/conf.py", "test_x.py", "conftest.py", "a/tests/b.py"]
)
def test_what_only_tests_import_is_a_comment(file: str, tmp_path: Path) -> None:
    write(tmp_path, {file: "import pytest"})
    assert carried(tmp_path) == ([], ["pytest"])
    write(tmp_path, {"main.py": "import pytest"})
    assert carried(tmp_path) == (["pytest"], [])


def test_a_list_is_completed_by_comments_and_an_empty_one_by_the_imports(tmp_path: Path) -> None:
    code = "import torch, yaml\nimport helper\n"
    write(
        tmp_path,
        {"requirements.txt": "torch\n", "main.py": code, "helper.py": "", "examples/e.py": "import jax"},
    )
    assert carried(tmp_path) == ([], ["pyyaml"])
    text = spec.initial(tmp_path, words).text
    assert 'requirements = { file = "requirements.txt" }' in text.splitlines()
    assert '# "pyyaml",  # main.py:1: adopt.note.unlisted' in text.splitlines()
    (tmp_path / "requirements.txt").unlink()
    write(tmp_path, {"setup.py": "from setuptools import setup\nsetup(name='x', install_requires=[])\n"})
    assert carried(tmp_path)[0] == ["-e .", "jax", "pyyaml", "torch"]


@pytest.mark.parametrize("listed", ["opencv-contrib-python", "opencv-python-headless==4.5"])
def test_another_build_of_the_same_modules_is_enough(listed: str, tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": f"{listed}\n", "x.py": "import cv2\ncv2.imshow('', 0)"})
    assert carried(tmp_path) == ([], [])


def notebook(*cells: str) -> str:
    return json.dumps(
        {"cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]}
    )


def test_what_a_notebook_installs(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.ipynb": notebook(
                "!pip install -q torch==2.1 transformers\n%pip install \\\n  einops\n"
                "!apt-get install -y xvfb\n",
                "!git clone https://github.com/a/b.git\n%cd b\n!pip install -e .\n"
                "!python train.py\n!nvidia-smi",
                "from google.colab import drive\nimport cv2\nfiles = !ls\n%matplotlib inline\nhelp?\n",
                "%%bash\npip install wandb\n",
                "%%capture\n!{sys.executable} -m pip install 'datasets>=2'\nimport datasets\n",
                "%%html\nimport nothing\n",
            ),
            "b.ipynb": notebook("!pip install torch"),
        },
    )
    made = spec.initial(tmp_path, words)
    requirements = [one.words for one in made.carried if one.kind == "requirement"]
    assert requirements == [
        "torch==2.1",
        "transformers",
        "einops",
        "git+https://github.com/a/b.git",
        "wandb",
        "datasets>=2",
        "opencv-python-headless",
    ]
    assert [one.words for one in made.carried if one.kind == "system"] == ["xvfb"]
    assert [(one.words, one.why.key) for one in made.left_out] == [
        ("import google.colab", "adopt.left.hosted")
    ]


def test_old_notebooks_have_worksheets(tmp_path: Path) -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["import numpy\n"]}]}]}
    write(tmp_path, {"a.ipynb": json.dumps(old)})
    assert carried(tmp_path) == (["numpy"], [])


def test_notebooks_with_pictures_are_read_too(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": "import numpy", "outputs": ["x" * (3 << 20)]}
    write(tmp_path, {"a.ipynb": json.dumps({"cells": [cell]})})
    assert carried(tmp_path) == (["numpy"], [])


def test_scripts_of_the_folder_bring_their_own_lists(tmp_path: Path) -> None:
    block = '# /// script\n# dependencies = ["rich>=13"]\n# ///\nimport rich, numpy\n'
    write(tmp_path, {"a.py": block, "b.py": "# /// script\n# dependencies = [\n# ///\n"})
    made = spec.initial(tmp_path, words)
    assert [one.words for one in made.carried if one.kind == "requirement"] == ["rich>=13", "numpy"]
    assert [one.words for one in made.left_out] == ["b.py"]
