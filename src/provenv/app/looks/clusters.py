"""The declared clusters, asked through kubectl with the user's own configuration."""

from __future__ import annotations

import base64
import binascii
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ... import environ
from ...diagnosis.ground import Ground
from ...errors import Failure
from ...hosts.certificate import from_pem
from ...hosts.reach import side_by_side
from ...model.outside import Cluster, ClusterState, NodeResource, Quota
from ...model.spec import Spec, Target
from ..project import Project
from .known import known
from .tokens import jwt_end

ANSWER = "2s"
LIMIT = 3.0
TOGETHER = 3.2
RESOURCE = re.compile(
    r"(nvidia\.com/(gpu|mig-)|amd\.com/gpu|gpu\.intel\.com/|huawei\.com/Ascend|google\.com/tpu|aliyun\.com/gpu"
    r"|tencent\.com/|habana\.ai/|aws\.amazon\.com/neuron)"
)
QUOTA = re.compile(r"(requests|limits)\.(.+)")
BY_ACCELERATOR: Mapping[str, str] = {
    "cuda": "nvidia.com/gpu",
    "rocm": "amd.com/gpu",
    "xpu": "gpu.intel.com/i915",
    "ascend": "huawei.com/Ascend910",
    "tpu": "google.com/tpu",
}
# what discovery and clouds write on nodes that have a GPU, whether or not a device plugin runs there
GPU_LABELS = (
    *(
        "nvidia.com/gpu.present",
        "feature.node.kubernetes.io/pci-10de.present",
        "cloud.google.com/gke-accelerator",
    ),
    *("k8s.amazonaws.com/accelerator", "accelerator", "amd.com/gpu.family"),
)
SAID: tuple[tuple[ClusterState, re.Pattern[str]], ...] = (
    (
        "login",
        re.compile(
            r"logged in to the server|Unauthorized|getting credentials|exec plugin|token.*expired",
            re.I,
        ),
    ),
    ("forbidden", re.compile(r"forbidden", re.I)),
    ("tls", re.compile(r"x509|certificate|tls:", re.I)),
    ("timeout", re.compile(r"i/o timeout|deadline exceeded|Client\.Timeout|request canceled", re.I)),
    (
        "unreachable",
        re.compile(r"refused|no such host|no route|unreachable|Unable to connect|EOF|lookup ", re.I),
    ),
    ("no-context", re.compile(r"context .* does not exist|no context exists|current-context", re.I)),
)


def look(project: Project) -> Ground:
    """Ask each declared Kubernetes target; nothing where there is none."""
    about = known(project)
    targets = about.targets("kubernetes")
    if not targets or about.spec is None:
        return Ground(clusters=())
    if shutil.which("kubectl", path=environ.read(environ.PATH, project.environment)) is None:
        return Ground(clusters=tuple(Cluster(one.name, "no-kubectl") for one in targets))
    asked = [partial(_cluster, project, about.spec, one) for one in targets]
    found = side_by_side(asked, limit=TOGETHER)
    return Ground(
        clusters=tuple(
            one or Cluster(target.name, "timeout") for target, one in zip(targets, found, strict=True)
        )
    )


def _cluster(project: Project, spec: Spec, target: Target) -> Cluster:
    named = str(target.options.get("context") or "")
    chosen = ("--context", named) if named else ()
    config, wrong = _said(project, "config", "view", "--raw", "--minify", *chosen)
    contexts = tuple(_names(project))
    if not config or not config.get("clusters"):
        state: ClusterState = "no-context" if contexts else "no-config"
        return Cluster(target.name, state, named, contexts, detail=wrong)
    context = _first(config, "contexts").get("context") or {}
    namespace = str(target.options.get("namespace") or context.get("namespace") or "default")
    server = str((_first(config, "clusters").get("cluster") or {}).get("server") or "")
    ends = _ends(_first(config, "users").get("user") or {})
    ask = partial(_said, project)
    limits = (*chosen, f"--request-timeout={ANSWER}")
    questions = (
        partial(ask, "get", "nodes", *limits),
        partial(ask, "get", "resourcequotas", "--namespace", namespace, *limits),
        partial(ask, "get", "pods", "--all-namespaces", "--field-selector=status.phase=Running", *limits),
    )
    nodes, quotas, pods = side_by_side(questions, limit=LIMIT)
    listed, wrong = nodes or ({}, "timeout")
    state = "ready" if listed else _state(wrong)
    if not listed and state == "forbidden" and quotas and quotas[0]:
        state = "ready"  # a user of a namespace may not list nodes, and need not
    return Cluster(
        target.name,
        state,
        named or str(config.get("current-context") or ""),
        contexts,
        namespace,
        server,
        wrong if state != "ready" else "",
        len(_items(listed)) if listed else None,
        sum(1 for one in _items(listed) if set(GPU_LABELS) & set(_labels(one))),
        tuple(_resources(_items(listed), _items(pods[0]) if pods and pods[0] else None)) if listed else None,
        tuple(_quotas(_items(quotas[0]) if quotas else [])),
        tuple(_requested(spec, target)),
        time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(ends)) if ends else "",
        ends is not None and ends < time.time(),
    )


