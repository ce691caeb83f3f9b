"""What uv says when it fails, as a problem with its cause, its place and the nearest that works."""
