"""The use cases: the only rooms that know the order of the stages."""