def _said(project: Project, *words: str) -> tuple[Mapping[str, Any], str]:
    """Return what kubectl answers as a document, or its last words. None of the configuration is kept."""
    try:
        done = project.host.exec(
            ["kubectl", *words, "--output", "json"], environment=project.environment, limit=LIMIT
        )
    except Failure:
        return {}, ""
    if done.timed_out:
        return {}, "timeout: deadline exceeded"
    if done.code != 0:
        lines = [line for line in done.err.splitlines() if line.strip()]
        return {}, (lines[-1] if lines else "")[:300]
    try:
        said = json.loads(done.out)
    except ValueError:
        return {}, ""
    return (said, "") if isinstance(said, dict) else ({}, "")


def _names(project: Project) -> Iterator[str]:
    try:
        done = project.host.exec(
            ["kubectl", "config", "get-contexts", "--output", "name"],
            environment=project.environment,
            limit=LIMIT,
        )
    except Failure:
        return
    yield from (line.strip() for line in done.out.splitlines() if line.strip())


def _state(words: str) -> ClusterState:
    return next((state for state, pattern in SAID if pattern.search(words)), "failed")


def _first(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    listed = document.get(name)
    return listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}


def _items(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = document.get("items")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _labels(node: Mapping[str, Any]) -> Mapping[str, str]:
    found = (node.get("metadata") or {}).get("labels")
    return found if isinstance(found, dict) else {}


def _ends(user: Mapping[str, Any]) -> float | None:
    """Return when a user's certificate or token ends; None where nothing says it (a program brings it)."""
    data, path = user.get("client-certificate-data"), user.get("client-certificate")
    content = b""
    try:
        if data:
            content = base64.b64decode(str(data))
        elif path:
            with open(str(path), "rb") as file:
                content = file.read(1 << 20)
    except (OSError, ValueError, binascii.Error):
        content = b""
    found = from_pem(content)
    return found[0].ends if found else jwt_end(str(user.get("token") or ""))


def _resources(
    nodes: list[Mapping[str, Any]], pods: list[Mapping[str, Any]] | None
) -> Iterator[NodeResource]:
    """Yield the accelerators of nodes that take pods."""
    counts: dict[str, list[int]] = {}
    for node in nodes:
        if (node.get("spec") or {}).get("unschedulable"):
            continue
        allocatable = (node.get("status") or {}).get("allocatable") or {}
        for name, count in allocatable.items():
            if RESOURCE.match(name) and str(count).isdecimal() and int(count):
                counts.setdefault(name, []).append(int(count))
    for name, each in sorted(counts.items()):
        used = None if pods is None else sum(_asked_by(pod, name) for pod in pods)
        yield NodeResource(name, sum(each), len(each), max(each), used)


def _asked_by(pod: Mapping[str, Any], name: str) -> int:
    containers = (pod.get("spec") or {}).get("containers") or []
    limits = ((one.get("resources") or {}).get("limits") or {} for one in containers)
    return sum(int(one[name]) for one in limits if str(one.get(name, "")).isdecimal())


def _quotas(found: list[Mapping[str, Any]]) -> Iterator[Quota]:
    for one in found:
        status = one.get("status") or {}
        hard, used = status.get("hard") or {}, status.get("used") or {}
        for key, value in sorted(hard.items()):
            match = QUOTA.fullmatch(key)
            if match and RESOURCE.match(match[2]) and str(value).isdecimal():
                spent = str(used.get(key, "0"))
                name = str((one.get("metadata") or {}).get("name") or "")
                yield Quota(name, match[2], int(value), int(spent) if spent.isdecimal() else 0)


def _requested(spec: Spec, target: Target) -> Iterator[tuple[str, int]]:
    """Yield what the target asks for: `resources`, or `gpus` of its accelerator's kind; else one of that."""
    resources = target.options.get("resources")
    if isinstance(resources, Mapping):
        for name, count in resources.items():
            if RESOURCE.match(str(name)) and str(count).isdecimal():
                yield str(name), int(str(count))
        return
    kind = BY_ACCELERATOR.get(str(target.options.get("accelerator") or spec.accelerator))
    gpus = target.options.get("gpus")
    if isinstance(gpus, int) and gpus > 0:
        yield kind or "nvidia.com/gpu", gpus
    elif kind:
        yield kind, 1
