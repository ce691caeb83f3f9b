"""Rich values made by hand, one for each view; what they say is what real machines say."""

from __future__ import annotations

from dataclasses import replace

from provenv.errors import Hint, Place, Problem, bilingual, text, verbatim
from provenv.model.adopted import Carried, LeftOut
from provenv.model.demo import Example, Public
from provenv.model.devices import Device, Devices, Toolkit
from provenv.model.diagnosis import Advice, Candidate, Diagnosis, Quote, Read, Reference, Sign
from provenv.model.diff import (
    CheckPair,
    Difference,
    Machine,
    Numerics,
    Paced,
    Pair,
    Side,
    Speed,
    Versions,
)
from provenv.model.evidence import Evidence, Measure, Outcome
from provenv.model.facts import (
    Container,
    Cpu,
    Disk,
    Facts,
    Gpu,
    Limits,
    Memory,
    Network,
    Nvidia,
    Platform,
    Python,
    Source,
    Tool,
)
from provenv.model.findings import Checked, Checkup, Finding, Fix, Fixed
from provenv.model.launch import Launch
from provenv.model.lock import Artifact, Choice, Lock, Package, Refusal
from provenv.model.mirrors import MirrorResult, Trial
from provenv.model.plan import Change, CreateEnvironment, Install, Keep, Plan, Prove, Remove, Switch
from provenv.model.rendered import Rendered, RenderedFile
from provenv.model.results import (
    About,
    Cleaned,
    DemoDone,
    DemoSummary,
    Download,
    EditResult,
    ExampleList,
    Explanation,
    History,
    InitResult,
    LockResult,
    PlanResult,
    Rollback,
    Status,
)
from provenv.model.services import Cloud, Engine, Kubernetes, Partition, Slurm
from provenv.model.spec import Spec
from provenv.model.state import Drift, Generation, State
from provenv.model.system import SystemNeed, SystemReport
from provenv.model.up_result import UpResult
from provenv.pipconf import PipConfiguration

GIB = 1024**3
URL = "https://alice:hunter2@mirror.example/simple"  # its password must never be seen

MACHINE = Facts(
    platform=Platform(
        "linux", "x86_64", "6.1.0-28-amd64", "debian", "12", "Debian GNU/Linux 12 (bookworm)", "glibc", "2.36"
    ),
    cpu=Cpu(
        "AMD EPYC 7763 64-Core Processor",
        "AuthenticAMD",
        128,
        64,
        7.5,
        ("sse4_2", "avx", "avx2", "fma", "f16c", "bmi2"),
        "x86-64-v3",
    ),
    memory=Memory(503 * GIB, 411 * GIB, 64 * GIB, 8 * GIB, 64 * 1024**2, 61 * 1024**2, 2),
    disks=(
        Disk(
            "project",
            "/home/mei/数字识别",
            "/dev/nvme0n1p2",
            "ext4",
            1_967_000_000_000,
            412_000_000_000,
            True,
        ),
        Disk("cache", "/home/mei/.cache", "/dev/nvme0n1p2", "ext4", 1_967_000_000_000, 412_000_000_000, True),
        Disk("temp", "/tmp", "tmpfs", "tmpfs", 33_700_000_000, 900_000_000, False),
    ),
    limits=Limits(open_files=1_048_576, processes=None, locked_memory=8 * 1024**2),
    container=Container("docker", "kvm"),
    nvidia=Nvidia(
        "ready",
        "535.104.05",
        "12.2",
        (
            Gpu(0, "NVIDIA A100-SXM4-80GB", "8.0", 80 * GIB, "GPU-1", "Disabled"),
            Gpu(1, "NVIDIA A100-SXM4-80GB", "8.0", 80 * GIB, "GPU-2", "Disabled"),
            Gpu(2, "NVIDIA A100-SXM4-40GB", "8.0", 40 * GIB, "GPU-3", "Enabled"),
        ),
        visible="0,1,2",
    ),
    pythons=(Python("/usr/bin/python3.11", "3.11.2"), Python("/home/mei/.local/bin/python3.13", "3.13.1")),
    tools=(Tool("uv", "/home/mei/.local/bin/uv", "0.13.9"), Tool("git", "/usr/bin/git", "2.39.5")),
    pip=PipConfiguration(
        index_url=URL,
        find_links=("/opt/packages",),
        origins={"index-url": "/etc/pip.conf", "find-links": "PIP_FIND_LINKS"},
    ),
    network=Network(
        (("HTTPS_PROXY", "http://proxy.example:3128"),), (("SSL_CERT_FILE", "/etc/ssl/certs/company.pem"),)
    ),
    sources=(
        Source("platform", "/etc/os-release", "read", 0),
        Source("cpu", "/proc/cpuinfo", "read", 1),
        Source("nvidia", "nvidia-smi --query-gpu=index,name,compute_cap", "read", 640),
        Source("tools", "nvcc --version", "absent", 2, "not on PATH"),
        Source("cuda", "libcuda cuInit", "timeout", 10_000, "ended after its time"),
        Source("disks", "/proc/self/mountinfo", "unreadable", 3, "line 7 has 3 fields"),
    ),
)

