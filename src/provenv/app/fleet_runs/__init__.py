"""`run` on the hosts of a target: launched on each, watched from here, recorded here."""
