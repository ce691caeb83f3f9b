"""Every way in: other tools' files, environments and plain code to a commented provenv.toml.

One module per format reads into a `Draft`; `writer` makes the file of what it
became. What cannot be carried over is named with its place and reason.
"""
