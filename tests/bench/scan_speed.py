"""perennial-scanner over a large tree: the first time, again when nothing changed, and its memory."""

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from file_tree import FileTree

RUNS = 5
_made = {}


def _tree():
    """Made once for all three: it takes longer than what is measured. The caller's folder goes before the others come."""
    if not _made:
        _made["folder"] = tempfile.TemporaryDirectory(prefix="perennial-bench-tree-")
        _made["tree"] = FileTree(Path(_made["folder"].name))
        time.sleep(3)  # what was written within the last seconds is not remembered
    return _made["tree"]


def _run(command, output):
    """Wall-clock seconds, processor seconds and peak MB of one command. Started by time(1): the peak of a child of this
    process would be this process's own."""
    facts = Path(f"{output}.time")
    with open(output, "wb") as out:
        began = time.perf_counter()
        subprocess.run(["/usr/bin/time", "-f", "%U %S %M", "-o", facts, *command], stdout=out, check=True)
        took = time.perf_counter() - began
    user, system, peak = map(float, facts.read_text().split()[-3:])
    return took, user + system, peak / 1024


class Scans:
    def __init__(self, folder, programs):
        self.tree = _tree()
        self.state = folder / "state"
        self.output = folder / "output"
        self.config = folder / "scanner.yaml"
        self.config.write_text(f"state: {self.state}\nsources:\n  - {{kind: files, folders: [{self.tree.root}]}}\n")
        self.command = [programs / "perennial-scanner", "--config", self.config, "scan"]

    def scan(self, forget):
        if forget:
            shutil.rmtree(self.state, ignore_errors=True)
            self.state.mkdir(mode=0o700)
        measured = _run(self.command, self.output)
        report = json.loads(self.output.read_text())
        found = {one["place"]["certificate_path"]: one["certificate"]["fingerprint"] for one in report["found"]}
        assert found == self.tree.expected, f"found {len(found)}, expected {len(self.tree.expected)}"
        return measured

    def against(self, peer, forget):
        pairs, processor = [], []
        for _ in range(RUNS + 1):
            ours, theirs = self.scan(forget), _run(peer, self.output)
            pairs.append((ours[0] * 1000, theirs[0] * 1000))
            processor.append(ours[1] / theirs[1])
        return {"unit": "ms", "pairs": pairs[1:], "note": f"processor time: {sorted(processor[1:])[RUNS // 2]:.2f} times"}


def scan_first(folder, programs):
    scans = Scans(folder, programs)
    peer = ["/usr/bin/grep", "-rlE", "-e", "-----BEGIN (TRUSTED )?CERTIFICATE", scans.tree.root]
    result = scans.against(peer, forget=True)
    assert set(scans.output.read_text().splitlines()) == set(scans.tree.expected), "grep found others"
    return {"peer": "grep -rlE", **result}


def scan_again(folder, programs):
    scans = Scans(folder, programs)
    scans.scan(forget=True)
    return {"peer": "find -printf '%T@ %s'",
            **scans.against(["/usr/bin/find", scans.tree.root, "-type", "f", "-printf", "%T@ %s\\n"], forget=False)}


def scan_peak_mb(folder, programs):
    scans = Scans(folder, programs)
    peaks = [max(scans.scan(forget=True)[2], scans.scan(forget=False)[2]) for _ in range(3)]
    return {"unit": "MB", "peer": "what is allowed", "pairs": [(peak, 40.0) for peak in peaks]}
