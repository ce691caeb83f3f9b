"""The values that are handed between stages, and the protocols of progress and channel.

Frozen dataclasses, standard library only. Every value can be written as JSON
and read back (`codec`).
"""
