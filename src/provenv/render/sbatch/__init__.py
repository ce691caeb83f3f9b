"""A run as a script for sbatch that a person can read, and that needs nothing of provenv on the nodes."""

from .script import script as script
from .wanted import NodeCopy as NodeCopy
from .wanted import Wanted as Wanted
