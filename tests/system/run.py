"""Runs the system tests: the built programs with real nginx, rsyslog and git.

    python3 tests/system/run.py [--programs DIR] [--jobs N] [NAME...]      NAME: part of a test's name

Each class runs in a process of its own, N at a time: most of a test is waiting for somebody.
"""

import argparse
import concurrent.futures
import re
import subprocess
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent.parent / "deploy"))


COUNTED = r"tests: (-?\d+) passed, (\d+) failed, (\d+) skipped"
LONGEST = "host_life_test"  # begun first, or the others wait for it


class Told(unittest.TextTestResult):
    """One line a test, with its time."""

    begun = time.monotonic()  # of what fails before a test begins

    def startTest(self, test):
        self.begun = time.monotonic()
        super().startTest(test)

    def _tell(self, word, test, why=""):
        name = test.shortDescription() or str(test)
        print(f"  {word:<7} {time.monotonic() - self.begun:6.1f}s  {name}{why}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._tell("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._tell("FAILED", test)

    def addError(self, test, error):
        super().addError(test, error)
        self._tell("ERROR", test)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._tell("FAILED", subtest, f" ({str(subtest).split(' ', 1)[-1]})")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell("skipped", test, f" ({reason})")


def every_test(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from every_test(item)
        else:
            yield item


def run_class(tests):
    """All of it in this process."""
    runner = unittest.TextTestRunner(resultclass=Told, stream=sys.stderr, verbosity=0)
    result = runner.run(unittest.TestSuite(tests))
    # Rows of one test that fail are one failed test.
    failed = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    return result.testsRun - failed - len(result.skipped), failed, len(result.skipped)


def run_apart(name, options):
    """One class in its own process: what it said, and its counts."""
    command = [sys.executable, __file__, "--programs", options.programs, "--class", name, *options.names]
    done = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said, _, last = done.stdout.rstrip("\n").rpartition("\n")
    counts = re.fullmatch(COUNTED, last)
    if not counts:  # it died
        return f"{done.stdout}{name}: ended with {done.returncode}\n", (0, 1, 0)
    if counts[2] == "0":  # the runner's own summary says nothing more
        said = "\n".join(line for line in said.splitlines() if line.startswith("  "))
    return said + "\n", tuple(int(count) for count in counts.groups())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", default=str(HERE.parent.parent / "build/dev/bin"))
    parser.add_argument("--jobs", type=int, default=2, help="classes at a time (default: 2)")
    parser.add_argument("--class", dest="only", help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()

    import system_case
    system_case.PROGRAMS = Path(options.programs).resolve()
    found = unittest.defaultTestLoader.discover(str(HERE), pattern="*_test.py", top_level_dir=str(HERE))
    classes = {}
    for test in every_test(found):
        if not options.names or any(name in test.id() for name in options.names):
            classes.setdefault(unittest.util.strclass(type(test)), []).append(test)
    if options.only:
        counts = [run_class(classes[options.only])]
    else:
        counts = []
        order = sorted(classes, key=lambda name: not name.startswith(LONGEST))
        with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as workers:
            for running in concurrent.futures.as_completed([workers.submit(run_apart, name, options) for name in order]):
                said, counted = running.result()
                print(said, end="", flush=True)
                counts.append(counted)
    passed, failed, skipped = (sum(column) for column in zip(*counts)) if counts else (0, 0, 0)
    print(f"tests: {passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and counts else 1


if __name__ == "__main__":
    sys.exit(main())
