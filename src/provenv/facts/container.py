"""The fact `container`: whether this is a container, a virtual machine, WSL."""

from __future__ import annotations

import re

from .. import environ
from ..model.facts import Container
from .raw import Raw, fields

ASKS: list[dict[str, object]] = [
    {"name": "container.dockerenv", "kind": "glob", "path": "/.dockerenv", "systems": ["linux"]},
    {"name": "container.containerenv", "kind": "file", "path": "/run/.containerenv", "systems": ["linux"]},
    {"name": "container.manager", "kind": "file", "path": "/run/systemd/container", "systems": ["linux"]},
    {
        "name": "container.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": [variable.name for variable in environ.CONTAINER],
    },
    {"name": "container.init", "kind": "file", "path": "/proc/1/cgroup", "systems": ["linux"]},
    {"name": "container.root", "kind": "file", "path": "/proc/self/mountinfo", "systems": ["linux"]},
    {"name": "container.version", "kind": "file", "path": "/proc/version", "systems": ["linux"]},
    {
        "name": "container.vendor",
        "kind": "file",
        "path": "/sys/class/dmi/id/sys_vendor",
        "systems": ["linux"],
    },
    {
        "name": "container.product",
        "kind": "file",
        "path": "/sys/class/dmi/id/product_name",
        "systems": ["linux"],
    },
    {"name": "container.hypervisor", "kind": "file", "path": "/sys/hypervisor/type", "systems": ["linux"]},
    {
        "name": "container.detect",
        "kind": "command",
        "argv": ["systemd-detect-virt", "--vm"],
        "systems": ["linux"],
    },
]

KNOWN = ("docker", "podman", "lxc", "systemd-nspawn")

# what SMBIOS says of itself (systemd's src/basic/virt.c); a cloud's bare metal has the vendor alone
PRODUCTS = (
    (r"\bKVM\b|QEMU|Google Compute Engine|OpenStack|Alibaba Cloud ECS", "kvm"),
    (r"VMware", "vmware"),
    (r"VirtualBox|innotek", "oracle"),
    (r"Microsoft Corporation\s+Virtual Machine", "microsoft"),
    (r"Xen", "xen"),
    (r"Amazon EC2(?!.*metal)", "amazon"),
    (r"Parallels", "parallels"),
    (r"Apple Virtualization", "apple"),
    (r"BHYVE", "bhyve"),
)


def read(raw: Raw) -> Container:
    """Return the Container."""
    return Container(_kind(raw), _virtual(raw), _wsl(raw))


def _kind(raw: Raw) -> str:
    environment = raw.mapping("container.environment")
    groups = raw.out("container.init") + str(raw.mapping("cgroup.limits").get("groups") or "")
    if environment.get("KUBERNETES_SERVICE_HOST") or "kubepods" in groups:
        return "kubernetes"
    manager = raw.out("container.manager").strip() or str(environment.get("container") or "").strip()
    if raw.outcome("container.containerenv") == "read" or manager in ("podman", "oci-podman"):
        return "podman"
    if raw.value("container.dockerenv") or re.search(r"[:/]docker[-/]", groups):
        return "docker"
    if manager in KNOWN or manager.startswith("lxc"):
        return "lxc" if manager.startswith("lxc") else manager
    if re.search(r"[:/]lxc[./]", groups):
        return "lxc"
    # a container without marks: its own root on an overlay whose layers name their engine
    overlay = re.search(
        r" / / .* - overlay overlay .*?/(docker|containers|containerd)/", raw.out("container.root")
    )
    return {"docker": "docker", "containers": "podman", "containerd": "docker"}[overlay[1]] if overlay else ""


def _virtual(raw: Raw) -> str:
    if _wsl(raw) == 2:
        return "microsoft"
    detected = raw.printed("container.detect").strip()
    if detected and raw.outcome("container.detect") == "read":
        return detected
    if detected == "none":  # it ends with 1 then
        return ""
    said = f"{raw.out('container.vendor').strip()} {raw.out('container.product').strip()}"
    for pattern, name in PRODUCTS:
        if re.search(pattern, said):
            return name
    if raw.out("container.hypervisor").strip() == "xen":
        return "xen"
    lscpu = fields(raw.out("cpu.lscpu"))
    vendor = lscpu.get("Hypervisor vendor", "").lower()
    if vendor:
        return vendor
    if raw.sysctl().get("kern.hv_vmm_present") == "1":
        return "apple"
    return "unknown" if " hypervisor" in fields(raw.out("cpu.cpuinfo")).get("flags", "") else ""


def _wsl(raw: Raw) -> int:
    """Return WSL's generation: 1 calls itself `4.4.0-NUMBER-Microsoft`, 2 has a real kernel."""
    version = raw.out("container.version") or str(raw.mapping("platform.system").get("release") or "")
    if "microsoft" not in version.lower():
        return 0
    return 1 if re.search(r"\b4\.4\.0-\d+-Microsoft\b", version) else 2
