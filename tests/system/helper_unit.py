"""A store's helper on a host with a real systemd: a transient service that can write to its store alone and goes as a
whole."""

import json
import socket
import tempfile
from pathlib import Path

from lab.processes import run, wait_until

STORE = "/etc/app-store"
HELPER = f"""#!/bin/sh
IFS= read -r request
{{
  cat /proc/$$/environ; echo
  cat /proc/self/cgroup
  grep -E 'CapBnd|NoNewPrivs' /proc/self/status
  ls /sys/class/net
  echo "$#:$1"
  echo x >/etc/elsewhere
  echo x >/tmp/own && echo 'a /tmp of its own'
}} >{STORE}/seen 2>&1
setsid sleep 1000 &
setsid sleep 1000 </dev/null >/dev/null &
case "$request" in
*'"inspect"'*) cat {STORE}/answer ;;
*'"test"'*) if [ -e {STORE}/hang ]; then sleep 1000; fi; echo '{{"done":true}}' ;;
esac
"""
GUARD = f"""socket: {{path: /run/helper-test.sock, mode: "0600"}}
state: /var/lib/helper-test
callers: [root]
stores: [{{folder: {STORE}, helper: [/usr/local/bin/helper, "one $HOME word"], helper_timeout: 4s}}]
issuer_certificates: /etc/helper-test.pem
names: [web1]
key_types: [ec-p256]
"""


def preflight(host):
    """The installer's answer, by its socket in the host."""
    slot = f"{STORE}/web1".encode()
    fields = {b"action": b"", b"order": b"o1", b"size": b"10", b"slot.certificate": slot, b"slot.key": slot}
    message = b"preflight\n" + b"".join(b"%s %d\n%s" % (name, len(text), text) for name, text in sorted(fields.items()))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
        caller.settimeout(60)
        caller.connect(f"/proc/{host.leader}/root/run/helper-test.sock")
        caller.send(message)
        return caller.recv(1 << 16).decode()


def see_helper_in_a_unit(test, host, installer="/usr/lib/perennial/perennial-installer"):
    with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
        key, certificate = Path(folder) / "key", Path(folder) / "certificate"
        run(["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", key, "-out", certificate, "-subj", "/CN=web1", "-days", "30"])
        host.run("mkdir", "-p", STORE)
        host.write(f"{STORE}/answer", json.dumps({"found": True, "chain": certificate.read_text(), "key": key.read_text()}),
                   0o600)
        host.write("/etc/helper-test.pem", certificate.read_text())
    host.write("/usr/local/bin/helper", HELPER, 0o755)
    host.write("/etc/helper-test.yaml", GUARD)
    host.run("systemd-run", "--unit=helper-test", installer, "serve", "--config", "/etc/helper-test.yaml")
    wait_until(lambda: Path(f"/proc/{host.leader}/root/run/helper-test.sock").exists(), "the installer listens", 30)

    test.assertEqual(preflight(host).split("\n")[0], "done")
    seen = host.read(f"{STORE}/seen")
    environment, rest = seen.split("\n", 1)
    test.assertEqual(environment, "")
    test.assertRegex(rest, r"/perennial-helper-[0-9a-f]{16}\.service\n")
    test.assertIn("CapBnd:\t000000000000000b\n", rest)  # CHOWN, DAC_OVERRIDE, FOWNER
    test.assertIn("NoNewPrivs:\t1\n", rest)
    test.assertIn("\nlo\n1:one $HOME word\n", rest)  # no network but its own loopback; words as they are
    test.assertIn("a /tmp of its own", rest)
    for outside in ("/etc/elsewhere", "/tmp/own"):
        test.assertFalse(host.path(outside).exists(), outside)

    def running():
        return host.run("sh", "-c", "cat /proc/[0-9]*/comm", check=False).stdout.split("\n")

    test.assertNotIn("sleep", running())  # what it left behind went with it
    host.write(f"{STORE}/hang", "")
    test.assertIn("unavailable", preflight(host))
    test.assertNotIn("sleep", running())
    host.run("systemctl", "stop", "helper-test")
