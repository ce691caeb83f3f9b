"""`render sbatch`: the script of a run, to be read, kept, and submitted by hand."""

from __future__ import annotations

from ...errors import Exit, Failure, Hint, problem, text
from ...model.launch import Asked as AskedRun
from ...model.rendered import Rendered
from ...model.spec import Spec
from ...render.sbatch import script
from ...targets.records import read_state
from ..launch import declared
from ..locking import lock_path
from ..project import Project
from ..render import Asked, written
from . import batch
from .target import options_of


def render_batch(project: Project, what: str, asked: Asked) -> Rendered:
    """Render the script of the declared run `asked.run`, or of the only one there is.

    Raises Failure: PV1398 for a target that is no cluster, PV1399 where it isn't said which run, PV721 where
    nothing was built yet, and as `render.written` does.
    """
    spec = project.spec()
    options = options_of(project, spec)
    number = read_state(project.layout).current
    if number is None:
        hints = (Hint(None, f"provenv up --on {project.target}"),)
        raise Failure(problem("PV721", target=project.target, hints=hints))
    name = asked.run or _only(spec, project.target)
    argv = declared(spec, name, ())
    made = batch.wanted(
        project, spec, options, number, argv, name=name, asked=AskedRun(), place=batch.Place()
    )
    return written(spec, lock_path(project, None), what, script(made), asked)


def _only(spec: Spec, target: str) -> str:
    if len(spec.runs) == 1:
        return next(iter(spec.runs))
    hints = tuple(
        Hint(None, f"provenv render sbatch --on {target} {name}") for name in list(spec.runs)[:3]
    ) or (Hint(text("PV1399.hint")),)
    raise Failure(problem("PV1399", n=len(spec.runs), file=spec.file, hints=hints), exit_code=Exit.USAGE)
