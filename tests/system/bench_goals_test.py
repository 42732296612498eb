"""The benchmarks' own arithmetic: goals, the column that tells them, and the exit status. Nothing is measured."""

import contextlib
import io
import json
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

import benchmarks
import goals


def figure(name, value, peer=100.0, **more):
    def measure(folder, programs):
        return {"unit": "x", "peer": "p", "pairs": [(value, peer)], **more}
    measure.__name__ = name
    return measure


def broken(folder, programs):
    raise RuntimeError("the peer is not installed")


class Goals(unittest.TestCase):
    def run_bench(self, *figures, arguments=()):
        out = io.StringIO()
        with mock.patch.object(benchmarks, "GROUPS", {"main": list(figures)}), \
                mock.patch.object(sys, "argv", ["benchmarks.py", "--programs", "nowhere", *arguments]), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            return benchmarks.main(), out.getvalue()

    def test_every_benchmark_has_a_goal(self):
        """no benchmark without a goal, no goal without a benchmark"""
        named = {function.__name__ for group in benchmarks.GROUPS.values() for function in group}
        self.assertEqual(named, set(goals.GOALS))

    def test_status(self):
        """met is 0, missed is 3 and said in the goal's column, not run is 1 whatever else is missed"""
        good, bad = figure("ces_renewal_cpu_kept", 200.0), figure("ces_renewal_cpu_kept", 200.2)
        status, table = self.run_bench(good)
        self.assertEqual(status, 0)
        self.assertIn("ratio at most 2\n", table)
        status, table = self.run_bench(bad)
        self.assertEqual(status, 3)
        self.assertIn("ratio at most 2: MISSED\n", table)
        self.assertEqual(self.run_bench(bad, broken)[0], 1)
        self.assertEqual(self.run_bench(good, arguments=["none"])[0], 2)

    def test_each_way(self):
        """at most, at least, under; one of two goals missed is missed"""
        for row, met in ((figure("getpolicies", 50.0), True), (figure("getpolicies", 49.9), False),
                         (figure("enrollment_rss_mb", 63.9, growth=1.9), True),
                         (figure("enrollment_rss_mb", 64.0, growth=0.0), False),
                         (figure("enrollment_rss_mb", 30.0, growth=2.0), False)):
            status, lines = self.run_bench(row, arguments=["--json"])
            self.assertEqual((status, json.loads(lines)["met"]), (0 if met else 3, met), lines)


if __name__ == "__main__":
    unittest.main()
