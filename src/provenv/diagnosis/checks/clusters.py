"""The declared clusters: configuration, answer, login, and whether what is asked for exists there."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...errors import Text, text, verbatim
from ...model.diagnosis import Advice
from ...model.findings import Finding
from ...model.outside import Cluster, NodeResource
from ..ground import Ground
from .common import advice, joined, targets

PLUGIN = "kubectl get daemonsets --all-namespaces"


def kubernetes(ground: Ground) -> Iterator[Finding]:
    """Yield what is wrong with each declared Kubernetes target."""
    assert ground.clusters is not None
    for cluster in ground.clusters:
        if cluster.expired:
            yield _expired(cluster)
        elif cluster.state != "ready":
            yield _unready(cluster)
        else:
            yield from _accelerators(cluster)
            yield from _quota(cluster)


def slurm(ground: Ground) -> Iterator[Finding]:
    """Yield a Slurm client whose controller does not answer."""
    assert ground.facts is not None
    found = ground.facts.slurm
    wanted = targets(ground, "slurm")
    if found.version and found.detail and not found.partitions:
        yield Finding(
            "slurm-silent",
            "cluster",
            "hurts" if wanted else "better",
            what=text("doctor.slurm.silent"),
            evidence=(verbatim(found.detail),),
            remedies=(
                advice(text("doctor.slurm.ping"), "scontrol ping"),
                advice(text("doctor.slurm.config"), "scontrol show config"),
            ),
            subject="slurm",
        )
    elif wanted and not found.version:
        yield Finding(
            "slurm-absent",
            "cluster",
            "hurts",
            what=text("doctor.slurm.absent", names=joined(one.name for one in wanted)),
            remedies=(advice(text("doctor.slurm.login")),),
            subject="slurm",
        )


def _expired(cluster: Cluster) -> Finding:
    return Finding(
        "cluster-login",
        "cluster",
        "hurts",
        what=text(
            "doctor.cluster.expired", target=cluster.target, context=cluster.context, until=cluster.until
        ),
        evidence=(verbatim(cluster.detail),) if cluster.detail else (),
        remedies=tuple(_login(cluster)),
        subject=cluster.target,
    )


def _unready(cluster: Cluster) -> Finding:
    state = cluster.state.replace("-", "_")
    shown = cluster.context or "-"
    evidence: list[Text] = [verbatim(cluster.detail)] if cluster.detail else []
    if cluster.state == "no-context":
        evidence.append(text("doctor.cluster.contexts", names=joined(cluster.contexts, 8)))
    names = {"login": "cluster-login", "no-context": "cluster-context", "no-config": "cluster-context"}
    return Finding(
        names.get(cluster.state, "cluster-unreachable"),
        "cluster",
        "hurts",
        what=text(
            f"doctor.cluster.{state}", target=cluster.target, context=shown, server=cluster.server or "-"
        ),
        evidence=tuple(evidence),
        remedies=tuple(_mended(cluster)),
        subject=cluster.target,
    )


def _mended(cluster: Cluster) -> Iterator[Advice]:
    context = f" --context {shlex.quote(cluster.context)}" if cluster.context else ""
    if cluster.state == "no-kubectl":
        yield advice(text("doctor.cluster.install"))
    elif cluster.state == "no-config":
        yield advice(text("doctor.cluster.get_config"))
    elif cluster.state == "no-context":
        first = cluster.contexts[0] if cluster.contexts else "NAME"
        yield advice(text("doctor.cluster.use"), f"kubectl config use-context {shlex.quote(first)}")
    elif cluster.state == "login":
        yield from _login(cluster)
    elif cluster.state == "forbidden":
        yield advice(
            text("doctor.cluster.may"), f"kubectl auth can-i --list --namespace {cluster.namespace}{context}"
        )
    else:
        yield advice(text("doctor.cluster.try"), f"kubectl cluster-info --request-timeout=10s{context}")


def _login(cluster: Cluster) -> Iterator[Advice]:
    server = cluster.server.lower()
    context = shlex.quote(cluster.context)
    if "eks.amazonaws.com" in server:
        yield advice(text("doctor.cluster.login_again"), "aws sso login")
    elif "azmk8s.io" in server:
        yield advice(text("doctor.cluster.login_again"), "az login")
    elif cluster.context.startswith("gke_"):
        yield advice(text("doctor.cluster.login_again"), "gcloud auth login")
    else:
        yield advice(text("doctor.cluster.renew"))
    yield advice(text("doctor.cluster.whoami"), f"kubectl auth whoami --context {context}")


def _accelerators(cluster: Cluster) -> Iterator[Finding]:
    if cluster.resources is None:
        return
    there = {one.name: one for one in cluster.resources}
    for name, count in cluster.requested:
        found = there.get(name)
        said = _lacking(cluster, name, count, found)
        if said is None:
            continue
        yield Finding(
            "cluster-gpu",
            "cluster",
            "hurts",
            what=said,
            why=text("doctor.cluster.plugin.why") if found is None and cluster.gpu_labelled else None,
            evidence=tuple(_shown(one) for one in cluster.resources),
            remedies=tuple(_found(cluster, found, name)),
            subject=f"{cluster.target} {name}",
            cause="k8s-insufficient-gpu",
        )


def _lacking(cluster: Cluster, name: str, count: int, found: NodeResource | None) -> Text | None:
    """Return what is wrong with a request; None where it can be met."""
    if found is None and cluster.gpu_labelled:
        return text("doctor.cluster.plugin", target=cluster.target, resource=name, n=cluster.gpu_labelled)
    if found is None:
        return text("doctor.cluster.none", target=cluster.target, resource=name, n=cluster.nodes or 0)
    if count > found.largest:
        return text(
            "doctor.cluster.too_many", target=cluster.target, resource=name, count=count, most=found.largest
        )
    if found.used is not None and found.allocatable - found.used < count:
        return text(
            "doctor.cluster.taken",
            target=cluster.target,
            resource=name,
            used=found.used,
            total=found.allocatable,
        )
    return None


def _shown(one: NodeResource) -> Text:
    used = "?" if one.used is None else str(one.used)
    return text("doctor.cluster.resource", name=one.name, n=one.nodes, total=one.allocatable, used=used)


def _found(cluster: Cluster, found: NodeResource | None, name: str) -> Iterator[Advice]:
    context = f" --context {shlex.quote(cluster.context)}" if cluster.context else ""
    column = name.replace(".", "\\.")
    columns = f"NAME:.metadata.name,COUNT:.status.allocatable.{column}"
    nodes = f"kubectl get nodes{context} -o custom-columns={shlex.quote(columns)}"
    if found is None and cluster.gpu_labelled:
        yield advice(text("doctor.cluster.plugin.look"), f"{PLUGIN}{context}")
        yield advice(text("doctor.cluster.plugin.install"))
    yield advice(text("doctor.cluster.nodes"), nodes)


def _quota(cluster: Cluster) -> Iterator[Finding]:
    for quota in cluster.quotas:
        wanted = dict(cluster.requested).get(quota.resource, 0)
        named = f"{shlex.quote(quota.name)} --namespace {shlex.quote(cluster.namespace)}"
        if wanted and quota.hard - quota.used < wanted:
            yield Finding(
                "cluster-quota",
                "cluster",
                "hurts",
                what=text(
                    "doctor.cluster.quota",
                    target=cluster.target,
                    namespace=cluster.namespace,
                    resource=quota.resource,
                    used=quota.used,
                    hard=quota.hard,
                ),
                remedies=(
                    advice(
                        text("doctor.cluster.quota.look"),
                        f"kubectl describe resourcequota {named}",
                    ),
                ),
                subject=f"{cluster.target} {quota.name}",
                cause="k8s-insufficient-gpu",
            )
