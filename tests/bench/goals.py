"""What each benchmark has to reach. A figure without a goal here is refused: see benchmarks.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    field: str  # of the row: ratio, value or growth
    words: str  # "at most", "at least" or "under"
    limit: float

    def met(self, row):
        figure = row[self.field]
        return {"at most": figure <= self.limit, "at least": figure >= self.limit, "under": figure < self.limit}[self.words]

    def __str__(self):
        return f"{self.field} {self.words} {self.limit:g}"


GOALS = {
    "renewal_latency": [Goal("ratio", "at most", 1.5)],
    "agent_idle_pss": [Goal("ratio", "at most", 1.2)],
    "checkin_new_connection": [Goal("ratio", "at least", 0.8)],
    "checkin_resumed": [Goal("ratio", "at least", 0.45)],
    "ces_renewal_cpu_kept": [Goal("ratio", "at most", 2)],
    "ces_renewal_cpu_new": [Goal("ratio", "at most", 2)],
    "ces_renewals_per_second": [Goal("ratio", "at least", 0.3)],
    "getpolicies": [Goal("ratio", "at least", 0.5)],
    "enrollment_rss_mb": [Goal("value", "under", 64), Goal("growth", "under", 2)],
    "enroll_client_ms": [Goal("value", "at most", 40)],
    "enroll_client_peak_mb": [Goal("value", "at most", 15)],
    "idle_cpu_percent": [Goal("value", "under", 0.05)],
    "start_ms": [Goal("value", "under", 100)],
    "renewal_cpu_ms": [Goal("value", "at most", 30)],
    "scan_first": [Goal("ratio", "at most", 1)],
    "scan_again": [Goal("ratio", "at most", 1.2)],
    "scan_peak_mb": [Goal("value", "under", 40)],
}


def judged(row):
    """The row with its goals in words, and whether all are met."""
    goals = GOALS[row["name"]]
    return {**row, "goal": ", ".join(map(str, goals)), "met": all(goal.met(row) for goal in goals)}
