"""A folder with everything in it, and what was started in it."""

from pathlib import Path
from .processes import LabError


class Lab:
    def __init__(self, folder, programs):
        self.folder = Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.programs = Path(programs).resolve()
        self.processes = []

    def program(self, name):
        path = self.programs / name
        if not path.exists():
            raise LabError(f"{path} is not built")
        return path

    def started(self, process):
        self.processes.append(process)

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
