"""Doctor's checks: pure functions from what was looked at to findings, in one table.

A new check is a module with a function `(Ground) -> Iterator[Finding]`, a line in `inside.py` or
`outside.py`, and the ids of its findings in `ids.py`.
"""
