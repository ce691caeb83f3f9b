"""The form of `provenv.toml` (and of `[tool.provenv]`), as pydantic models.

The models check types, names and allowed values, and are exported as JSON
Schema for editors; what files and requirements mean is completed elsewhere.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from ..model.spec import Accelerator
from . import presets

Kind = Literal["venv", "image", "vm", "ssh", "slurm", "kubernetes", "cloud"]
TAGS = frozenset({"<list>", "<table>", "<text>", "<number>", "<auto>"})
"""Labels of unions; pydantic puts them into the paths of its errors."""
RESERVED_TARGETS = frozenset({"runs"})
"""Names that `.provenv/` uses for something else."""


def _python(value: str) -> str:
    try:
        Version(value)
    except InvalidVersion:
        try:
            SpecifierSet(value)
        except InvalidSpecifier:
            raise PydanticCustomError("spec.bad.python", "not a version") from None
    if not value.strip():
        raise PydanticCustomError("spec.bad.python", "not a version")
    return value.strip()


def _named(pattern: str, kind: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise PydanticCustomError(kind, "not a name")
        return value

    return AfterValidator(check)


def _not_reserved(value: str) -> str:
    if value in RESERVED_TARGETS:
        raise PydanticCustomError("spec.bad.reserved", "reserved")
    return value


def _command(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("spec.bad.empty", "empty")
    return value


def _mirror(kind: str) -> AfterValidator:
    """Check that a value is an address or the name of a public mirror that has this kind."""

    def check(value: str) -> str:
        if not presets.is_address(value, kind) and presets.table().address(value, kind) is None:
            raise PydanticCustomError("spec.mirror.name", "not a mirror")
        return value

    return AfterValidator(check)


def _one_or_more(value: Any) -> str:
    return "<list>" if isinstance(value, list) else "<text>"


def _preset(value: str) -> str:
    if presets.table().find(value) is None:
        raise PydanticCustomError("spec.mirror.preset", "not a preset")
    return value


def _address(kind: str, description: str) -> Any:
    """Return a key of `[mirrors]`; editors are offered the names."""
    return Field(default=None, description=description, examples=list(presets.table().names(kind)))


def _shape(value: Any) -> str:
    return "<table>" if isinstance(value, dict) else "<list>"


def _entry(value: Any) -> str:
    return "<table>" if isinstance(value, dict) else "<text>"


def _processes(value: Any) -> str:
    return "<auto>" if isinstance(value, str) else "<number>"


ProjectName = Annotated[str, _named(r"\w([\w.-]*\w)?", "spec.bad.name")]
PlainName = Annotated[str, _named(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", "spec.bad.plain_name")]
TargetName = Annotated[PlainName, AfterValidator(_not_reserved)]
VariableName = Annotated[str, _named(r"[A-Za-z_][A-Za-z0-9_]*", "spec.bad.variable")]
SystemPackage = Annotated[str, _named(r"[A-Za-z0-9][A-Za-z0-9+._-]*(:[a-z0-9]+)?", "spec.bad.system")]
Command = Annotated[str, AfterValidator(_command)]
PypiMirror = Annotated[str, _mirror("pypi")]
TorchMirror = Annotated[str, _mirror("torch")]
PythonMirror = Annotated[str, _mirror("python")]
HubMirror = Annotated[str, _mirror("huggingface")]
One = TypeVar("One")
OneOrMore = Annotated[
    Annotated[One, Tag("<text>")] | Annotated[list[One], Field(min_length=1), Tag("<list>")],
    Discriminator(_one_or_more),
]
"""A mirror, or several: each of the others is used where the one before it does not answer."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FromFile(_Table):
    """Requirements that stand in another file."""

    file: Command = Field(
        description="A requirements file of pip's syntax, or a pyproject.toml; relative to this file."
    )
    groups: list[str] = Field(
        default=[], description="Names of [dependency-groups] of that pyproject.toml to install too."
    )
    extras: list[str] = Field(
        default=[], description="Names of [project.optional-dependencies] of that pyproject.toml."
    )


