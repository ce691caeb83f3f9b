"""What Python imports by itself at its start: begins to watch a run, then makes way for the user's own.

Its folder is on PYTHONPATH of a launched run. It is taken off `sys.path` again, and the next `sitecustomize`
is run in its place, or Python is told that there is none: the script sees what it would have seen without us.
"""

import os
import sys


def _begin():
    if sys.version_info < (3, 10) or not os.environ.get("PROVENV_RUN_SEEN"):
        return
    try:
        import provenv_watching

        provenv_watching.begin()
    except Exception:  # whatever it is: the user's program must not suffer from it
        pass


def _leave(here):
    sys.path[:] = [one for one in sys.path if not one or os.path.abspath(one) != here]
    sys.path_importer_cache.pop(here, None)


def _next():
    """Run the `sitecustomize` that would have been found without us."""
    from _frozen_importlib import module_from_spec
    from _frozen_importlib_external import PathFinder

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        # site passes over just this error: there is none
        raise ModuleNotFoundError("No module named 'sitecustomize'", name="sitecustomize")
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_here = os.path.dirname(os.path.abspath(__file__))
_begin()
_leave(_here)
_next()
