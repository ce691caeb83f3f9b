"""A Dockerfile and its lists from values alone: what stands in them, in both dialects, and what never."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provenv.errors import Failure, Place, text
from provenv.model.facts import Facts, Platform
from provenv.model.image import Base, BuildSources, Context, ImageOptions, Port, Volume
from provenv.model.lock import Artifact, Choice, Lock, Package
from provenv.model.spec import Requirement, Run, Spec
from provenv.render.image import Ingredients, grouped, recipe
from provenv.render.image.packages import apt_sources
from provenv.render.image.shell import command_form, quoted, run

SECRET = "planted-5ecret"
DIGEST = "sha256:" + "ab" * 32
DEBIAN = Facts(Platform("linux", "x86_64", distribution="debian", distribution_version="12", libc="glibc"))
HEAD = "# provenv render dockerfile\n\n"
NEW = frozenset({"heredoc", "link", "run-network"})


def wheel(name, version="1.0", tag="py3-none-any", size=1000, **more):
    file = f"{name.replace('-', '_')}-{version}-{tag}.whl"
    artifact = Artifact(
        file, f"https://files.example/{file}", size=size, hashes={"sha256": f"{size or 0:064x}"}
    )
    return Package(name, version, (artifact,), **more)


def sdist(name):
    return Package(name, "1.0", (Artifact(f"{name}-1.0.tar.gz", size=5, hashes={"sha256": "cd" * 32}),))


def lock(*packages, choices=(), python="3.11"):
    return Lock(
        "box", python, "x86_64-manylinux_2_36", packages, choices, "f" * 64, {"facts": "e" * 64}, uv="0.13.9"
    )


MANY = lock(
    wheel("torch", "2.13.0+cpu", "cp311-cp311-manylinux_2_28_x86_64", 200_000_000),
    wheel("numpy", "2.4.0", "cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64", 17_000_000),
    wheel("six"),
    sdist("old"),
    Package("app", "0.1", origin="directory", location=".", editable=True),
)
SPEC = Spec("digits", "/p", "provenv.toml", ("provenv.toml",), "d" * 64)
OPTIONS = ImageOptions(base="python:3.11-slim", repository="digits-box")
BASE = Base(
    "python:3.11-slim",
    f"python@{DIGEST}",
    "sha256:1",
    DEBIAN,
    digest=DIGEST,
    python="/usr/local/bin/python3.11",
    pip=True,
    manager="apt",
)


def given(made=MANY, **more):
    return Ingredients(
        **{
            "spec": SPEC,
            "lock": made,
            "options": OPTIONS,
            "base": BASE,
            "features": NEW,
            "context": Context(("train.py", "src/digits/__init__.py"), "c" * 64),
            "uv": "0.13.9",
            **more,
        }
    )


def dockerfile(made=MANY, **more):
    return recipe(given(made, **more)).files["Dockerfile"]


LAYERS = {
    "by size and by what computes": (
        MANY.packages,
        ["compute torch", "large numpy", "built old", "rest six"],
    ),
    "no empty layer": ((wheel("six"),), ["rest six"]),
    "nothing": ((), []),
    "libraries of the accelerator go with it": (
        (wheel("torch", size=9), wheel("nvidia-cublas-cu12", size=9), wheel("triton", size=9), wheel("x")),
        ["compute nvidia-cublas-cu12 torch triton", "rest x"],
    ),
    "the size is that of the file that is installed": (
        (
            replace(
                wheel("big", tag="cp311-cp311-manylinux_2_17_x86_64", size=10),
                artifacts=(
                    *wheel("big", tag="cp312-cp312-manylinux_2_17_x86_64", size=9 << 20).artifacts,
                    *wheel("big", tag="cp311-cp311-manylinux_2_17_x86_64", size=10).artifacts,
                ),
            ),
        ),
        ["rest big"],
    ),
    "an index that says no sizes": (
        (wheel("scikit-learn", size=None), wheel("torch", size=None), wheel("tqdm", size=None)),
        ["compute torch", "large scikit-learn", "rest tqdm"],
    ),
    "no wheel for this platform": ((wheel("odd", tag="cp311-cp311-win_amd64"),), ["rest odd"]),
    "a repository is built": (
        (Package("lib", "0.1", origin="vcs", location="git+https://host.example/lib@0123abcd"),),
        ["built lib"],
    ),
}


@pytest.mark.parametrize(("packages", "expected"), LAYERS.values(), ids=LAYERS)
def test_packages_are_grouped_by_size_and_rate_of_change(packages, expected):
    found = grouped(lock(*packages))
    assert [" ".join([one.name, *(each.name for each in one.packages)]) for one in found] == expected
    assert grouped(lock(*reversed(packages))) == found


def test_a_layer_is_its_list_by_hash():
    made = recipe(given())
    assert made.files["requirements.compute.txt"] == (
        f"{HEAD}torch===2.13.0+cpu \\\n    --hash=sha256:{200_000_000:064x}\n"
    )
    assert "six" not in made.files["requirements.compute.txt"]
    assert "--require-hashes" in made.files["Dockerfile"]


def test_a_list_says_nothing_that_changes_with_another_package():
    fewer = lock(*(one for one in MANY.packages if one.name != "six"))
    before, after = recipe(given()), recipe(given(replace(fewer, identity="0" * 64)))
    for name in ("requirements.compute.txt", "requirements.large.txt", "requirements.built.txt"):
        assert before.files[name] == after.files[name]
    stages = [one.files["Dockerfile"].partition("FROM base AS compute")[2] for one in (before, after)]
    assert stages[0].partition("FROM uv")[0] == stages[1].partition("FROM uv")[0]


CONTENT = {
    "the base by digest": ({}, [f"FROM python@{DIGEST} AS base"], ["ARG", "# syntax"]),
    "uv exactly": ({}, ["uv==0.13.9"], []),
    "a stage for each layer": (
        {},
        [
            "FROM uv AS large",
            "FROM uv AS rest",
            "INSTALL_ROOT=/out install --require-hashes -r /run/requirements.rest.txt",
        ],
        [],
    ),
    "nothing but what is built": (
        {"made": lock(Package("lib", "0.1", origin="vcs", location="git+https://host.example/lib@0123abcd"))},
        ["FROM uv AS built", "FROM base\n"],
        ["FROM built"],
    ),
    "the code by name": (
        {},
        ['COPY ["train.py", "/out/app/"]', 'COPY ["src", "/out/app/src/"]'],
        ["COPY . "],
    ),
    "the project as a package": ({}, ["FROM uv AS project", "INSTALL_ROOT=/out install /app\n"], ["-e "]),
    "not root": ({}, ["USER 1000:1000"], []),
    "root where it is wanted": ({"options": replace(OPTIONS, user=0)}, [], ["USER 1000", "AS user"]),
    "ports": (
        {"options": replace(OPTIONS, ports=(Port(9000, 9000), Port(8000, 80)))},
        ["EXPOSE 8000 9000"],
        [],
    ),
    "no ports": ({}, [], ["EXPOSE"]),
    "a health check": (
        {"options": replace(OPTIONS, health="curl -f localhost:8000 || exit 1")},
        ['HEALTHCHECK CMD ["/bin/sh", "-c", "curl -f localhost:8000 || exit 1"]'],
        [],
    ),
    "no health check": ({}, [], ["HEALTHCHECK"]),
    "the command": (
        {"options": replace(OPTIONS, command="serve --port 1")},
        ['CMD ["serve", "--port", "1"]'],
        [],
    ),
    "the only run": (
        {"spec": replace(SPEC, runs={"train": Run("train", "python train.py")})},
        ['CMD ["python", "train.py"]', "STOPSIGNAL SIGINT"],
        [],
    ),
    "two runs": (
        {"spec": replace(SPEC, runs={one: Run(one, one) for one in ("a", "b")})},
        ['CMD ["python"]'],
        [],
    ),
    "a program of its own": ({"options": replace(OPTIONS, command="serve")}, [], ["STOPSIGNAL"]),
    "variables": (
        {"spec": replace(SPEC, variables={"A": 'say "$HOME" \\'})},
        [r'A="say \"\$HOME\" \\"'],
        [],
    ),
    "system packages": (
        {"options": replace(OPTIONS, system=("libgl1", "ffmpeg"))},
        [
            "FROM base AS system",
            "--no-install-recommends ffmpeg libgl1",
            "FROM system AS user",
        ],
        ["rm -rf /var/lib/apt/lists"],
    ),
    "alpine": (
        {"options": replace(OPTIONS, system=("curl",)), "base": replace(BASE, manager="apk")},
        ["apk add --cache-dir /var/cache/apk curl"],
        ["apt-get"],
    ),
    "fedora": (
        {"options": replace(OPTIONS, system=("curl",)), "base": replace(BASE, manager="dnf")},
        ["--setopt=install_weak_deps=0 --setopt=keepcache=1 install curl"],
        ["apt-get"],
    ),
    "bytecode": ({}, ["-m compileall -qq --invalidation-mode unchecked-hash"], []),
    "no bytecode": ({"options": replace(OPTIONS, bytecode=False)}, [], ["compileall"]),
    "the chain": (
        {},
        [
            f'dev.provenv.lock="sha256:{"f" * 64}"',
            f'dev.provenv.declared="sha256:{"d" * 64}"',
            f'dev.provenv.facts="sha256:{"e" * 64}"',
            f'dev.provenv.base="{DIGEST}"',
            'org.opencontainers.image.base.name="python:3.11-slim"',
        ],
        ["created"],
    ),
    "a base with Python but without pip": (
        {"base": replace(BASE, python="/usr/bin/python3.11", pip=False)},
        [
            "install --no-install-recommends python3-pip",
            "venv --quiet --no-project --python /usr/bin/python3.11",
        ],
        [],
    ),
    "a base whose distribution has that Python": (
        {"base": replace(BASE, python="", pip=False)},
        ["install --no-install-recommends python3\n", "--python /usr/bin/python3 /opt/venv"],
        ["uv python install"],
    ),
    "a base whose distribution has another": (
        {"base": replace(BASE, python="", pip=False), "made": replace(MANY, python="3.13")},
        ["uv python install --quiet --no-bin 3.13", "cp -a --parents /opt/venv /opt/python /out"],
        [],
    ),
    "compilers only where something is compiled": (
        {"made": lock(wheel("six"))},
        [],
        ["build-essential", "git "],
    ),
    "what has no wheel": ({}, ["build-essential"], []),
    "no GPU, no variables": ({}, [], ["NVIDIA_"]),
    "the GPUs": (
        {"made": lock(wheel("six"), choices=(Choice("accelerator", "cu130", text("x")),))},
        ['NVIDIA_VISIBLE_DEVICES="all"', 'NVIDIA_DRIVER_CAPABILITIES="compute,utility"'],
        [],
    ),
}


@pytest.mark.parametrize("features", [NEW, frozenset()], ids=["new", "old"])
@pytest.mark.parametrize(("more", "wanted", "refused"), CONTENT.values(), ids=CONTENT)
def test_a_dockerfile_says(more, wanted, refused, features):
    found = dockerfile(**{"features": features, **more})
    plain = found if features else found.replace("; \\", "\n").replace(";", "\n")
    for words in wanted:
        assert words in plain, found
    for words in refused:
        assert words not in found


def test_an_older_builder_gets_what_it_understands():
    old = dockerfile(features=frozenset())
    assert "<<" not in old
    assert "--link" not in old
    assert "--network" not in old
    assert "--mount=type=cache,id=uv,target=/run/cache" in old
    new = dockerfile()
    assert "<<EOF" in new
    assert "COPY --link --from=large /out /" in new
    assert "RUN --network=none" in new


def test_what_changes_least_comes_first():
    last = dockerfile(features=frozenset()).rpartition("FROM ")[2].splitlines()
    assert last[0] == "base"
    assert copies(last) == ["user", "uv", "compute", "large", "built", "rest", "project", "code"]


def test_what_weighs_most_is_installed_where_it_stays():
    system = replace(OPTIONS, system=("curl",))
    for below, options in (("base", OPTIONS), ("system", system)):
        stages = dockerfile(options=options).split("\nFROM ")
        begins = next(one for one in stages if one.startswith(f"{below} AS compute"))
        assert "/run/uv/install --require-hashes -r /run/requirements.compute.txt" in begins
        last = stages[-1].splitlines()
        assert last[0] == "compute"
        order = [*copies(begins.splitlines()), *copies(last)]
        assert order == ["user", "uv", "large", "built", "rest", "project", "code"]


def copies(lines):
    return [line.split("--from=")[1].split()[0] for line in lines if line.startswith("COPY")]


def test_secrets_are_in_no_text():
    sources = BuildSources(
        variables={"UV_DEFAULT_INDEX": f"https://alice:{SECRET}@mirror.example/simple", "A": "it's $x"},
        apt={"debian": f"https://bob:{SECRET}@apt.example/debian"},
    )
    made = recipe(given(sources=sources))
    assert made.secrets["network"] == (
        f"export A='it'\"'\"'s $x'\nexport UV_DEFAULT_INDEX=https://alice:{SECRET}@mirror.example/simple\n"
    )
    assert SECRET in made.secrets["apt"]
    for words in (*made.files.values(), *made.labels.values(), repr(made)):
        assert SECRET not in words
        assert "mirror.example" not in words
    assert made.digest == recipe(given()).digest


def test_the_same_ingredients_make_the_same_recipe():
    assert recipe(given()) == recipe(given())


DECIDES = {
    "code": ({"context": Context(("train.py",), "9" * 64)}, True, None),
    "lock": ({"lock": lock(wheel("six"))}, True, True),
    "base": ({"base": replace(BASE, id="sha256:2")}, True, True),
    "options": ({"options": replace(OPTIONS, bytecode=False)}, True, True),
    "dialect": ({"features": frozenset()}, True, True),
    "uv": ({"uv": "0.13.8"}, True, True),
    "indexes": ({"sources": BuildSources({"UV_INDEX": "https://x.example"})}, False, False),
}


@pytest.mark.parametrize(("more", "whole", "below"), DECIDES.values(), ids=DECIDES)
def test_the_digests_are_over_what_decides(more, whole, below):
    before, after = recipe(given()), recipe(replace(given(), **more))
    assert (before.digest != after.digest) is whole
    if below is not None:
        assert (before.below != after.below) is below


def test_another_content_of_the_same_files_leaves_what_is_below():
    before, after = recipe(given()), recipe(given(context=replace(given().context, digest="9" * 64)))
    assert before.below == after.below
    assert before.digest != after.digest


def test_cuda_comes_once():
    brought = lock(
        wheel("torch", "2.13.0", "cp311-cp311-manylinux_2_28_x86_64", 900_000_000),
        wheel("nvidia-cublas", "13.0", "py3-none-manylinux_2_27_x86_64", 400_000_000),
        choices=(Choice("accelerator", "cu130", text("x")),),
    )
    base = replace(BASE, declared="nvidia/cuda:13.0.1-runtime-ubuntu24.04")
    (found,) = recipe(given(brought, base=base)).findings
    assert (found.code, found.severity) == ("PV1010", "warning")
    assert found.what.args["size_bytes"] == 400_000_000
    assert found.hints[0].text.args["base"] == "nvidia/cuda:13.0.1-base-ubuntu24.04"
    small = replace(BASE, declared="nvidia/cuda:13.0.1-base-ubuntu24.04")
    assert recipe(given(brought, base=small)).findings == ()
    assert recipe(given(base=base)).findings == ()


REFUSED = {
    "a folder outside": (
        {"made": lock(Package("lib", "1", origin="directory", location="../lib", editable=True))},
        "PV1011",
    ),
    "nothing brings Python": ({"base": replace(BASE, python="", pip=False, manager="")}, "PV1013"),
    "nothing installs packages": (
        {"base": replace(BASE, manager=""), "options": replace(OPTIONS, system=("curl",)), "made": lock()},
        "PV1014",
    ),
    "a variable of two lines": ({"spec": replace(SPEC, variables={"A": "1\n2"})}, "PV1015"),
    "authorities that are gone": ({"sources": BuildSources(certificates="/nowhere/ca.pem")}, "PV1016"),
}


@pytest.mark.parametrize(("more", "code"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_built_is_told(more, code):
    with pytest.raises(Failure) as caught:
        dockerfile(**more)
    assert [one.code for one in caught.value.problems] == [code]


def test_torch_of_the_public_index_is_found_without_provenv():
    public = Choice("source:torch", "public https://download.pytorch.org/whl/cpu", text("x"))
    made = recipe(given(replace(MANY, choices=(public,))))
    assert made.files["requirements.compute.txt"].startswith(
        f"{HEAD}--extra-index-url https://download.pytorch.org/whl/cpu\n"
    )
    assert "extra-index" not in made.files["requirements.rest.txt"]
    # hashes decide which of the indexes has the file
    assert made.files["Dockerfile"].count("--index-strategy unsafe-best-match") == 1
    mirror = Choice("source:torch", "mirror https://mirror.example/whl/cpu", text("x"))
    assert "mirror.example" not in repr(recipe(given(replace(MANY, choices=(mirror,)))).files)


def test_files_of_this_machine_are_mounted_one_by_one():
    name = MANY.packages[0].artifacts[0].filename
    found = dockerfile(sources=BuildSources(wheels=(f"/opt/wheels/{name}",)))
    stage = found.partition("FROM base AS compute")[2].partition("FROM uv")[0]
    assert f"--mount=type=bind,source=wheels/{name},target=/run/wheels/{name}" in stage
    assert "--find-links /run/wheels" in stage
    assert "/wheels" not in found.partition("FROM uv AS large")[2]


def test_what_is_compiled_against_torch_finds_it():
    built = replace(MANY, choices=(Choice("build:old", "2", text("x")),))
    stage = dockerfile(built).partition("FROM compute AS built")[2].partition("FROM uv")[0]
    assert "COPY --from=large /out /" in stage
    assert "COPY --from=compute" not in stage
    assert "INSTALL_ROOT=/out /run/uv/install" in stage
    assert "--no-build-isolation-package old" in stage


def test_an_address_of_its_own_is_fetched_with_a_reference_to_its_login():
    package = Package(
        "lib",
        "1.0",
        (Artifact("lib-1.0-py3-none-any.whl", hashes={"sha256": "ab" * 32}),),
        origin="archive",
        location="https://host.example/lib-1.0-py3-none-any.whl",
    )
    address = "https://${PROVENV_LOGIN_0}@host.example/lib-1.0-py3-none-any.whl"
    made = recipe(given(lock(package), sources=BuildSources(addresses={"lib": address})))
    assert made.files["requirements.rest.txt"].startswith(f"{HEAD}lib @ {address} \\\n    --hash=sha256:abab")


FORMS = {
    "python train.py": '["python", "train.py"]',
    "python -c 'import x'": '["python", "-c", "import x"]',
    "a && b": '["/bin/sh", "-c", "a && b"]',
    "A=1 python x": '["/bin/sh", "-c", "A=1 python x"]',
    "echo $HOME": '["/bin/sh", "-c", "echo $HOME"]',
    "it's": '["/bin/sh", "-c", "it\'s"]',
}


@pytest.mark.parametrize(("line", "form"), FORMS.items())
def test_a_command_is_run_without_a_shell_where_none_is_needed(line, form):
    assert command_form(line) == form


def test_a_run_of_several_lines():
    assert run(("a", "b"), ("type=x",)) == "RUN --mount=type=x \\\n    set -e; \\\n    a; \\\n    b"
    assert run(("a", "b"), heredoc=True) == "RUN <<EOF\nset -e\na\nb\nEOF"
    assert run(("a",), heredoc=True) == "RUN a"
    assert run(("a",), offline=True) == "RUN --network=none \\\n    a"


def test_values_are_quoted():
    assert quoted('a"b\\c$d') == '"a\\"b\\\\c\\$d"'


def test_a_volume_comes_into_a_folder_of_the_users():
    options = replace(OPTIONS, volumes=(Volume("models", "/var/models"), Volume("./data", "/data")))
    found = dockerfile(options=options)
    assert "[ -d /var/models ] || install -d -o 1000 -g 1000 /var/models" in found
    assert "tar -C / --no-recursion -cf - var var/models | tar -C /out -xpf -" in found
    assert "/data" not in found


def test_a_link_to_a_folder_is_copied_as_one():
    context = Context(("data", "main.py"), "c" * 64, links=("data",))
    found = dockerfile(context=context)
    assert 'COPY ["data", "/out/app/data/"]' in found
    assert 'COPY ["main.py", "/out/app/"]' in found


def test_uv_comes_along_where_no_index_may_be_asked():
    assert "install -D /run/wheels/uv /opt/uv/bin/uv" in dockerfile(
        sources=BuildSources(wheels=("/usr/bin/uv",))
    )
    found = dockerfile(sources=BuildSources(wheels=("/w/uv-0.13.9-py3-none-any.whl",)))
    assert "--target /opt/uv --find-links /run/wheels uv==0.13.9" in found


def test_apt_on_a_mirror():
    mirrors = {"debian": "https://m.example/debian", "debian-security": "https://m.example/debian-security"}
    assert apt_sources(BASE, mirrors) == (
        "deb https://m.example/debian bookworm main\n"
        "deb https://m.example/debian bookworm-updates main\n"
        "deb https://m.example/debian-security bookworm-security main\n"
    )
    assert apt_sources(replace(BASE, manager="apk"), mirrors) == ""
    assert apt_sources(BASE, {}) == ""


def test_requirements_keep_their_place():
    # a Requirement of the user's is no part of a recipe: a comment in it must not reach a list
    asked = Requirement("six  # pinned for alice", "six", Place("provenv.toml", 3))
    assert "alice" not in repr(recipe(given(spec=replace(SPEC, requirements=(asked,)))).files)
