"""How a plan is carried out on a target, and what the target keeps on disk."""
