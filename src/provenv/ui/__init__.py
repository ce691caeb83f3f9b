"""All that a user sees. `view.view(...)` is the one face, with a human and a JSON side."""
