"""The fact `kubernetes`: kubectl's configuration: names of contexts, nothing secret, no call to a cluster."""

from __future__ import annotations

from ..model.services import Kubernetes
from .raw import Raw

# only names leave the machine: the configuration holds tokens too
TEMPLATE = (
    'jsonpath={.current-context}{"\\n"}{range .contexts[*]}{.name}{"\\t"}{.context.namespace}{"\\n"}{end}'
)

ASKS: list[dict[str, object]] = [
    {
        "name": "kubernetes.config",
        "kind": "command",
        "argv": ["kubectl", "config", "view", "-o", TEMPLATE],
        "systems": ["linux", "darwin", "win32"],
    }
]


def read(raw: Raw) -> Kubernetes:
    """Return the context in use, all contexts, and the namespace that the one in use names."""
    return names(raw.out("kubernetes.config"))


def names(printed: str) -> Kubernetes:
    """Read the template's output: the context in use, then `name<TAB>namespace` of each."""
    lines = printed.split("\n")
    context = lines[0].strip()
    contexts = [line.partition("\t") for line in lines[1:] if line.strip()]
    namespaces = {name.strip(): namespace.strip() for name, _, namespace in contexts}
    return Kubernetes(context, tuple(namespaces), namespaces.get(context, ""))
