"""Child processes that are stopped by pid, and waiting that always ends."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path


surroundings = {}  # what every Process has in its environment, beside its own
held_ports = []  # sockets whose abstract names say which ports are taken


class LabError(Exception):
    """Something in the lab did not do what it should; the text says what, and where its output is."""


def free_port():
    """Below the ports that the kernel gives to callers, and given once among all labs that run: until their processes end."""
    callers = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    lowest = min(10000, callers // 2)
    for _ in range(1000):
        port = random.randrange(lowest, callers)
        held = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind(f"\0perennial-lab-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                held.close()
                continue
        held_ports.append(held)
        return port
    raise LabError("no free port")


def wait_until(condition, what, seconds=30.0, every=0.02):
    """Returns the condition's first true value; LabError when it stays false."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(every)


def answers(port):
    for host in ("127.0.0.1", "::1"):
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            pass
    return False


def listens(path):
    """Whether somebody listens at a SEQPACKET socket: its file is there a moment earlier."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(str(path))
            return True
        except OSError:
            return False


def run(arguments, check=True, **options):
    """Runs to the end; the error carries what the program said."""
    options.setdefault("timeout", 60)
    done = subprocess.run([str(a) for a in arguments], text=True, capture_output=True, **options)
    if check and done.returncode != 0:
        raise LabError(f"{arguments[0]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done


class Process:
    """One long-running program; its output goes to a file of the lab."""

    def __init__(self, name, arguments, folder, environment=None, user=None):
        self.name = name
        self.output = Path(folder) / f"{name}.log"
        extra = {"user": user[0], "group": user[1], "extra_groups": list(user[2:])} if user else {}
        with open(self.output, "ab") as out:
            self.child = subprocess.Popen(
                [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **surroundings, **(environment or {})},
                start_new_session=True, **extra)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def wait_for(self, condition, what, seconds=30.0):
        def ready():
            if not self.running():
                raise LabError(f"{self.name} ended with {self.child.returncode}: {self.tail()}")
            return condition()
        return wait_until(ready, f"{self.name}: {what} (see {self.output})", seconds)

    def wait_for_port(self, port, seconds=30.0):
        self.wait_for(lambda: answers(port), f"listens on {port}", seconds)

    def tail(self, size=2000):
        return self.output.read_text(errors="replace")[-size:].strip() if self.output.exists() else ""

    def send(self, number):
        if self.running():
            os.kill(self.child.pid, number)

    def stop(self, seconds=10.0):
        self.send(signal.SIGTERM)
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """As a power cut: SIGKILL to it and its children."""
        if self.running():
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(10)
