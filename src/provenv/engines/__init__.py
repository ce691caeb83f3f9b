"""Container engines by their own clients: what each can do, how it is called, what its failures mean."""
