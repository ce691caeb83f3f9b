"""What doctor looks at: each look a function with effects that fills fields of `diagnosis.ground.Ground`.

They run side by side; each has a time limit of its own, and one that fails leaves its fields empty.
A new look is a module with a function `(Project) -> Ground` and a line in `inside.py` or `outside.py`.
"""
