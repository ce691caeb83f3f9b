"""provenv: one declared file makes a proven AI development environment on any place.

The same use cases as the commands, as functions on a project:

    import provenv

    project = provenv.open_project(Path("digits"))
    result = provenv.up(project)          # raises provenv.Failure
    assert result.generation.proof == "passed"

Everything is imported when it is first named, so that `import provenv` costs nothing.
"""

from __future__ import annotations

from .lazy import load
from .version import __version__

TYPE_CHECKING = False  # as `typing` has it, which would cost every start two milliseconds
if TYPE_CHECKING:
    from typing import Any

    from .app.build import plan as make_plan
    from .app.clean import rollback
    from .app.history import history
    from .app.locking import lock as make_lock
    from .app.locking import why
    from .app.machine import facts_of as read_facts
    from .app.project import Project, open_project
    from .app.prove import prove
    from .app.status import status
    from .app.up import up
    from .errors import Failure, Problem, Text

__all__ = [
    "Failure",
    "Problem",
    "Project",
    "Text",
    "__version__",
    "history",
    "make_lock",
    "make_plan",
    "open_project",
    "prove",
    "read_facts",
    "rollback",
    "status",
    "up",
    "why",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'provenv' has no attribute {name!r}")
    value = globals()[name] = load(f"api.{name}")
    return value
