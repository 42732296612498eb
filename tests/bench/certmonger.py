"""certmonger in folders of its own, on a message bus of its own: the peer that renews on one host."""

from pathlib import Path

from lab.files import write
from lab.processes import LabError, Process, run, wait_until


class Certmonger:
    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "certmonger"
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder)}
        for name in ("CAS", "CONFIG", "LOCAL_CA", "REQUESTS"):
            path = self.folder / name.lower()
            path.mkdir(parents=True, exist_ok=True)
            self.environment[f"CERTMONGER_{name}_DIR"] = str(path)
        self.environment["CERTMONGER_TMPDIR"] = str(self.folder)

    def start(self):
        address = f"unix:path={self.folder}/bus"
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        self.bus = Process("dbus-daemon", ["/usr/bin/dbus-daemon", "--session", "--nofork", f"--address={address}"],
                           self.folder)
        self.lab.started(self.bus)
        self.bus.wait_for((self.folder / "bus").exists, "the bus is there")
        self.process = Process("certmonger", ["/usr/sbin/certmonger", "-s", "-n", "-B", "-d", "1"], self.folder,
                               environment=self.environment)
        self.lab.started(self.process)
        wait_until(lambda: self.getcert("list-cas", check=False).returncode == 0, "certmonger answers")

    def getcert(self, *arguments, check=True):
        return run(["/usr/bin/getcert", arguments[0], "-s", *arguments[1:]], check=check,
                   env=dict(self.environment), timeout=60)

    def request(self, name, certificate, key, post_save=None):
        Path(certificate).parent.mkdir(parents=True, exist_ok=True)
        options = ["-C", str(post_save)] if post_save else []
        done = self.getcert("request", "-c", "SelfSign", "-f", str(certificate), "-k", str(key), "-I", name,
                            "-G", "EC", "-g", "256", "-D", name, "-N", f"CN={name}", "-w", *options, check=False)
        if not Path(certificate).exists():
            raise LabError(f"certmonger issued nothing: {done.stdout} {done.stderr}")


def post_save_script(folder, nginx):
    """What a careful administrator gives certmonger: test, reload, and look until the new one is served."""
    return write(Path(folder) / "post-save", f"""#!/bin/sh
set -e
/usr/sbin/nginx -t -q -c {nginx.config}
/usr/sbin/nginx -s reload -c {nginx.config}
want=$(openssl x509 -in {nginx.certificate} -noout -serial)
for i in $(seq 200); do
  got=$(openssl s_client -connect 127.0.0.1:{nginx.port} -servername {nginx.server_name} </dev/null 2>/dev/null | openssl x509 -noout -serial)
  [ "$got" = "$want" ] && exit 0
  sleep 0.02
done
exit 1
""", 0o755)
