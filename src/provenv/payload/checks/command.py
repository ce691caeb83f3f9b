"""A command of the user's own, run by the shell in the project's folder."""

import os
import signal
import subprocess


def run(options):
    os.chdir(options["folder"])
    if os.name == "posix":
        # Python ignores this signal, and what it starts would inherit that
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        # this process becomes the shell, so its end and its signals are the command's own
        os.execv("/bin/sh", ["/bin/sh", "-c", options["command"]])
    return {"code": subprocess.call(options["command"], shell=True)}
