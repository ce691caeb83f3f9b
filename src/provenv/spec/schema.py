"""The form of `provenv.toml` (and of `[tool.provenv]`), as pydantic models.

The models check types, names and allowed values, and are exported as JSON
Schema for editors; what files and requirements mean is completed elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from ..model.duration import read_duration
from ..model.image import EngineName
from ..model.spec import Accelerator
from . import presets, slurm
from .declared_data import NPM_NAME, NPM_VERSION, NotAnAddress, read_address, read_inside
from .hosts import NotAHost, read_folder, read_hosts
from .references import GPUS, REFERENCE, REPOSITORY, read_port, read_size, read_volume

Kind = Literal["venv", "image", "vm", "ssh", "slurm", "kubernetes", "cloud"]
TAGS = frozenset(
    {"<list>", "<table>", "<text>", "<number>", "<auto>", "<image>", "<slurm>", "<ssh>", "<place>"}
)
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


def _read_by(reader: Callable[[str], object], kind: str) -> AfterValidator:
    """Check that `reader` understands a value: it raises ValueError where not."""

    def check(value: str) -> str:
        try:
            reader(value)
        except ValueError:
            raise PydanticCustomError(kind, "not of that form") from None
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


def _port(value: Any) -> str:
    return "<number>" if isinstance(value, int) and not isinstance(value, bool) else "<text>"


def _host(value: str) -> str:
    """Check that a value is a host, or a range of hosts."""
    try:
        read_hosts(value)
    except NotAHost as found:
        raise PydanticCustomError(found.why, "not a host") from None
    return value


def _data_address(value: str) -> str:
    """Check that a value is an address that data can come from."""
    try:
        return read_address(value)
    except NotAnAddress as found:
        raise PydanticCustomError(found.why, "not an address") from None


def _place(value: Any) -> str:
    """Return which table a target is: those whose keys are all known, and other kinds, which have options."""
    kind = value.get("kind") if isinstance(value, dict) else None
    return f"<{kind}>" if kind in ("image", "ssh", "slurm") else "<place>"


ProjectName = Annotated[str, _named(r"\w([\w.-]*\w)?", "spec.bad.name")]
PlainName = Annotated[str, _named(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?", "spec.bad.plain_name")]
TargetName = Annotated[PlainName, AfterValidator(_not_reserved)]
VariableName = Annotated[str, _named(r"[A-Za-z_][A-Za-z0-9_]*", "spec.bad.variable")]
SystemPackage = Annotated[str, _named(r"[A-Za-z0-9][A-Za-z0-9+._-]*(:[a-z0-9]+)?", "spec.bad.system")]
Command = Annotated[str, AfterValidator(_command)]
Reference = Annotated[str, _named(REFERENCE, "spec.bad.reference")]
Repository = Annotated[str, _named(REPOSITORY, "spec.bad.repository")]
Duration = Annotated[str, _read_by(read_duration, "spec.bad.duration")]
Size = Annotated[str, _read_by(read_size, "spec.bad.size")]
PortText = Annotated[str, _read_by(read_port, "spec.bad.port")]
VolumeText = Annotated[str, _read_by(read_volume, "spec.bad.volume")]
DataAddress = Annotated[str, AfterValidator(_data_address)]
Sha256 = Annotated[str, _named(r"[0-9a-fA-F]{64}", "spec.bad.sha256")]
Revision = Annotated[str, _named(r"[0-9a-f]{40}", "spec.bad.revision")]
DistributionName = Annotated[str, _named(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", "spec.bad.name")]
HubRepository = Annotated[
    str, _named(r"(datasets/)?[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", "spec.bad.hub_repository")
]
NpmName = Annotated[str, _named(NPM_NAME, "spec.bad.npm_name")]
NpmVersion = Annotated[str, _named(NPM_VERSION, "spec.bad.npm_version")]
Inside = Annotated[str, _read_by(read_inside, "spec.bad.data_path")]
HostText = Annotated[str, AfterValidator(_host)]
HostFolder = Annotated[str, _read_by(read_folder, "spec.bad.folder")]
Gpus = Annotated[str, _named(GPUS, "spec.bad.gpus")]
SlurmName = Annotated[str, _named(slurm.NAME, "spec.bad.slurm_name")]
SlurmGpus = Annotated[str, _named(slurm.GPUS, "spec.bad.slurm_gpus")]
Gres = Annotated[str, _named(slurm.GRES_LIST, "spec.bad.gres")]
NodeMemory = Annotated[str, _read_by(slurm.read_memory, "spec.bad.slurm_memory")]
TimeLimit = Annotated[str, _read_by(slurm.read_time, "spec.bad.slurm_time")]
Array = Annotated[str, _read_by(slurm.read_array, "spec.bad.array")]
SbatchOption = Annotated[str, _read_by(slurm.read_extra, "spec.bad.sbatch_option")]
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
    data: list[str] = Field(
        default=[],
        description="Names of [data.NAME] that these commands need: fetched before the proof where missing.",
    )


class RunTable(_Table):
    """A command of the project's own and how it is launched."""

    command: Command = Field(description="The command line.")
    processes: Annotated[
        Annotated[int, Field(ge=1), Tag("<number>")] | Annotated[Literal["auto"], Tag("<auto>")],
        Discriminator(_processes),
    ] = Field(default=1, description="How many processes; `auto` is one for each accelerator.")
    retries: int = Field(default=0, ge=0, description="How many times it is started again when it fails.")
    stall: Duration | None = Field(
        default=None,
        description="How long it may go on without a step before it is ended: `90s`, `10m`, `2h`.",
    )
    min_hosts: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="With how many of a target's hosts it begins and goes on; by default it needs all.",
    )
    data: list[str] | None = Field(
        default=None, description="Names of [data.NAME] that it needs; all of them by default."
    )


