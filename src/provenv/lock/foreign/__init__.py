"""Locks that other tools made: read, held against the machine, taken as they are."""
