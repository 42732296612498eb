"""Steps with their times: one live line on a terminal, plain lines in a pipe."""

import sys
import threading
import time

MARKS = "|/-\\"


class Progress:
    def __init__(self, out):
        self.out = out
        self.live = out.isatty()
        self.begun = time.monotonic()
        self.lock = threading.Lock()

    def elapsed(self):
        return time.monotonic() - self.begun

    def _line(self, mark, text):
        return f"{self.elapsed():7.2f}s  {mark} {text}"

    def note(self, text, mark="."):
        """Something that happened."""
        with self.lock:
            if self.live:
                self.out.write("\r\x1b[2K")
            self.out.write(self._line(mark, text) + "\n")
            self.out.flush()

    def step(self, text):
        """with progress.step("nginx starts"): ..."""
        return Step(self, text)


class Step:
    def __init__(self, progress, text):
        self.progress = progress
        self.text = text
        self.done = threading.Event()
        self.thread = None

    def __enter__(self):
        if self.progress.live:
            self.thread = threading.Thread(target=self._spin, daemon=True)
            self.thread.start()
        return self

    def _spin(self):
        turn = 0
        while not self.done.wait(0.1):
            with self.progress.lock:
                self.progress.out.write("\r\x1b[2K" + self.progress._line(MARKS[turn % 4], self.text + " ..."))
                self.progress.out.flush()
            turn += 1

    def __exit__(self, kind, error, _):
        self.done.set()
        if self.thread:
            self.thread.join()
        self.progress.note(self.text if kind is None else f"{self.text}: {error}", "x" if kind else "+")


def table(rows, out=sys.stdout):
    """Two columns: what, and its value."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        out.write(f"  {name:<{width}}  {value}\n")
