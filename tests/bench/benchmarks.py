"""Runs benchmark groups and prints a table, or JSON lines. See tests/bench/run --help."""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent.parent / "deploy"))

import agent_costs
import checkins
import enroll_client
import enrollment
import goals
import idle_memory
import renewal_latency
import scan_speed

GROUPS = {"main": [renewal_latency.renewal_latency, idle_memory.agent_idle_pss,
                   checkins.checkin_new_connection, checkins.checkin_resumed],
          "enrollment": [enrollment.ces_renewal_cpu_kept, enrollment.ces_renewal_cpu_new,
                         enrollment.ces_renewals_per_second, enrollment.getpolicies, enrollment.enrollment_rss_mb,
                         enroll_client.enroll_client_ms, enroll_client.enroll_client_peak_mb],
          "agent": [agent_costs.idle_cpu_percent, agent_costs.start_ms, agent_costs.renewal_cpu_ms,
                    scan_speed.scan_first, scan_speed.scan_again, scan_speed.scan_peak_mb]}


NOT_RUN, WRONG_USE, GOAL_MISSED = 1, 2, 3


def summarise(name, unit, peer, pairs, **more):
    """pairs: (ours, peer's), each measured one after the other."""
    ratios = [ours / theirs for ours, theirs in pairs]
    middle = statistics.median(ratios)
    return {"name": name, "value": round(statistics.median(p[0] for p in pairs), 4), "unit": unit, "peer": peer,
            "peer_value": round(statistics.median(p[1] for p in pairs), 4),
            "ratio": round(statistics.median(p[0] for p in pairs) / statistics.median(p[1] for p in pairs), 3),
            "runs": len(pairs), "spread": round((max(ratios) - min(ratios)) / middle, 3), **more}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--programs", required=True)
    parser.add_argument("groups", nargs="*")
    options = parser.parse_args()
    everything = {function.__name__: function for group in GROUPS.values() for function in group}
    chosen = []
    for name in options.groups or ["main"]:
        if name not in GROUPS and name not in everything:
            print(f"no group or benchmark {name}; groups: {', '.join(GROUPS)}", file=sys.stderr)
            return WRONG_USE
        chosen += GROUPS.get(name) or [everything[name]]
    failed = missed = False
    if not options.json:
        print(f"{'benchmark':<24} {'value':>10} {'unit':<10} {'peer':<28} {'peer value':>10} {'ratio':>6} {'runs':>4} {'spread':>6}  goal")
    for function in chosen:
        folder = Path(tempfile.mkdtemp(prefix="perennial-bench-"))
        try:
            row = goals.judged(summarise(function.__name__, **function(folder, Path(options.programs))))
        except Exception as error:  # a benchmark that does not run is told, and the others go on
            print(f"{function.__name__}: {error}", file=sys.stderr)
            failed = True
            continue
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        missed = missed or not row["met"]
        if options.json:
            print(json.dumps(row), flush=True)
        else:
            print(f"{row['name']:<24} {row['value']:>10} {row['unit']:<10} {row['peer']:<28} {row['peer_value']:>10} "
                  f"{row['ratio']:>6} {row['runs']:>4} {row['spread']:>6}  {row['goal']}{'' if row['met'] else ': MISSED'}", flush=True)
    return NOT_RUN if failed else GOAL_MISSED if missed else 0


if __name__ == "__main__":
    sys.exit(main())
