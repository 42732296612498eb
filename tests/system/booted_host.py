"""A Debian of its own: a debootstrap folder, booted by systemd-nspawn, with nothing but loopback for a network.

The folder is made once and kept under build/host; each host is an overlay upon it and goes when the test ends.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from lab.files import write
from lab.processes import LabError, Process, run, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "build" / "host"
ALWAYS = ("systemd", "systemd-sysv", "dbus", "nginx-light", "openssl", "git", "openssh-client", "ca-certificates",
          "man-db", "openjdk-17-jre-headless", "ca-certificates-java", "softhsm2", "opensc", "libengine-pkcs11-openssl")
TOOLS = ("debootstrap", "systemd-nspawn", "dpkg-deb", "cpack", "nsenter", "apt-ftparchive", "gpg")


def need_a_bootable_machine():
    """Skips, with the reason, where no host can be booted."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("booting a host of its own needs root")
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        raise unittest.SkipTest(f"not installed: {' '.join(missing)} (deploy/install-packages host packages)")


def dependencies(packages):
    """The names of what the packages depend on: first of alternatives, without themselves."""
    names = set(ALWAYS)
    for package in packages:
        fields = run(["/usr/bin/dpkg-deb", "-f", package, "Depends"]).stdout
        names |= {part.split("|")[0].split("(")[0].strip() for part in fields.replace("\n", " ").split(",")}
    return sorted(name for name in names if name and not name.startswith("perennial"))


def mirror_and_suite():
    """Where this machine gets its own packages from."""
    suite = next(line.split("=")[1].strip() for line in Path("/etc/os-release").read_text().splitlines()
                 if line.startswith("VERSION_CODENAME="))
    told = run(["/usr/bin/apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
                f"Codename: {suite}"]).stdout.split()
    if not told:
        raise unittest.SkipTest(f"apt on this machine knows no source of {suite}")
    return told[0], suite


def base_folder(packages):
    """The debootstrap folder with all that the packages need; made when it is not there."""
    wanted = dependencies(packages)
    mirror, suite = mirror_and_suite()
    KEPT.mkdir(parents=True, exist_ok=True)
    base = KEPT / hashlib.sha256(" ".join([suite, *wanted]).encode()).hexdigest()[:12]
    if base.is_dir():
        return base
    with tempfile.TemporaryDirectory(prefix="perennial-", dir=quick_folder()) as folder:
        unpacked = Path(folder) / "host"
        make_base(unpacked, suite, mirror, wanted)
        unfinished = KEPT / f"{base.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        run(["/usr/bin/cp", "-a", unpacked, unfinished], timeout=300)
    unfinished.rename(base)
    for other in KEPT.iterdir():  # of earlier lists of packages
        if other.name not in (base.name, "downloads"):
            shutil.rmtree(other, ignore_errors=True)
    return base


def quick_folder():
    """In memory where there is room: dpkg syncs every file, and on a disk that is most of the time."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else KEPT


def make_base(folder, suite, mirror, wanted):
    (KEPT / "downloads").mkdir(parents=True, exist_ok=True)
    made = run(["/usr/sbin/debootstrap", "--variant=minbase", f"--cache-dir={KEPT / 'downloads'}",
                f"--include={','.join(wanted)}", suite, folder, mirror], check=False, timeout=1500)
    if made.returncode != 0:
        told = (made.stdout + made.stderr).strip().splitlines()
        raise unittest.SkipTest(f"debootstrap could not make a folder: {told[-1] if told else made.returncode}")
    for source in (folder / "etc/apt").glob("sources.list*"):  # the host has no network
        if source.is_file():
            source.unlink()


class BootedHost:
    def __init__(self, lab, base, name="web1"):
        self.lab = lab
        self.name = name
        self.folder = lab.folder / name
        self.root = self.folder / "root"
        self.process = None
        self.leader = None
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        mounted = run(["/usr/bin/mount", "-t", "overlay", "overlay", "-o",
                       f"lowerdir={base},upperdir={self.folder}/upper,workdir={self.folder}/work", self.root], check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no overlay can be mounted: {mounted.stderr.strip()}")
        self._probe()

    def _nspawn(self, *arguments):
        # Without that capability nspawn forbids everybody inside to lock memory; a machine of its own does not.
        return ["/usr/bin/systemd-nspawn", "--quiet", "--capability=CAP_IPC_LOCK", "--register=no", "--keep-unit", "--private-network",
                "--resolv-conf=off", "--timezone=off", "--link-journal=no", f"--machine={self.name}", "-D", self.root,
                *arguments]

    def _probe(self):
        tried = run(self._nspawn("/bin/true"), check=False, stdin=subprocess.DEVNULL)
        if tried.returncode != 0:
            self.close()
            raise unittest.SkipTest(f"systemd-nspawn cannot run here: {tried.stderr.strip()[-300:]}")

    def path(self, inside):
        return self.root / str(inside).lstrip("/")

    def write(self, inside, text, mode=0o644):
        return write(self.path(inside), text, mode)

    def read(self, inside):
        return self.path(inside).read_text()

    def boot(self, *options):
        self.process = Process(f"{self.name}-boot", self._nspawn(*options, "--boot"), self.folder)
        self.lab.started(self.process)
        self.process.wait_for(self._is_up, "systemd has started", 90)

    def _is_up(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        if not children:
            return False
        self.leader = children[0]
        if os.readlink(f"/proc/{self.leader}/ns/pid") == os.readlink("/proc/self/ns/pid"):
            return False
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded")

    def shut_down(self):
        """As the power button does: every unit is stopped in its turn."""
        self.process.stop(60)

    def run(self, *arguments, check=True, user=None, **options):
        """A command inside, found by the usual path."""
        command = ["/usr/bin/nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup",
                   "--root", "/usr/bin/env", "--chdir=/", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
                   "DEBIAN_FRONTEND=noninteractive"]
        as_user = ["runuser", "-u", user, "--"] if user else []
        options.setdefault("stdin", subprocess.DEVNULL) if "input" not in options else None
        return run([*command, *as_user, *arguments], check=check, **options)

    def is_active(self, unit):
        return self.run("systemctl", "is-active", unit, check=False).stdout.strip()

    def wait_active(self, unit, seconds=30):
        try:
            wait_until(lambda: self.is_active(unit) == "active", f"{unit} is active", seconds, every=0.2)
        except LabError as error:
            raise LabError(f"{error}\n{self.journal(unit)}") from None

    def main_pid(self, unit):
        return int(self.run("systemctl", "show", "-P", "MainPID", unit).stdout)

    def journal(self, unit=None):
        return self.run("journalctl", "--no-pager", "-n", "60", "-o", "cat", *(["-u", unit] if unit else []), check=False).stdout

    def close(self):
        if self.process:
            self.process.stop(60)
        run(["/usr/bin/umount", "--lazy", self.root], check=False)
