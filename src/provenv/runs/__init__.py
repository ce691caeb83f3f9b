"""How a command runs in a proven environment: its variables, its signals, its exit code."""
