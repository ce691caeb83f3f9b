"""Environments on the hosts of a target: what is built, switched and looked at on each."""
