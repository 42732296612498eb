"""Proportional memory of all long-lived agent processes, idle with 40 slots, against certmonger tracking 40."""

import json
import time
from pathlib import Path

from bench_lab import BenchLab
from certmonger import Certmonger
from lab.processes import run, wait_until

SLOTS = 40
SAMPLES = 3


def agent_idle_pss(folder, programs):
    with BenchLab(folder, programs) as ours:
        start_with_slots(ours)
        certmonger = Certmonger(ours.lab)
        certmonger.start()
        for number in range(SLOTS):
            certmonger.request(f"p{number}.example.test", certmonger.folder / f"certs/p{number}.pem",
                               certmonger.folder / f"certs/p{number}.key")
        pairs = []
        time.sleep(3)
        for _ in range(SAMPLES):
            mine = pss(ours.agent.process.pid) + pss(ours.agent.installer.pid)
            pairs.append((mine / 1024, pss(certmonger.process.pid) / 1024))
            time.sleep(1)
        return {"unit": "MiB PSS", "peer": "certmonger, 40 certificates", "pairs": pairs}


def start_with_slots(bench):
    more = bench.nginx.tls / "more"
    more.mkdir(mode=0o755)
    for number in range(SLOTS - 1):
        bench.enrollment.issue_test(more / f"c{number}.pem", more / f"c{number}.key", f"c{number}.example.test",
                                    valid_from="-1d")
    bench.start_agent(sources=[{"kind": "nginx", "config": bench.nginx.config},
                               {"kind": "files", "folders": [more]}],
                      intervals={"scan": "1h", "retry": "1m", "unanswered": "30m"})
    wait_until(lambda: _slots(bench) == SLOTS, f"{SLOTS} slots are found")


def _slots(bench):
    done = run([bench.lab.program("perennial-agent"), "status", "--config", bench.agent.config, "--json"], check=False)
    return json.loads(done.stdout)["slots"] if done.returncode == 0 else 0


def pss(pid):
    """KiB of the process and its children."""
    total = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            total += int(line.split()[1])
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            total += pss(child)
    return total