class DataTable(_Table):
    """A set of data that runs read, from one source: url, package, debian, folder, huggingface or npm."""

    url: DataAddress | None = Field(
        default=None, description="The address of a file; `${NAME}` stands for a variable."
    )
    package: DistributionName | None = Field(
        default=None, description="An installed Python distribution that brings the data."
    )
    debian: SystemPackage | None = Field(
        default=None, description="A Debian package that brings the data; never installed unasked."
    )
    folder: Command | None = Field(
        default=None, description="A folder or file of your own, relative to this file."
    )
    huggingface: HubRepository | None = Field(
        default=None,
        description="A repository of the Hugging Face Hub, `datasets/` in front of a data set's; it comes "
        "from `mirrors.huggingface`.",
    )
    npm: NpmName | None = Field(
        default=None, description="A package of the npm registry; your own npm client gets it."
    )
    sha256: Sha256 | None = Field(
        default=None,
        description="The sha256 of the file that the address gives or of the npm package's tarball "
        "(`provenv data digest` prints it), or of your folder's tree.",
    )
    mirrors: list[DataAddress] = Field(
        default=[], description="Other addresses of the same file, tried in turn where one does not give it."
    )
    unpack: bool | None = Field(
        default=None, description="Unpack the file: zip, tar with any compression, or one compressed file."
    )
    path: Command | None = Field(
        default=None,
        description="The file or folder that is meant: in the distribution, in the Debian package (from `/` "
        "on), or in what was unpacked (of an npm package: `package` by default).",
    )
    most: Size | None = Field(
        default=None,
        description="The most that it may unpack to, such as `80g`; by default a hundred times the archive, "
        "and 4 GiB at least.",
    )
    include: list[Command] = Field(
        default=[], description="Patterns of the folder's files that count, such as `*.csv`; all by default."
    )
    exclude: list[Command] = Field(default=[], description="Patterns of those that do not.")
    revision: Revision | None = Field(default=None, description="The repository's commit.")
    version: NpmVersion | None = Field(default=None, description="The npm package's exact version.")
    files: dict[Inside, Sha256] = Field(
        default={}, description="Paths of the repository's files, each with its sha256."
    )


class _Target(BaseModel):
    """What a target of any kind may say."""

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


class TargetTable(_Target):
    """A destination; other keys are options of its kind."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    kind: Kind = Field(description="What kind of place it is.")


class ImageTable(_Target):
    """A container image: the environment and the project's code, built and proven by an engine."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["image"] = Field(description="What kind of place it is.")
    base: Reference | None = Field(
        default=None, description="The image it stands on; Python's own slim image by default."
    )
    engine: EngineName = Field(default="auto", description="Which engine builds and runs it.")
    repository: Repository | None = Field(
        default=None, description="The image's name without a tag; the project's name by default."
    )
    platform: Annotated[str, _named(r"linux/[a-z0-9]+(/v[0-9]+)?", "spec.bad.platform")] | None = Field(
        default=None, description="The platform that it is for, such as linux/amd64; the engine's by default."
    )
    user: Annotated[int, Field(ge=1)] = Field(
        default=1000, description="The number of the user that everything runs as; never root."
    )
    code: list[Command] = Field(
        default=[],
        description="Patterns of the project's files that go in, `!` in front leaves out; by default what "
        "git knows and is code.",
    )
    command: Command | None = Field(default=None, description="What runs where nothing else is said.")
    health: Command | None = Field(default=None, description="A command that succeeds while it works.")
    ports: list[
        Annotated[
            Annotated[int, Field(ge=1, le=65535), Tag("<number>")] | Annotated[PortText, Tag("<text>")],
            Discriminator(_port),
        ]
    ] = Field(
        default=[],
        description="Ports that the host listens on: 8000, `8080:8000`, `0.0.0.0:80:8000`; of loopback alone "
        "unless an address is named.",
    )
    volumes: list[VolumeText] = Field(
        default=[], description="Folders or named volumes: `./data:/app/data`, `models:/models:ro`."
    )
    gpus: Gpus | None = Field(
        default=None, description="Which GPUs a container gets: `all`, a count, or indices such as `0,2`."
    )
    shm: Size | None = Field(default=None, description="The size of /dev/shm, such as `2g`; `1g` by default.")
    memory: Size | None = Field(default=None, description="The most memory that a container may use.")
    cpus: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="How many cores a container may use."
    )
    network: Literal["host", "none", "bridge"] | None = Field(
        default=None, description="The engine's network for builds and containers."
    )
    bytecode: bool = Field(
        default=True, description="Compile bytecode into the image: faster to start, larger by a tenth."
    )
    extensions: list[Annotated[str, _named(r"[\w-]+\.[\w.-]+", "spec.bad.extension")]] = Field(
        default=[], description="Editor extensions that a dev container brings."
    )


