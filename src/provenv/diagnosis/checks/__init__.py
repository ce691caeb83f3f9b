"""Doctor's checks: pure functions from what was looked at to findings, in one table.

A new check is a module with a function `(Ground) -> Iterator[Finding]` and a line in `table.py`.
"""