CLUSTER_NODE = Facts(
    platform=Platform("linux", "x86_64", "5.15.0", "ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "glibc", "2.35"),
    amd=Devices(
        "ready",
        tuple(Device(index, "AMD Instinct MI300X", "gfx942", 192 * GIB, "1002:74a1") for index in range(8)),
        "6.12.12",
        "6.4.1",
    ),
    intel=Devices(
        "broken",
        (Device(0, "Intel 8086:56a0", pci="8086:56a0"),),
        detail="libze_loader.so, libze_intel_gpu.so",
    ),
    ascend=Devices("no-permission", (), "24.1.0", "8.1.RC1", "/dev/davinci0 (HwHiAiUser)"),
    tpu=Devices("no-device", detail="v5litepod-8"),
    apple=Devices("ready", (Device(0, "Apple M2 Pro", "M2 Pro", 16 * GIB),)),
    toolkits=(
        Toolkit("rocm", "6.4.1", "/opt/rocm-6.4.1", True),
        Toolkit("cuda", "12.4.1", "/usr/local/cuda-12.4"),
    ),
    engines=(
        Engine("docker", "28.2.2", detail="permission denied while trying to connect to the Docker daemon"),
        Engine("podman", "4.9.4", True, True, ("crun",), tuple(f"nvidia.com/gpu={n}" for n in range(9))),
    ),
    kvm="no-permission",
    kubernetes=Kubernetes("lab", ("lab", "prod"), "vision"),
    slurm=Slurm(
        "23.11.4",
        (
            Partition("mi300", 16, "gpu:mi300x:8", "2-00:00:00", True),
            Partition("debug", 1, "", "1:00:00"),
        ),
    ),
    clouds=(Cloud("aws", "~/.aws/credentials"), Cloud("huggingface", "HF_TOKEN")),
    sources=(Source("engines", "docker info", "failed", 12, "permission denied"),),
    host="mi300x-7",
)

JETSON = Facts(
    platform=Platform(
        "linux",
        "aarch64",
        "5.15.148-tegra",
        "ubuntu",
        "22.04",
        "Ubuntu 22.04.5 LTS",
        "glibc",
        "2.35",
        "36.4.3",
    ),
    nvidia=Nvidia("ready", "540.4.0", "12.6", (Gpu(0, "Orin (nvgpu)", "8.7"),)),
    kvm="ready",
    host="orin",
)

LAPTOP = Facts(
    platform=Platform("linux", "aarch64", distribution="alpine", distribution_version="3.20"),
    nvidia=Nvidia("broken", "550.54", None, (), None, "Driver/library version mismatch"),
    host="laptop",
)

ACCELERATOR = Choice(
    "accelerator",
    "cpu",
    verbatim("`nvidia-smi` is not there and /proc/driver/nvidia is missing: this machine has no NVIDIA GPU"),
    (
        Refusal("cu130", verbatim("needs driver 580.65.06 or newer")),
        Refusal(
            "cu126", verbatim("needs driver 525.60.13 or newer, and covers compute capability 5.0 to 9.0")
        ),
    ),
)
SOURCE = Choice(
    "source:torch", "/opt/packages", verbatim("the wheel folder of pip's configuration holds 2.13.0+cpu")
)

TORCH = Package(
    "torch",
    "2.13.0+cpu",
    (
        Artifact(
            "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl",
            size=186_300_000,
            hashes={"sha256": "ab" * 32},
        ),
    ),
    required_by=("provenv.toml:4", "lightning"),
)
NUMPY = Package(
    "numpy", "2.4.0", tuple(Artifact(f"numpy-2.4.0-{i}.whl", size=17_000_000 + i) for i in range(8))
)
LOCK = Lock(
    "here",
    "3.11",
    "linux x86_64, glibc 2.36",
    (TORCH, NUMPY, Package("scikit-learn", "1.8.0", (Artifact("scikit_learn-1.8.0.whl", size=9_100_000),))),
    (ACCELERATOR, SOURCE),
    "f" * 64,
    findings=(
        Problem(
            "PV399",
            verbatim("`torch` could also come from a public index"),
            severity="note",
            hints=(Hint(verbatim("name the index in `[mirrors]`")),),
        ),
    ),
)

CHANGES = (
    Install("torch", "2.13.0+cpu", 186_300_000),
    Change("numpy", "1.26.4", "2.4.0", 17_000_000),
    Change("torchvision", "0.28.0", "0.28.0", 1_900_000),
    Install("typing-extensions", "4.15.0", None),
    Remove("scipy", "1.11.0"),
    *(Keep(f"kept-{i}", "1.0") for i in range(24)),
)
CHECKS = ("integrity", "imports", "tensors", "gradients", "loading", "checkpoint", "learning")
PLAN = Plan(
    "here",
    7,
    (
        CreateEnvironment("3.11.9", "/w/.provenv/here/generations/0007/venv"),
        *CHANGES,
        Prove(CHECKS),
        Switch(6, 7),
    ),
    (verbatim("`provenv.toml` changed"), verbatim("the NVIDIA driver is another one")),
    203_300_000,
    821_000_000,
    1,
)
NOTHING = Plan("here", 6)
SPEC = Spec("digits", "/w", "provenv.toml", ("provenv.toml",), "0" * 64)

OUTCOMES = (
    Outcome(
        "integrity",
        "passed",
        0.84,
        verbatim("28 packages, 17,123 files are as their RECORD says"),
        measures=(Measure("storage.read", 1240.4, "MB/s"),),
        began=0.05,
    ),
    Outcome("imports", "passed", 2.31, verbatim("torch, numpy and sklearn import"), began=0.06),
    Outcome(
        "tensors.cpu",
        "passed",
        1.2,
        verbatim("matmul, convolution, softmax and sorting against a float64 reference"),
        distance=2.1e-7,
        tolerance=1e-5,
        measures=(Measure("matmul.float32", 41.24, "GFLOP/s"), Measure("matmul.bfloat16", 8.9, "GFLOP/s")),
        began=0.9,
    ),
    Outcome(
        "nccl", "skipped", 0.0, verbatim("an all-reduce across GPUs"), verbatim("this machine has no GPU")
    ),
)
BROKEN = Outcome(
    "loading",
    "failed",
    12.6,
    verbatim("two workers send 64 MB of batches through /dev/shm"),
    verbatim("a worker was ended by signal 7 (bus error): /dev/shm has 64 MiB, of which 1 MiB is free"),
    distance=0.5,
    tolerance=0.01,
    evidence="\n".join(
        [
            *(
                f'  File "/w/venv/lib/python3.11/site-packages/torch/utils/data/step{i}.py", line {i}'
                for i in range(14)
            ),
            "RuntimeError: DataLoader worker (pid 4242) is killed by signal: Bus error.",
        ]
    ),
    hints=(
        Hint(verbatim("give the container more shared memory"), "docker run --shm-size=2g ..."),
        Hint(command="mount -o remount,size=2G /dev/shm"),
    ),
)
PROOF = Evidence("here", 7, "2025-11-22T01:52:00Z", 14.2, OUTCOMES)
FAILED_PROOF = Evidence("here", 7, "2025-11-22T01:52:00Z", 26.8, (*OUTCOMES[:2], BROKEN, OUTCOMES[3]))

PACKAGES = {f"package-{i}": "1.0" for i in range(28)}
GENERATIONS = (
    Generation(
        5, "/w/.provenv/here/generations/0005", "3.10.14", {"numpy": "1.26.4"}, made="2025-10-01T08:00:00Z"
    ),
    Generation(
        6,
        "/w/.provenv/here/generations/0006",
        "3.11.9",
        PACKAGES,
        made="2025-11-20T16:30:00Z",
        proof="passed",
    ),
    Generation(
        7,
        "/w/.provenv/here/generations/0007",
        "3.11.9",
        PACKAGES,
        made="2025-11-22T01:52:00Z",
        proof="failed",
    ),
)
DRIFT = Drift(
    changed=tuple(f"lib/python3.11/site-packages/torch/nn/modules/file{i}.py" for i in range(7)),
    missing=("lib/python3.11/site-packages/numpy/version.py",),
    extra=("lib/python3.11/site-packages/手工补丁.pth",),
    owners={"lib/python3.11/site-packages/numpy/version.py": "numpy"},
    files=17_123,
    bytes=831_000_000,
)
INTACT = Drift(files=17_123, bytes=831_000_000)

SYSTEM = SystemReport(
    "here",
    "Debian GNU/Linux 12 (bookworm)",
    "apt",
    (
        SystemNeed("ffmpeg", "program", "ffmpeg", True, declared=True),
        SystemNeed("libGL.so.1", "library", "libgl1", False, users=(("opencv-python", "cv2/cv2.abi3.so"),)),
        SystemNeed("libcuda.so.1", "driver", "", False, declared=True),
        SystemNeed(
            "libnobody.so.9", "library", "", False, users=(("", "a.so"), ("b", "b.so"), ("c", "c.so"))
        ),
        SystemNeed("sl", "package", "sl", None, declared=True),
        SystemNeed(
            "libtbb.so.12", "library", "libtbb12", False, optional=True, users=(("numba", "tbbpool.so"),)
        ),
    ),
    ("sudo", "apt-get", "install", "--yes", "--no-install-recommends", "libgl1"),
    generation=3,
)
DRIVER = Candidate(
    "cuda-driver-too-old",
    0.9312,
    11.5,
    bilingual(
        "the NVIDIA driver is too old for the CUDA that this software was built with (it wants 13.0)",
        "NVIDIA 驱动太旧，跑不了这个软件所用的 CUDA（它要 13.0）",
    ),
    bilingual(
        "a driver runs programs of its own CUDA version and of older ones only",
        "驱动只能运行与自身 CUDA 版本相同或更旧的程序",
    ),
    quotes=(
        Quote(
            48_213,
            "RuntimeError: The NVIDIA driver on your system is too old (found version 12000). Please update "
            "your GPU driver by downloading and installing a new version from https://alice:hunter2@mirror.example",
            9.0,
            4,
            "too-old",
            9.0,
            14,
            48,
        ),
        Quote(7, "\t数字识别: driver 525.60.13", 5.0, 1, "version", 2.5, 7, 6),
        Quote(9, "CUDA is available", -1.0, 1, "against", -1.0, 0, 17),
    ),
    signs=(Sign("machine.driver-older-than-build", 4.0, 1.0),),
    machine=(
        text(
            "diagnosis.machine.driver_old_of_torch",
            driver="525.60.13",
            carries="12.0",
            cuda="13.0",
            floor="580.65.06",
        ),
    ),
    remedies=(
        Advice(
            bilingual("take builds for the CUDA that this driver runs", "改用这个驱动能运行的 CUDA 的构建"),
            ("provenv lock", "provenv up"),
        ),
        Advice(
            bilingual("or install a newer driver, and restart", "或者安装更新的驱动，然后重启"),
            ("sudo apt-get install -y nvidia-driver-580", "sudo reboot"),
            root=True,
        ),
        Advice(None, ("nvidia-smi",)),
    ),
    confirm=(Advice(None, ("provenv prove",)),),
    references=(
        Reference(
            "CUDA compatibility: minimum driver versions",
            "https://docs.nvidia.com/deploy/cuda-compatibility/",
        ),
    ),
)
OTHER = Candidate(
    "gpu-driver-not-loaded",
    0.0421,
    5.2,
    bilingual("the NVIDIA driver is not loaded", "NVIDIA 驱动没有加载"),
    bilingual("it is not installed", "没有安装"),
)
OWN_CODE = Diagnosis(
    "none",
    "none",
    (
        Candidate(
            "none",
            0.7,
            4.0,
            bilingual("nothing of the environment failed", "环境本身没有问题"),
            bilingual("the log ends in your own code", "日志止于你自己的代码"),
            signs=(Sign("log.own-code", 4.0, 4.0),),
        ),
    ),
    Place("/home/mei/digits/train.py", 41, source='labels = batch["label"]'),
    "KeyError: 'label'",
    "own-code",
)

OLD_DRIVER = Finding(
    "driver-older-than-build",
    "accelerator",
    "blocks",
    what=text("doctor.builds.driver", name="torch", cuda="13.0", driver="550.54.14"),
    why=text("lock.accelerator.driver_too_old", driver="550.54.14", floor="580.65.06", cuda="13.0"),
    evidence=(
        text("doctor.builds.installed", where=".venv", name="torch", version="2.13.0+cu130", build="cu130"),
        text("doctor.builds.machine", gpus="NVIDIA H100 80GB HBM3", driver="550.54.14"),
    ),
    remedies=(
        Advice(text("doctor.builds.relock"), ("provenv lock --upgrade", "provenv up")),
        Advice(
            text("doctor.builds.update_driver"), ("sudo ubuntu-drivers install", "sudo reboot"), root=True
        ),
    ),
    fix=Fix(text("doctor.fix.up"), (("provenv", "up"),), builds=True),
    subject=".venv:torch",
    cause="cuda-driver-too-old",
)
OVERRIDDEN = Finding(
    "libraries-overridden",
    "loader",
    "hurts",
    what=text(
        "doctor.search.libraries", n=9, variable="LD_LIBRARY_PATH", names="libcudnn.so.9, libnccl.so.2"
    ),
    why=text("doctor.search.libraries.why", where=".venv"),
    evidence=tuple(verbatim(f"/usr/local/cuda-12.1/lib64/libcudnn_part{n}.so.9") for n in range(9)),
    remedies=(Advice(text("doctor.search.unset"), ("unset LD_LIBRARY_PATH",)),),
    subject="LD_LIBRARY_PATH:.venv",
    cause="env-var-wrong",
)
ABANDONED = Finding(
    "abandoned-package",
    "packages",
    "better",
    what=text("doctor.abandoned.ended", name="horovod", since="2023-06"),
    why=bilingual("its last release is of June 2023", "最后一个版本发布于 2023 年 6 月"),
    evidence=(verbatim("provenv.toml:4: horovod"),),
    remedies=(Advice(text("doctor.abandoned.ended.use", use="`torch`")),),
    subject="horovod",
)
LOOKED = (
    Checked("machine", None, "done", 712),
    Checked("environments", None, "done", 85),
    Checked("files", None, "timeout", 5000, detail=text("doctor.timeout", limit_seconds=5.0)),
)
CHECKED = (
    Checked("builds", "accelerator", "done", 2, 1),
    Checked("search", "loader", "done", 1, 1),
    Checked("abandoned", "packages", "done", 1, 1),
    Checked("models", "project", "unasked"),
    Checked("room", "storage", "failed", 1, detail=verbatim("TypeError: unsupported operand")),
)
CHECKUP = Checkup((OLD_DRIVER, OVERRIDDEN, ABANDONED), CHECKED, LOOKED, folder="/w/digits", seconds=1.24)

MOVED = Difference(
    Side("here:6", "here", 6, "2025-11-21T09:00:00Z", passed=True),
    Side("box:2", "box", 2, "2025-11-22T01:52:00Z", passed=False),
    True,
    Versions(
        True,
        (*CHANGES, Keep("sympy", "1.13.1")),
        (
            Pair("python", "3.11.7", "3.11.7", differs=False),
            Pair("built_for", "cpu", "cu128", differs=True),
            Pair("lock", "8455ee580b6a11", "e7f464b9a59a22", differs=True),
            Pair("base", "", "nvidia/cuda:12.8.1-runtime-ubuntu24.04", differs=True),
            Pair("image", None, 3_214_000_000, differs=False, unit="bytes"),
        ),
    ),
    Numerics(
        True,
        (
            CheckPair("files", "passed", "passed", differs=False),
            CheckPair(
                "tensors",
                "passed",
                "passed",
                True,
                "differ",
                Pair("distance", 0.00385, 0.0041, differs=True),
                Pair("tolerance", 0.0156, 0.0156, differs=False),
            ),
            CheckPair(
                "gradients",
                "passed",
                "failed",
                True,
                "differ",
                Pair("distance", 4.3e-10, 0.002, differs=True),
                Pair("tolerance", 1e-6, 2e-6, differs=True),
                why=verbatim("1 gradient is wrong: conv2d: 2.0e-03 > 1.0e-06"),
            ),
            CheckPair(
                "classifiers",
                "passed",
                "passed",
                True,
                "differ",
                accuracies=(Pair("accuracy.SVC", 98.9, 97.1, differs=True, unit="%"),),
            ),
            CheckPair("accelerator", None, "passed", differs=True),
            CheckPair("processes", "skipped", None, differs=True),
            CheckPair(
                "linear-algebra",
                "passed",
                "passed",
                False,
                "same",
                Pair("distance", 0.957, 0.957, differs=False),
                Pair("tolerance", 30.0, 30.0, differs=False),
            ),
        ),
    ),
    Speed(
        True,
        (
            Paced("matmul.float32", "GFLOP/s", 423.1, 41_200.0, 97.4, 0.25, "faster"),
            Paced("memory.copy", "GB/s", 26.1, 13.8, 0.529, 0.25, "slower"),
            Paced("storage.write", "MB/s", 346.0, 313.0, 0.905, 0.5, "same"),
            Paced("training", "images/s", 19_585.0, 18_341.0, 0.936, 0.25, "same"),
        ),
        (
            Paced("imports", "s", 1.8, 7.5, 0.24, 0.5, "slower"),
            Paced("tensors", "s", 0.2, 0.3, 0.667, 0.5, "same"),
        ),
    ),
    Machine(
        True,
        (
            Pair("system", "Debian GNU/Linux 12 (bookworm) x86_64", "Ubuntu 24.04 x86_64", differs=True),
            Pair("container", "", "docker", differs=True),
            Pair("accelerator", "", "2 x NVIDIA H100 80GB HBM3", differs=True),
            Pair("driver", "", "580.65.06 (CUDA 13.0)", differs=True),
            Pair("memory", 24 * GIB, 24 * GIB, differs=False, unit="bytes"),
            Pair("shm", 12 * GIB, 64 << 20, differs=True, unit="bytes"),
        ),
    ),
)
UNMOVED = Difference(
    Side("here:6", "here", 6, "2025-11-21T09:00:00Z", passed=True),
    Side("cluster", "cluster", 3, "2025-11-22T01:52:00Z", passed=True, file="proofs/cluster.json"),
    True,
    Versions(False, None, (Pair("lock", "8455ee580b6a11", "8455ee580b6a11", differs=False),)),
    Numerics(False, (CheckPair("files", "passed", "passed", differs=False),)),
    Speed(False, (Paced("memory.copy", "GB/s", 26.1, 25.8, 0.99, 0.25, "same"),)),
    Machine(True, (Pair("facts", "f" * 64, "e" * 64, differs=True),), told=False),
)

CASES: dict[str, object] = {
    "difference": MOVED,
    "difference-of-a-receipt": UNMOVED,
    "difference-unproven": replace(
        UNMOVED,
        before=Side("here:5", "", 5),
        differs=False,
        numerics=Numerics(False, (), ("here:5",)),
        speed=Speed(False),
        machine=Machine(False, (Pair("facts", None, "e" * 64, differs=False),), told=False),
    ),
    "difference-of-speed-alone": replace(MOVED, differs=False, versions=None, numerics=None, machine=None),
    "checkup": CHECKUP,
    "checkup-nothing": Checkup((), CHECKED[:3], LOOKED[:2], folder="/w/digits", seconds=0.8),
    "checkup-fixed": Checkup(
        (OVERRIDDEN,),
        CHECKED,
        LOOKED[:2],
        fixed=(
            Fixed(OLD_DRIVER, "gone"),
            Fixed(OVERRIDDEN, "still-there"),
            Fixed(ABANDONED, "failed", verbatim("error[PV720]: 1 check failed: imports")),
        ),
        proof="passed",
        folder="/w/digits",
        seconds=0.9,
    ),
    "diagnosis": Diagnosis("cuda-driver-too-old", "cause", (DRIVER, OTHER), read=Read(48_215, 9_000_000)),
    "diagnosis-own-code": OWN_CODE,
    "diagnosis-succeeded": Diagnosis("none", "none", OWN_CODE.candidates, nature="succeeded"),
    "diagnosis-quiet": Diagnosis("none", "none", nature="quiet"),
    "diagnosis-none": Diagnosis("none", "none", (replace(DRIVER, cause="none", machine=()),)),
    "diagnosis-unknown": Diagnosis(
        None,
        "unknown",
        suspects=(Quote(12, "frobnicate: the gizmo failed: error 7", 0.0, start=27, length=6),),
        collect=(
            Advice(text("diagnosis.collect.whole_log")),
            Advice(text("diagnosis.collect.facts"), ("provenv facts --json > facts.json",)),
        ),
    ),
    "system": SYSTEM,
    "rendered": Rendered(
        "jupyter", "/home/a/kernel.json", "{}\n", "written", "jupyter console --kernel provenv-a"
    ),
    "rendered_files": Rendered(
        "dockerfile",
        "box/Dockerfile",
        "FROM x\n",
        "written",
        "docker build -t digits-box box",
        files=(
            RenderedFile("box/Dockerfile", "written", 4100),
            RenderedFile("box/.dockerignore", "same", 600),
            RenderedFile("box/requirements.rest.txt", "written", 97),
            *(RenderedFile(f"box/digits/module_{number:02}.py", "written", 2048) for number in range(20)),
        ),
    ),
    "rendered_differs": Rendered("requirements", "lock.txt", "a==1\n", "differs"),
    "facts": MACHINE,
    "facts-sparse": LAPTOP,
    "facts-cluster-node": CLUSTER_NODE,
    "facts-jetson": JETSON,
    "lock-written": LockResult(LOCK, "pylock.toml", True, CHANGES),
    "lock-unchanged": LockResult(LOCK, "pylock.toml", False),
    "download": Download(
        "/media/usb stick/wheels",
        LOCK,
        "uv.lock",
        29,
        831_000_000,
        27,
        ("uv 0.13.9", "python 3.11.9"),
        ("digits (.)", "tool (git+https://host.example/tool@abc)"),
    ),
    "download-nothing-new": Download("wheels", LOCK, "pylock.toml", 1, 12_000, 0),
    "why-package": Explanation(
        "torch",
        TORCH,
        (ACCELERATOR, SOURCE),
        (
            ("provenv.toml:4", "torch"),
            ("provenv.toml:5", "lightning", "torch"),
            ("provenv.toml:5", "lightning", "torchmetrics", "torch"),
        ),
    ),
    "why-indirect": Explanation("numpy", NUMPY, (), (("requirements.txt:3", "scikit-learn", "numpy"),)),
    "why-accelerator": Explanation("accelerator", None, (ACCELERATOR,)),
    "plan": PLAN,
    "plan-nothing": NOTHING,
    "plan-result": PlanResult(PLAN, SPEC, LOCK),
    "up": UpResult("here", False, GENERATIONS[2], PLAN, LOCK, PROOF, 61.7),
    "up-unchanged": UpResult("here", True, GENERATIONS[1]),
    "evidence": PROOF,
    "evidence-failed": FAILED_PROOF,
    "evidence-quick": replace(PROOF, left_out=("files", "training", "command.smoke")),
    "status-in-sync": Status("here", "provenv.toml", "in-sync", GENERATIONS[1], drift=INTACT, evidence=PROOF),
    "status-stale": Status(
        "here",
        "provenv.toml",
        "stale",
        GENERATIONS[1],
        (verbatim("`provenv.toml` changed since generation 6"),),
    ),
    "status-drifted": Status("here", "provenv.toml", "drifted", GENERATIONS[1], drift=DRIFT, evidence=PROOF),
    "status-absent": Status("here", "requirements.txt", "absent"),
    "history": History(
        State("here", "/w/.provenv/here", 6, GENERATIONS),
        {"6": CHANGES, "7": (Change("numpy", "2.3.0", "2.4.0"),)},
        {"6": PROOF, "7": FAILED_PROOF},
    ),
    "history-empty": History(State("here", "/w/.provenv/here")),
    "rollback": Rollback("here", 7, 6, INTACT),
    "rollback-drifted": Rollback("here", 7, 6, DRIFT),
    "cleaned": Cleaned("here", (1, 2, 3), (5,), (6, 7), 2_493_000_000),
    "cleaned-nothing": Cleaned("here", kept=(6,)),
    "init": InitResult(
        "provenv.toml",
        '# what this project needs\nschema = 1\nrequirements = ["torch"]\n',
        (verbatim("`train.py` imports torch and sklearn"), verbatim("`notes.ipynb` imports pandas")),
    ),
    "init-adopted": InitResult(
        "provenv.toml",
        "schema = 1\n",
        (text("adopt.found.other", file="Dockerfile"),),
        "environment.yml",
        ("requirements.provenv.txt",),
        (
            Carried("python", "3.8", "environment.yml:6", text("adopt.note.python_minor", words="3.8.5")),
            Carried("reference", "lists/base.txt", "lists/base.txt"),
            Carried("accelerator", "auto", "environment.yml:8", text("adopt.note.cuda", version="11.3")),
            Carried("system", "libgl1", "Dockerfile:12"),
            Carried("variable", "OMP_NUM_THREADS = 4", "environment.yml:40"),
            Carried(
                "requirement",
                "torch==1.11.0",
                "environment.yml:9",
                text("adopt.note.conda_name", name="pytorch"),
            ),
            *(
                Carried("requirement", f"package-{number}==1.{number}", f"environment.yml:{number}")
                for number in range(10, 45)
            ),
            Carried("suggestion", "natsort", "classifier.py:11", text("adopt.note.unlisted")),
            Carried("suggestion", "packaging", "main.py:8", text("adopt.note.unlisted")),
        ),
        (
            LeftOut("pip=20.3", "environment.yml:7", text("adopt.left.installer")),
            *(
                LeftOut(
                    f"libthing{number}=1.0", f"environment.yml:{number}", text("adopt.left.conda_library")
                )
                for number in range(50, 60)
            ),
            LeftOut(
                "RUN curl -sSL https://x.example/install.sh | bash -s -- --yes --prefix /opt/thing",
                "Dockerfile:30",
                text("adopt.left.command"),
            ),
        ),
    ),
    "mirrors": MirrorResult(
        (
            Trial(
                "pypi",
                "tsinghua",
                "file",
                "https://pypi.tuna.tsinghua.edu.cn/simple",
                "reached",
                200,
                0.041,
                0.21,
                2.4e6,
                "2026.10.5",
                True,
                True,
            ),
            Trial(
                "pypi",
                "pip",
                "pip",
                "https://****@packages.example/simple",
                "reached",
                200,
                0.38,
                2.1,
                78e3,
                "2025.1.31",
                False,
            ),
            Trial("pypi", "aliyun", "preset", "https://mirrors.aliyun.com/pypi/simple", "timeout"),
            Trial(
                "pypi",
                "bfsu",
                "preset",
                "https://mirrors.bfsu.edu.cn/pypi/web/simple",
                "status",
                503,
                0.2,
                detail="503",
            ),
            Trial(
                "torch",
                "default",
                "default",
                "https://download.pytorch.org/whl",
                "certificate",
                detail="self-signed certificate",
            ),
        ),
        10.0,
        proxy="http://****@proxy.example:3128",
    ),
    "mirrors-used": MirrorResult((), 10.0, "provenv.toml", ("preset = tsinghua",)),
    "edit": EditResult("provenv.toml", ("torch~=2.13.0", "scikit-learn"), ("numpy",)),
    "edit-nothing": EditResult("provenv.toml"),
    "about": About("0.1.0", "3.11.9", "0.13.9", "linux x86_64", "/home/mei/.local/bin/provenv"),
    "demo": DemoSummary(
        (
            DemoDone(
                name="digits-torch",
                title=bilingual("Handwritten digits, with PyTorch", "用 PyTorch 识别手写数字"),
                folder="/home/mei/digits demo",
                report="/home/mei/digits demo/report.html",
                metric="accuracy",
                value=0.9861,
                low=0.9679,
                high=0.9941,
                of="images",
                count=360,
                floor=0.97,
                reached=True,
                run="20261122-023157-c041",
                seconds=4.8,
                memory=412_000_000,
                parameters=90_090,
                commands=(("provenv up", 21.4), ("provenv run train", 2.3)),
            ),
        )
    ),
    "demos": DemoSummary(
        tuple(
            DemoDone(
                name=f"text-{name}",
                title=bilingual("Plays, letter by letter", "逐字写剧本"),
                folder=f"/home/mei/provenv-demo-text-{name}",
                report=f"/home/mei/provenv-demo-text-{name}/report.html",
                metric="bits per character",
                value=value,
                of="characters",
                count=111_540,
                floor=2.4,
                reached=value <= 2.4,
                failed=failed,
            )
            for name, value, failed in (
                ("torch", 2.21, ()),
                ("keras", 4.87, ("overlap: leak: train and test share 12 items",)),
            )
        ),
        "/home/mei/comparison.html",
    ),
    "examples": ExampleList(
        (
            Example(
                "digits-torch",
                "classification",
                "accuracy",
                "higher",
                0.97,
                bilingual("Handwritten digits, with PyTorch", "用 PyTorch 识别手写数字"),
                bilingual("scikit-learn's digits: 1,797 of 8x8 pixels", "自带的手写数字：1,797 张"),
                57_523,
                Public(0.98, bilingual("nearest neighbour", "最近邻分类"), "https://example.org/digits"),
            ),
            Example(
                "text-gpt",
                "language model",
                "bits per character",
                "lower",
                2.4,
                bilingual("Plays, letter by letter", "逐字写剧本"),
                bilingual("all of Shakespeare's plays", "莎士比亚全部剧作"),
                1_115_394,
            ),
        )
    ),
    "init-template": InitResult(
        "/home/mei/mine/provenv.toml",
        'schema = 1\nname = "mine"\n',
        (text("app.template.copied", name="digits-torch", n=18),),
        "digits-torch",
        ("README.md", "digits/train.py"),
        next=("provenv up", "provenv run train"),
    ),
    "launch": Launch(
        ("python", "train.py"),
        7,
        {"PYTHONPATH": "/home/mei/old", "LD_LIBRARY_PATH": "/usr/local/cuda/lib64", "API_TOKEN": "hunter2"},
        {"OMP_NUM_THREADS": "7", "PYTHONNOUSERSITE": "1", "HF_TOKEN": "hunter2"},
    ),
}

MISSPELT = Problem(
    "PV101",
    verbatim("unknown key `requirments`"),
    Place("provenv.toml", 4, 1, 'requirments = ["torch"]', 11),
    verbatim("the keys of `provenv.toml` are a closed list, so that a misspelt one is not passed over"),
    (Hint(verbatim("did you mean `requirements`?")),),
)
CHINESE_LINE = Problem(
    "PV102",
    verbatim("`torch=2.1` 不是有效的依赖写法"),
    Place("项目/provenv.toml", 12, 24, '依赖 = ["数据集>=1", "torch=2.1"]  # 训练要用', 4),
    hints=(Hint(verbatim("两个等号"), "provenv add torch==2.1"),),
)
LONG_LINE = Problem(
    "PV103",
    verbatim("this index can't be used"),
    Place(
        "pip.conf",
        103,
        150,
        "index-url = " + "\t" + URL + " # " + "x" * 90 + " trusted-host = here " + "y" * 200,
        12,
    ),
)
CONFLICT = Problem(
    "PV310",
    verbatim("the requirements can't be met together"),
    Place("requirements.txt", 3, 1, "numpy<1.20", 10),
    verbatim(
        "Because scikit-learn==1.8.0 depends on numpy>=1.24.1 and your project depends on numpy<1.20, "
        "we can conclude that your project's requirements are unsatisfiable.\n\n"
        f"hint: `{URL}` was searched"
    ),
    (
        Hint(verbatim("loosen one of them")),
        Hint(command="provenv why scikit-learn"),
    ),
)
WARNING = Problem(
    "PV601",
    verbatim("`HF_TOKEN` is passed but not set"),
    severity="warning",
    hints=(Hint(command="provenv status"),),
)
NOTE = Problem(
    "PV602", text("no.such.key", path="/w", free_bytes=12_345_678), severity="note", hints=WARNING.hints
)
SECRET_LINE = Problem(
    "PV104", verbatim("not a table"), Place("provenv.toml", 2, 1, 'HF_TOKEN = "hf_hunter2"  # 密钥', 8)
)

PROBLEMS: dict[str, tuple[Problem, ...]] = {
    "one": (MISSPELT,),
    "chinese": (CHINESE_LINE,),
    "long-line": (LONG_LINE,),
    "conflict": (CONFLICT,),
    "several": (MISSPELT, MISSPELT, CONFLICT, WARNING, NOTE),
    "secret": (SECRET_LINE,),
}
