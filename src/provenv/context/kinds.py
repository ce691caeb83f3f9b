"""Kinds of files by their names: what is code, what may be beside it, what no image gets unless it is named.

Which folders hold no code follows setuptools' own choice for a flat layout (`FlatLayoutPackageFinder`), less
those in which a model project keeps its programs (`scripts`, `tools`, `examples`, `benchmarks`).
"""

from __future__ import annotations

import os

LARGEST = 1 << 20
"""Files above 1 MiB are not taken for code, whatever they are called; Python's own are."""

PYTHON = (".py", ".pyi", ".pyx", ".pxd", ".pxi", ".pyw")
PROGRAMS = (
    *PYTHON,
    *(".sh", ".bash", ".zsh", ".fish", ".ps1", ".pl", ".lua", ".r", ".jl"),
    *(".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".cu", ".cuh", ".hip", ".cl", ".metal", ".inl"),
    *(".rs", ".go", ".java", ".kt", ".swift", ".f", ".f90", ".f95", ".s", ".asm", ".cmake", ".mk"),
    *(".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte"),
    *(".sql", ".proto", ".thrift", ".graphql", ".capnp", ".fbs", ".g4", ".lark"),
)
SETTINGS = (
    *(".toml", ".yaml", ".yml", ".ini", ".cfg", ".conf", ".properties", ".gin", ".jsonnet", ".libsonnet"),
    *(".hcl", ".service", ".typed"),
)
TEXTS = (
    *(".json", ".json5", ".jsonc", ".xml", ".txt", ".html", ".htm", ".css", ".scss", ".svg"),
    *(".jinja", ".jinja2", ".j2", ".tmpl", ".tpl", ".mako", ".mustache", ".hbs", ".prompt", ".po", ".mo"),
)
CODE = frozenset((*PROGRAMS, *SETTINGS, *TEXTS))
IN_DATA = frozenset((*PROGRAMS, *SETTINGS))
"""What is code even in a folder of data: loaders and their settings, not thousands of labels."""

NEVER = frozenset(
    (
        *(
            ".pt",
            ".pth",
            ".ckpt",
            ".safetensors",
            ".bin",
            ".onnx",
            ".gguf",
            ".ggml",
            ".h5",
            ".hdf5",
            ".keras",
        ),
        *(
            ".pb",
            ".tflite",
            ".engine",
            ".plan",
            ".mlmodel",
            ".pdparams",
            ".pdmodel",
            ".om",
            ".model",
            ".msgpack",
        ),
        *(
            ".npy",
            ".npz",
            ".pkl",
            ".pickle",
            ".joblib",
            ".mat",
            ".rds",
            ".parquet",
            ".arrow",
            ".feather",
            ".orc",
        ),
        *(".tfrecord", ".lmdb", ".mdb", ".db", ".sqlite", ".sqlite3", ".dat", ".tokens", ".idx", ".index"),
        *(
            ".zip",
            ".tar",
            ".gz",
            ".tgz",
            ".bz2",
            ".xz",
            ".zst",
            ".7z",
            ".rar",
            ".whl",
            ".egg",
            ".deb",
            ".rpm",
        ),
        *(".iso", ".img", ".qcow2", ".jar", ".mp4", ".avi", ".mov", ".mkv", ".webm", ".psd", ".dcm", ".pdf"),
        *(".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx"),
        *(
            ".ipynb",
            ".log",
            ".out",
            ".err",
            ".bak",
            ".orig",
            ".tmp",
            ".swp",
            ".pyc",
            ".pyo",
            ".o",
            ".a",
            ".prof",
        ),
        *(".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ovpn", ".age", ".gpg", ".asc"),
    )
)
"""What stays out unless `code` names it: weights, data, archives, films, outputs, keys.

Pictures and sounds may lie beside modules, as a wheel carries them, up to the size of a file of code.
"""

CACHES = (
    *("__pycache__", "node_modules", "site-packages", "__pypackages__", "htmlcov"),
    *(".git", ".hg", ".svn", ".provenv", ".venv", ".tox", ".nox", ".eggs", ".cache", ".idea", ".vscode"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".ipynb_checkpoints", ".dvc", ".conda"),
    *("*.egg-info", "*.dist-info"),
)
"""Folders that are never looked into; patterns of git's."""

ABSOLUTE = frozenset((".git", ".hg", ".svn", ".provenv"))
"""Folders that no pattern brings in."""

APART = frozenset(
    (
        *("doc", "docs", "documentation", "site", "build", "dist", "wheels", "wheelhouse", "node_modules"),
        *("debian", "changelog", "news", "newsfragments", "man", "manpages"),
    )
)
"""Folders at the top that hold no code of the project's."""
TESTS = frozenset(("test", "tests"))
RUNNERS = frozenset(("pytest", "py.test", "unittest", "tox", "nox", "nose2", "coverage"))
"""Programs that need the tests."""

DATA = frozenset(
    (
        *("data", "dataset", "datasets", "raw", "corpus", "corpora", "annotations", "labels", "images"),
        *("output", "outputs", "result", "results", "runs", "log", "logs", "artifacts", "predictions"),
        *("checkpoint", "checkpoints", "ckpt", "ckpts", "weights", "pretrained", "snapshots"),
        *("wandb", "mlruns", "lightning_logs", "tensorboard", "tb_logs", "figures", "plots", "tmp", "temp"),
    )
)
"""Folders, at any depth, in which only programs and settings are code."""

RENDERED = ("", ".txt", ".yml", ".yaml", ".toml", ".json")
"""What `provenv render` writes files of; they say so at their head."""
NAMED = frozenset(
    ("makefile", "cmakelists.txt", "version", "procfile", "manifest.in", "meson.build", "go.mod")
)
OURS = frozenset(("provenv.toml", "dockerfile", "containerfile", ".dockerignore", ".containerignore"))
"""What makes the image, and is nothing that runs in it; at the top."""
LOCKS = frozenset(
    (
        *("uv.lock", "poetry.lock", "pdm.lock", "pipfile", "pipfile.lock", "conda-lock.yml"),
        *("environment.yml", "environment.yaml", "compose.yaml", "compose.yml"),
        *("docker-compose.yml", "docker-compose.yaml", "mkdocs.yml"),
    )
)


def suffix(path: str) -> str:
    """Return a file's suffix in small letters, with its dot."""
    return os.path.splitext(path)[1].lower()


def is_hidden(path: str) -> bool:
    """Tell whether a part of the path begins with a dot."""
    return path.startswith(".") or "/." in path


def is_cache(path: str) -> bool:
    """Tell whether a folder is one that is never looked into, by its name or because it is an environment."""
    name = os.path.basename(path)
    if name in _EXACT or name.endswith(_ENDINGS):
        return True
    return os.path.lexists(os.path.join(path, "pyvenv.cfg")) or os.path.isdir(
        os.path.join(path, "conda-meta")
    )


def makes_the_image(path: str) -> bool:
    """Tell whether a file at the top is about the environment or the image, not for what runs in it."""
    name = path.lower()
    return (
        name in OURS
        or name in LOCKS
        or name.startswith(("dockerfile.", "containerfile.", "docker-compose.", "compose."))
        or (name.startswith("pylock.") and name.endswith(".toml"))
    )


_EXACT = frozenset(one for one in CACHES if not one.startswith("*"))
_ENDINGS = tuple(one[1:] for one in CACHES if one.startswith("*"))
