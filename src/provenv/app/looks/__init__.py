"""What doctor looks at beside the facts: each a function with effects that returns a value of `diagnosis.ground`.

They run side by side; each has a time limit of its own, and one that fails leaves its field empty.
"""
