"""What the agent costs a host: processor time while nothing happens, start to ready, processor time of a renewal."""

import json
import os
import socket
import statistics
import subprocess
import time
from pathlib import Path

from bench_lab import BenchLab
from idle_memory import SLOTS, start_with_slots
from lab.processes import LabError, wait_until

IDLE_SECONDS = 120
STARTS = 9
RENEWALS = 12
IDLE_SAMPLE_SECONDS = 20
TICK = 1000 / os.sysconf("SC_CLK_TCK")  # milliseconds


def idle_cpu_percent(folder, programs):
    """Percent of one processor, all long-lived agent programs together, with 40 slots and nothing to do."""
    checkin = {"checkin": "60s", "plan": "1s", "silent_after": "10m"}  # the controller's default
    with BenchLab(folder, programs, intervals=checkin) as ours:
        start_with_slots(ours)
        time.sleep(5)
        pids = (ours.agent.process.pid, ours.agent.installer.pid)
        before = sum(running_ns(pid) for pid in pids)
        time.sleep(IDLE_SECONDS)
        spent = sum(running_ns(pid) for pid in pids) - before
        return {"unit": "% of a core", "peer": "a limit", "pairs": [(spent / 1e7 / IDLE_SECONDS, 0.05)],
                "note": f"{IDLE_SECONDS} s, {SLOTS} slots, a check-in each minute"}


def start_ms(folder, programs):
    """From exec of an agent that has joined and has a slot to its first answer to `status`."""
    with BenchLab(folder, programs) as ours:
        ours.start_agent()
        ours.heard("certificate.discovered")
        pairs = []
        for number in range(STARTS + 1):
            ours.agent.process.stop()
            ours.agent.socket.unlink(missing_ok=True)
            begun = time.monotonic()
            ours.agent.launch()
            while not answers_status(ours.agent.socket):
                if time.monotonic() - begun > 20:
                    raise LabError("the agent does not answer")
                time.sleep(0.001)
            if number > 0:  # the first one fills the page cache
                pairs.append(((time.monotonic() - begun) * 1000, 100))
        return {"unit": "ms", "peer": "a limit", "pairs": pairs}


def renewal_cpu_ms(folder, programs):
    """Processor time of agent, enroller, installer and scanner for one renewal (PEM, nginx), waiting not counted.

    More than is asked for: the handshakes with CEP, CES and nginx, the new key and the scan that follows are in it. Taken
    off are nginx's own programs (-t and -s reload), which the installer waits for, and what the agent does anyway: the lab's
    controller wants a check-in a second, where one a minute is usual.
    """
    with BenchLab(folder, programs) as ours:
        ours.start_agent(intervals={"scan": "1h", "retry": "1s", "unanswered": "30m"})
        ours.heard("certificate.discovered")
        renew(ours)
        spent, seconds = [], []
        for _ in range(RENEWALS):
            begun, before = time.monotonic(), spent_ms(ours)
            renew(ours)
            spent.append(spent_ms(ours) - before)
            seconds.append(time.monotonic() - begun)
        actions = nginx_actions_ms(ours)
        idle = idle_ms_per_second(ours) * statistics.mean(seconds)
        mean = statistics.mean(spent) - actions - idle
        return {"unit": "ms", "peer": "a limit", "pairs": [(mean, 30)],
                "note": f"mean of {RENEWALS}; taken off: nginx -t and -s reload {actions:.1f} ms, check-ins {idle:.1f} ms"}


def renew(bench):
    slot = bench.controller.ask("certificates")["items"][0]
    order = bench.controller.ask("renew", slot["agent_id"], slot["slot_id"])["order_id"]
    completed = bench.heard("renewal.completed", order)
    wait_until(lambda: bench.controller.ask("certificates")["items"][0]["serial"] == completed["certificate"]["serial"],
               "the inventory shows the new certificate")


def spent_ms(bench):
    """Of both programs, and of their children that have ended and were waited for."""
    time.sleep(0.5)  # the last children end
    total = 0
    for pid in (bench.agent.process.pid, bench.agent.installer.pid):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total * TICK


def nginx_actions_ms(bench):
    action = bench.nginx.reload_action()
    before = os.times()
    for _ in range(10):
        for step in ("check", "run"):
            subprocess.run([str(word) for word in action[step]], check=True, capture_output=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) * 100


def idle_ms_per_second(bench):
    before = spent_ms(bench)
    time.sleep(IDLE_SAMPLE_SECONDS)
    return (spent_ms(bench) - before) / IDLE_SAMPLE_SECONDS


def running_ns(pid):
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def answers_status(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
        try:
            asked.connect(str(path))
            asked.send(json.dumps({"command": "status"}).encode())
            return bool(asked.recv(1 << 20))
        except OSError:
            return False
