"""One judge per check: raw numbers in, a Verdict out; tolerances stand here, with their sources."""
