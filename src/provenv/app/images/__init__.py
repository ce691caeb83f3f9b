"""Use cases of image targets: what `up`, `prove`, `run` and the others do where a target is an image."""
