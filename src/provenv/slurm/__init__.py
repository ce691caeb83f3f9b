"""Slurm's programs: what they are asked and what they answer, with words for its reasons and refusals."""
