"""A service that has to be started anew to read its files again, under who does that for it: what systemd is elsewhere."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from .processes import Process


class Restarted(Process):
    """SIGHUP to the process of the pid file is `try-restart`."""
    pid_file = "restarted.pid"

    def __init__(self, name, arguments, folder, environment=None):
        super().__init__(name, [os.path.realpath(sys.executable), "-m", "lab.restarted", Path(folder) / self.pid_file, *arguments],
                         folder, {"PYTHONPATH": Path(__file__).resolve().parent.parent, **(environment or {})})


def main(pid_file, *command):
    asked = {signal.SIGHUP, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, asked)
    Path(pid_file).write_text(f"{os.getpid()}\n")
    while True:
        service = subprocess.Popen(command, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, asked))
        told = signal.sigwait(asked)
        service.terminate()
        service.wait()
        if told == signal.SIGTERM:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
