"""Runs the system tests: the built programs with real nginx, rsyslog and git.

    python3 tests/system/run.py [--programs DIR] [NAME...]      NAME: part of a test's name
"""

import argparse
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent.parent / "deploy"))


class Told(unittest.TextTestResult):
    """One line a test, with its time."""

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

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell("skipped", test, f" ({reason})")


def every_test(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from every_test(item)
        else:
            yield item


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", default=str(HERE.parent.parent / "build/dev/bin"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()

    import system_case
    system_case.PROGRAMS = Path(options.programs).resolve()
    found = unittest.defaultTestLoader.discover(str(HERE), pattern="*_test.py", top_level_dir=str(HERE))
    chosen = unittest.TestSuite(test for test in every_test(found)
                                if not options.names or any(name in test.id() for name in options.names))
    runner = unittest.TextTestRunner(resultclass=Told, stream=sys.stderr, verbosity=0)
    result = runner.run(chosen)
    failed = len(result.failures) + len(result.errors)
    passed = result.testsRun - failed - len(result.skipped)
    print(f"tests: {passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 0 if failed == 0 and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