class Environment(_Table):
    """Variables that are set for whatever runs in the environment."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[VariableName, str]

    pass_: list[VariableName] = Field(
        default=[],
        alias="pass",
        description="Names of variables whose values are handed through; "
        "the values never enter files, logs or images.",
    )


class MirrorTable(_Table):
    """Where packages, interpreters, images and models come from, instead of the public places."""

    preset: Annotated[str, AfterValidator(_preset)] | None = Field(
        default=None,
        description="The name of a public mirror: fills in every key below that it has and that is not said.",
        examples=list(presets.table().names()),
    )
    pypi: OneOrMore[PypiMirror] | None = _address(
        "pypi",
        "An index with the simple API (PEP 503), or a public mirror's name; of several in an array each is "
        "used where the one before it does not answer.",
    )
    torch: OneOrMore[TorchMirror] | None = _address(
        "torch",
        "A mirror of PyTorch's own wheel index, or a public mirror's name; `{build}` stands for cpu, cu128, "
        "..., and `#flat` behind it says that a build's wheels lie in one folder.",
    )
    python: OneOrMore[PythonMirror] | None = _address(
        "python", "A mirror of standalone Python builds, or a public mirror's name."
    )
    apt: Annotated[str, _mirror("apt")] | None = _address(
        "apt",
        "A mirror of the distribution's packages, or a public mirror's name; `{distribution}` stands for "
        "debian, ubuntu, ..., whose folder lies below the address otherwise.",
    )
    images: Annotated[str, _mirror("images")] | None = _address(
        "images", "A registry that base images are taken from, or a public mirror's name."
    )
    huggingface: OneOrMore[HubMirror] | None = _address(
        "huggingface",
        "An endpoint with the Hugging Face Hub's API, or a public mirror's name; "
        "commands get it as HF_ENDPOINT.",
    )


class Prove(_Table):
    """Commands of the project's own that must succeed before an environment counts."""

    commands: dict[PlainName, Command] = Field(
        default={}, description="A name and a command line for each check."
    )


class RunTable(_Table):
    """A command of the project's own and how it is launched."""

    command: Command = Field(description="The command line.")
    processes: Annotated[
        Annotated[int, Field(ge=1), Tag("<number>")] | Annotated[Literal["auto"], Tag("<auto>")],
        Discriminator(_processes),
    ] = Field(default=1, description="How many processes; `auto` is one for each accelerator.")
    retries: int = Field(default=0, ge=0, description="How many times it is started again when it fails.")


class TargetTable(BaseModel):
    """A destination; other keys are options of its kind."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    kind: Kind = Field(description="What kind of place it is.")
    python: Annotated[str, AfterValidator(_python)] | None = Field(
        default=None, description="Overrides `python` for this target."
    )
    accelerator: Accelerator | None = Field(
        default=None, description="Overrides `accelerator` for this target."
    )
    system: list[SystemPackage] | None = Field(
        default=None, description="Overrides `system` for this target."
    )
    groups: list[str] | None = Field(default=None, description="Dependency groups that this target adds.")
    facts: Command | None = Field(
        default=None, description="A facts file of the place (`provenv facts --json`), to plan from."
    )


class Declared(_Table):
    """What a project needs of its environment."""

    schema_: Literal[1] = Field(default=1, alias="schema", description="The version of this file's form.")
    name: ProjectName | None = Field(default=None, description="The project's name; the folder's by default.")
    python: Annotated[str, AfterValidator(_python)] | None = Field(
        default=None, description='A Python version ("3.11") or range (">=3.10,<3.13").'
    )
    requirements: (
        Annotated[
            Annotated[
                list[
                    Annotated[
                        Annotated[str, Tag("<text>")] | Annotated[FromFile, Tag("<table>")],
                        Discriminator(_entry),
                    ]
                ],
                Tag("<list>"),
            ]
            | Annotated[FromFile, Tag("<table>")],
            Discriminator(_shape),
        ]
        | None
    ) = Field(
        default=None,
        description="PEP 508 requirements, paths, `-e PATH`, or files that hold them. Without this key the "
        "folder's pyproject.toml decides, or else its requirements.txt.",
    )
    accelerator: Accelerator = Field(default="auto", description="What the models compute on.")
    system: list[SystemPackage] = Field(
        default=[], description="System packages that are checked, and installed only with consent."
    )
    env: Environment = Field(default_factory=lambda: Environment.model_validate({}), description="Variables.")
    mirrors: MirrorTable = Field(default=MirrorTable(), description="Mirrors.")
    prove: Prove = Field(default=Prove(), description="The project's own checks.")
    run: dict[PlainName, RunTable] = Field(default={}, description="Named commands for `provenv run`.")
    target: dict[TargetName, TargetTable] = Field(
        default={}, description="Destinations besides this machine, which is always `here`."
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `provenv.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declared.model_json_schema(by_alias=True),
        "title": "provenv.toml",
    }
