"""How a container gets the devices that it lacks."""

from __future__ import annotations

from ...errors import Hint, text
from ...model.facts import Facts

OPTIONS = {
    "nvidia": "--gpus all",
    "amd": "--device=/dev/kfd --device=/dev/dri --group-add video",
    "intel": "--device=/dev/dri",
    "ascend": "--device=/dev/davinci0 --device=/dev/davinci_manager --device=/dev/hisi_hdc",
    "tpu": "--privileged",
}
CDI = "--device nvidia.com/gpu=all"


def hints(facts: Facts, vendor: str) -> tuple[Hint, ...]:
    """Return what to start the container with so that it sees the vendor's devices."""
    if facts.container.kind == "kubernetes":
        return (Hint(text("PV308.hint_pod")),)
    if vendor == "nvidia" and facts.container.kind == "podman":
        return (
            Hint(text("PV308.hint_container", options=CDI)),
            Hint(text("PV308.hint_cdi"), "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"),
        )
    found = [Hint(text("PV308.hint_container", options=OPTIONS[vendor]))]
    if vendor == "nvidia":
        found.append(Hint(text("PV308.hint_toolkit"), "sudo nvidia-ctk runtime configure --runtime=docker"))
    return tuple(found)
