"""Commands on the hosts of a target: a program, a shell, files there and back."""
