"""What a Slurm target says, and the channel to Slurm's programs: those of this machine."""

from __future__ import annotations

from ...errors import Exit, Failure, Hint, problem, text
from ...model.slurm import ClusterNode, SlurmOptions
from ...model.spec import Spec
from ...slurm.nodes import check, nodes
from ...spec.slurm import megabytes, slurm_options
from ..project import Project, find_target


def options_of(project: Project, declared: Spec) -> SlurmOptions:
    """Return what the project's target says. Raises Failure: PV703, PV1398 where it is no Slurm target."""
    target = find_target(project, declared)
    if target is None or target.kind != "slurm":
        known = ", ".join(name for name, one in declared.targets.items() if one.kind == "slurm")
        hint = Hint(text("PV1398.hint_others", known=known) if known else text("PV1398.hint"))
        raise Failure(problem("PV1398", target=project.target, hints=(hint,)), exit_code=Exit.USAGE)
    return slurm_options(target)


def possible(project: Project, options: SlurmOptions) -> tuple[ClusterNode, ...]:
    """Return the cluster's nodes, once it is sure that they have what is asked for."""
    found = nodes(project.host, project.environment)
    check(options, found, project.target, megabytes(options.memory) if options.memory else 0)
    return found


def gpus(options: SlurmOptions) -> int:
    """Return how many GPUs each node gives."""
    found = [one for one in options.resources if one.partition(":")[0] == "gpu"]
    return sum(int(one.rpartition(":")[2]) if one[-1].isdigit() and ":" in one else 1 for one in found)
