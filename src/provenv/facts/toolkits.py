"""The fact `toolkits`: vendors' libraries that lie on the machine, outside of any environment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from .. import environ
from ..model.devices import Toolkit
from . import ascend, libraries, tools
from .raw import Found, Raw

Ask = dict[str, object]

FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/usr/local/cuda/lib64",
    "/usr/local/cuda-*/lib64",
    "/usr/local/tensorrt/lib",
)
LIBRARIES = {"libcudnn.so": "cudnn", "libnccl.so": "nccl", "libnvinfer.so": "tensorrt"}
NAMES = ("cuda", "cudnn", "nccl", "tensorrt", "rocm", "cann", "oneapi")
HEADERS = (
    "/usr/include/cudnn_version.h",
    "/usr/include/*-linux-gnu/cudnn_version*.h",
    "/usr/local/cuda/include/cudnn_version.h",
    "/usr/local/cuda-*/include/cudnn_version.h",
)
WINDOWS = "C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v*"


def _texts(name: str, paths: Iterable[str], how: str, **more: object) -> Ask:
    return {
        "name": f"toolkits.{name}",
        "kind": "builtin",
        "builtin": "texts",
        "paths": [*paths],
        "how": how,
        **more,
    }


ASKS: list[Ask] = [
    _texts(
        "cuda",
        ("/usr/local/cuda*/version.json", "/usr/local/cuda*/version.txt", f"{WINDOWS}\\version.json"),
        "/usr/local/cuda*",
        systems=["linux", "win32"],
    ),
    _texts(
        "nvcc",
        ("/usr/local/cuda*/bin/nvcc", f"{WINDOWS}\\bin\\nvcc.exe"),
        "/usr/local/cuda*/bin/nvcc",
        names_only=True,
        systems=["linux", "win32"],
    ),
    _texts(
        "libraries",
        [f"{folder}/{name}.*" for folder in FOLDERS for name in LIBRARIES],
        ", ".join(LIBRARIES),
        names_only=True,
        systems=["linux"],
    ),
    _texts("cudnn", HEADERS, "cudnn_version.h", systems=["linux"]),
    _texts(
        "oneapi",
        ("/opt/intel/oneapi/compiler/[0-9]*", "~/intel/oneapi/compiler/[0-9]*"),
        "/opt/intel/oneapi",
        names_only=True,
        systems=["linux"],
    ),
    {
        "name": "toolkits.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": [*(variable.name for variable in environ.TOOLKITS), "LD_LIBRARY_PATH"],
        "how": "environment",
    },
]


def read(raw: Raw) -> tuple[Toolkit, ...]:
    """Return the Toolkits, by name and newest first; `active` are those that programs find untold."""
    found = [*_cuda(raw), *_libraries(raw), *_rocm(raw), *_cann(raw), *_oneapi(raw)]
    distinct = {(one.name, one.version, one.path): one for one in found}
    return tuple(
        one
        for name in NAMES
        for one in sorted(
            (one for one in distinct.values() if one.name == name),
            key=lambda one: libraries.key(one.version),
            reverse=True,
        )
    )


def _variables(raw: Raw, *names: str) -> tuple[str, ...]:
    said = raw.mapping("toolkits.environment")
    return tuple(str(said[name]).rstrip("/\\") for name in names if said.get(name))


def _cuda(raw: Raw) -> Iterator[Toolkit]:
    """Yield the CUDA toolkits: those with a version file, those with nvcc alone, and the one on PATH.

    /usr/local/cuda is a link to the one that the machine's owner chose; a wrapper of nvcc may lie anywhere.
    """
    nvcc = str(raw.mapping("tools.paths").get("nvcc") or "")
    spoken = tools.version_of("nvcc", raw.printed("tools.nvcc"))
    files = raw.texts("toolkits.cuda")
    links = {_folder(file.path): _folder(file.real) for file in files}
    links.update({_home(file.path): _home(file.real) for file in raw.texts("toolkits.nvcc")})
    versions = {_folder(file.real): cuda_version(file.text) for file in files}
    for folder in dict.fromkeys(links.values()):
        if not versions.get(folder):
            named = re.search(r"(?:cuda-|[/\\]v)(\d+\.\d+)$", folder)
            versions[folder] = named[1] if named else ""
    chosen = {*_variables(raw, "CUDA_HOME", "CUDA_PATH"), _home(nvcc)} - {""}
    active = {links.get(folder, folder) for folder in chosen}
    speaking = [folder for folder, version in versions.items() if _alike(version, spoken)]
    if speaking and not active & set(versions):
        active.add(speaking[0])
    for folder, version in versions.items():
        if version or spoken:
            whole = spoken if folder in active and _alike(version or spoken, spoken) else version
            yield Toolkit("cuda", version if version.count(".") > 1 else whole, folder, folder in active)
    if spoken and nvcc and not active & set(versions):
        yield Toolkit("cuda", spoken, _home(nvcc), True)


def _alike(version: str, spoken: str) -> bool:
    """Tell whether two versions are of one release: `12.4` and `12.4.131`."""
    return bool(version and spoken) and version.split(".")[:2] == spoken.split(".")[:2]


def _folder(path: str) -> str:
    # called for every library that the loader knows: no pattern
    at = max(path.rfind("/"), path.rfind("\\"))
    return path if at < 0 else path[:at]


def _home(program: str) -> str:
    """Return `/usr/local/cuda` of `/usr/local/cuda/bin/nvcc`."""
    return _folder(_folder(program)) if program else ""


def cuda_version(text: str) -> str:
    """Return the version of version.json (`{"cuda": {"version": "12.4.1"}}`) or, before 11.1, version.txt."""
    match = re.match(r"CUDA Version (\d+(?:\.\d+)+)", text)
    if match:
        return match[1]
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    cuda = document.get("cuda") if isinstance(document, dict) else None
    version = cuda.get("version") if isinstance(cuda, dict) else None
    return version if isinstance(version, str) else ""


def _libraries(raw: Raw) -> Iterator[Toolkit]:
    """Yield cuDNN, NCCL and TensorRT by folder: of each library its longest, that is its whole, version."""
    cached = {_folder(path) for path in libraries.loader(raw)}
    cached |= {part.rstrip("/") for value in _variables(raw, "LD_LIBRARY_PATH") for part in value.split(":")}
    folders: dict[str, list[Found]] = {}
    for file in raw.texts("toolkits.libraries"):
        folders.setdefault(_folder(file.path), []).append(file)
    found = set()
    for folder, files in folders.items():
        for library, version in libraries.versions(files).items():
            name = LIBRARIES.get(library)
            if name:
                found.add(name)
                yield Toolkit(name, version, folder, folder in cached)
    headers = [(cudnn_version(file.text), _folder(file.path)) for file in raw.texts("toolkits.cudnn")]
    if "cudnn" not in found and headers:
        version, folder = max(headers, key=lambda one: libraries.key(one[0]))
        yield Toolkit("cudnn", version, folder, False)


def cudnn_version(header: str) -> str:
    """Return `8.9.7` of cudnn_version.h's CUDNN_MAJOR, CUDNN_MINOR and CUDNN_PATCHLEVEL."""
    numbers = dict(re.findall(r"^#define CUDNN_(MAJOR|MINOR|PATCHLEVEL)\s+(\d+)", header, re.M))
    return ".".join(numbers[key] for key in ("MAJOR", "MINOR", "PATCHLEVEL") if key in numbers)


