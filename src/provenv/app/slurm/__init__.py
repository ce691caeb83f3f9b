"""The use cases of clusters behind Slurm."""
