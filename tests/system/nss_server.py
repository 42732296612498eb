"""selfserv, NSS's own TLS server, begun anew at SIGHUP: it reads its database only when it starts.

nss_server.py PORT FOLDER PASSWORD_FILE NICKNAME PID_FILE"""

import os
import signal
import subprocess
import sys

port, folder, password_file, nickname, pid_file = sys.argv[1:]


def start():
    return subprocess.Popen(["/usr/bin/selfserv", "-d", f"sql:{folder}", "-f", password_file, "-n", nickname,
                             "-p", port], stdout=subprocess.DEVNULL,
                            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, signals))


signals = {signal.SIGHUP, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
server = start()
with open(pid_file, "w") as file:
    file.write(str(os.getpid()))
while True:
    got = signal.sigwait(signals)
    server.kill()
    server.wait()
    if got == signal.SIGTERM:
        break
    server = start()