class SshTable(_Target):
    """Hosts that OpenSSH reaches, with the same environment on each of them."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["ssh"] = Field(description="What kind of place it is.")
    hosts: list[HostText] | None = Field(
        default=None,
        min_length=1,
        description="The hosts: an alias of your ssh configuration, `user@host`, `user@host:port`; a range "
        "such as `node[01-16,20]` is as many hosts.",
    )
    folder: HostFolder | None = Field(
        default=None,
        description="The project's folder on each host; `~/.local/share/provenv/NAME` by default.",
    )
    code: list[Command] = Field(
        default=[],
        description="Patterns of the project's files that are sent, `!` in front leaves out; by default what "
        "git knows and is code.",
    )


class SlurmTable(_Target):
    """A cluster behind Slurm, whose nodes share a file system with this machine."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["slurm"] = Field(description="What kind of place it is.")
    partition: Annotated[str, _named(slurm.NAMES, "spec.bad.slurm_name")] | None = Field(
        default=None, description="The partition, or several with commas; the cluster's default otherwise."
    )
    account: SlurmName | None = Field(default=None, description="The account that is charged.")
    qos: SlurmName | None = Field(default=None, description="The quality of service.")
    nodes: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1, description="How many nodes a run gets.")
    gpus_per_node: (
        Annotated[
            Annotated[int, Field(ge=1), Tag("<number>")] | Annotated[SlurmGpus, Tag("<text>")],
            Discriminator(_port),
        ]
        | None
    ) = Field(default=None, description="GPUs of each node: a number, or with their type `h100:4`.")
    gres: Gres | None = Field(
        default=None, description="Other generic resources of each node, as `--gres` takes them: `shard:2`."
    )
    cpus_per_task: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Cores of each node, for all processes that run on it together."
    )
    memory: NodeMemory | None = Field(default=None, description="Memory of each node: `64G`.")
    time: TimeLimit | None = Field(
        default=None, description="The longest that a job may take: `90m`, `12h`, `2-00:00:00`."
    )
    constraint: Annotated[str, _named(slurm.CONSTRAINT, "spec.bad.constraint")] | None = Field(
        default=None, description="Features that its nodes must have."
    )
    exclude: Annotated[str, _named(slurm.NODES, "spec.bad.node_list")] | None = Field(
        default=None, description="Nodes that are not to be taken: `n[01-03],n07`."
    )
    array: Array | None = Field(
        default=None,
        description="As many runs as it names, each with its SLURM_ARRAY_TASK_ID: `0-3`, `0-99%10`.",
    )
    signal: Annotated[int, Field(ge=10, le=65535)] | None = Field(
        default=None,
        description="So many seconds before its time is over a run is told to save and leave, and put back "
        "into the queue.",
    )
    requeues: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        default=None, description="How often it is put back into the queue then; 20 by default."
    )
    environment: Literal["shared", "node"] = Field(
        default="shared",
        description="Where jobs find the environment: on the shared file system, or laid down once on each "
        "node.",
    )
    node_folder: Annotated[str, _named(r"/[\w./+@-]*", "spec.bad.node_folder")] | None = Field(
        default=None, description='A folder of each node\'s own disk, for `environment = "node"`.'
    )
    setup: list[Command] = Field(
        default=[], description="Lines that a job begins with: `module load cuda/12.4`."
    )
    extra: list[SbatchOption] = Field(
        default=[], description="More options of sbatch's, each as `--name=value`."
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
    data: dict[PlainName, DataTable] = Field(default={}, description="Data that runs read, by name.")
    run: dict[PlainName, RunTable] = Field(default={}, description="Named commands for `provenv run`.")
    target: dict[
        TargetName,
        Annotated[
            Annotated[ImageTable, Tag("<image>")]
            | Annotated[SshTable, Tag("<ssh>")]
            | Annotated[SlurmTable, Tag("<slurm>")]
            | Annotated[TargetTable, Tag("<place>")],
            Discriminator(_place),
        ],
    ] = Field(default={}, description="Destinations besides this machine, which is always `here`.")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of `provenv.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Declared.model_json_schema(by_alias=True),
        "title": "provenv.toml",
    }