def _rocm(raw: Raw) -> Iterator[Toolkit]:
    """Yield the ROCm releases; /opt/rocm is a link to the one in use."""
    files = raw.texts("amd.release")
    named = _variables(raw, "ROCM_PATH", "ROCM_HOME")
    active = {_home(file.real) for file in files if _home(file.path) in ("/opt/rocm", *named)}
    for file in files:
        match = re.match(r"\s*(\d+(?:\.\d+)+)", file.text)
        if match:
            folder = _home(file.real)
            yield Toolkit("rocm", match[1], folder, folder in active)


def _cann(raw: Raw) -> Iterator[Toolkit]:
    """Yield CANN; `set_env.sh` makes it active by naming it in a variable."""
    version = ascend.cann(raw)
    base = next(
        (re.match(r".*?/(?:latest|cann[^/]*)(?=/)", file.path) for file in raw.texts("ascend.cann")), None
    )
    if version and base:
        yield Toolkit(
            "cann", version, base[0], bool(_variables(raw, "ASCEND_TOOLKIT_HOME", "ASCEND_HOME_PATH"))
        )


def _oneapi(raw: Raw) -> Iterator[Toolkit]:
    named = _variables(raw, "ONEAPI_ROOT")
    for folder in raw.texts("toolkits.oneapi"):
        version = re.search(r"/(\d+(?:\.\d+)+)$", folder.path)
        if version:
            root = _home(folder.path)
            yield Toolkit("oneapi", version[1], root, root in named)
