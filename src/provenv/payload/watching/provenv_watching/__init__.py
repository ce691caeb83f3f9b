"""Sees from within how a training goes on, and writes it down in the lines of `model/observed.py`.

Imported by `sitecustomize` alone, in the user's interpreter: standard library only, nothing imported that the
script might not import, and nothing that fails here reaches the script.
"""

import os

from . import imports, process, stacks


def begin():
    """Begin to watch this process: claim the file, register the dump of stacks, wait for frameworks."""
    process.begin(os.environ["PROVENV_RUN_SEEN"])
    stacks.register()
    imports.watch()
