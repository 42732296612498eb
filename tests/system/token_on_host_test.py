"""A key in a SoftHSM2 token on a host with a real systemd: perennial-token-keeper from its package, as the service's user, with
the PIN from systemd."""

import secrets
import shutil
import unittest
from pathlib import Path

from lab.nginx import describe_certificate
from lab.processes import run, wait_until
from lab.softhsm import MODULE
from packaged_host import NAME, TLS, PackagedHost

USER = "www-data"
UNIT = f"perennial-token-keeper@{USER}"
OPENSSL = "/etc/nginx/openssl.cnf"
SITE = f"""server {{ listen 127.0.0.1:4443 ssl; server_name {NAME}; ssl_certificate {TLS}/web1.pem;
  ssl_certificate_key "engine:pkcs11:pkcs11:token=web;object=web;type=private"; }}
"""
GUARD = f"""tokens:
  web: {{socket: /run/perennial-token-keeper/{USER}.sock, user: {USER}, keys: [web]}}
actions:
  reload-nginx:  # the engine remembers labels: docs/stores.md
    check: [/usr/bin/env, OPENSSL_CONF={OPENSSL}, /usr/sbin/nginx, -t, -q]
    systemd_unit: nginx.service
    verb: try-restart
    timeout: 60s
"""


class TokenOnHost(PackagedHost):
    def set_up_token(self):
        """The token is nginx's, whose workers sign as www-data; its key and certificate are an administrator's."""
        host = self.host
        self.pin = secrets.token_hex(10)
        host.run("adduser", "--quiet", USER, "softhsm")
        self.softhsm("--init-token", "--free", "--label", "web", "--so-pin", secrets.token_hex(10))
        files = [f"/var/lib/perennial/enrollment/{kind}" for kind in ("web1.pem", "web1.key")]
        self.as_service("enrollment", "issue-test", "--renewable", "--template", "WebServer", "--name", NAME,
                        "--valid-from=-80d", "--valid-for=90d", "--certificate-file", files[0], "--key-file", files[1])
        host.path(TLS).mkdir(mode=0o755)
        shutil.move(host.path(files[0]), host.path(TLS / "web1.pem"))
        host.run("chown", "root:", TLS / "web1.pem")
        host.run("install", "-o", USER, "-m", "600", files[1], "/srv/web1.key")
        self.softhsm("--import", "/srv/web1.key", "--token", "web", "--label", "web", "--id", "01")
        for key in (files[1], "/srv/web1.key"):
            host.path(key).unlink()

    def softhsm(self, *arguments):
        self.host.run("softhsm2-util", *arguments, "--pin", self.pin, user=USER)

    def set_up_nginx(self):
        host = self.host
        host.write(OPENSSL, f"""openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = token
[token]
engine_id = pkcs11
MODULE_PATH = {MODULE}
PIN = {self.pin}
init = 1
""", 0o600)
        config = host.read("/etc/nginx/nginx.conf")
        host.write("/etc/nginx/nginx.conf", "env OPENSSL_CONF;\n" + config)
        host.write("/etc/systemd/system/nginx.service.d/token.conf", f"[Service]\nEnvironment=OPENSSL_CONF={OPENSSL}\n")
        host.write("/etc/nginx/sites-enabled/web1.conf", SITE)
        host.run("systemctl", "daemon-reload")
        host.run("systemctl", "restart", "nginx")
        self.old = self.served()

    def set_up_keeper(self):
        host = self.host
        host.write(f"/etc/perennial/token-{USER}.yaml", f"socket: {{path: /run/perennial-token-keeper/{USER}.sock}}\n"
                   f"module: {MODULE}\ntoken: web\npin_credential: token-pin\nkeys: [web]\n")
        host.write(f"/etc/perennial/token-{USER}.pin", self.pin + "\n", 0o600)
        guard = host.read("/etc/perennial/guard.yaml")
        host.write("/etc/perennial/guard.yaml", guard[:guard.index("#tokens:")] + GUARD)
        host.run("systemctl", "enable", "--now", f"{UNIT}.socket")

    def keys(self):
        """Labels of the private keys, in pkcs11-tool's eyes."""
        shown = self.host.run("pkcs11-tool", "--module", MODULE, "--token-label", "web", "--login", "--pin", self.pin,
                              "--list-objects", "--type", "privkey", user=USER, check=False)
        return None if shown.returncode else sorted(
            line.split()[-1] for line in shown.stdout.splitlines() if " label:" in line)

    def test_renewed(self):
        """the packaged keeper under systemd: a key made in the token as the service's user, renewed, served; the PIN stays"""
        self.boot_host()
        self.set_up_services()
        self.set_up_token()
        self.set_up_nginx()
        self.apt_install(f"perennial-agent={self.ours(None)}")
        self.set_up_agent()
        self.set_up_keeper()
        self.assertEqual((self.keys(), self.host.is_active(UNIT)), (["web"], "inactive"))
        self.join()
        new = wait_until(lambda: self.renewed(), "nginx serves the new certificate", 120, every=0.5)
        self.see_the_unit()
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        placed = describe_certificate(self.host.read(TLS / "web1.pem"))
        self.assertEqual(placed["fingerprint"], new["fingerprint"])
        self.heard("renewal.completed")
        wait_until(lambda: self.keys() == ["web"], "the old key is gone", 60, every=0.5)
        self.assert_pin_stayed()

    def renewed(self):
        try:
            now = self.served()
        except Exception:  # nginx is being restarted
            return None
        return now if now["serial"] != self.old["serial"] else None

    def see_the_unit(self):
        """It runs now: a minute after its last caller it ends."""
        host = self.host
        self.assertEqual(host.is_active(UNIT), "active")
        status = host.run("cat", f"/proc/{host.main_pid(UNIT)}/status").stdout
        user = host.run("id", "-u", USER).stdout.strip()
        for line in (rf"\nUid:\t{user}\t{user}\t{user}\t{user}\n", r"\nCapBnd:\t0+\n", r"\nCapEff:\t0+\n",
                     r"\nNoNewPrivs:\t1\n", r"\nSeccomp:\t2\n"):
            self.assertRegex(status, line)
        measured = host.run("systemd-analyze", "security", "--no-pager", "--threshold=15", UNIT, check=False)
        self.assertEqual(measured.returncode, 0, measured.stdout[-300:])
        self.assertIn("Overall exposure level", measured.stdout)

    def assert_pin_stayed(self):
        """In its file, in nginx's, and nowhere else on the disk, in our units' journal, or in what anybody sees of processes."""
        folders = [self.host.path(folder) for folder in ("/etc", "/var", "/run", "/srv", "/tmp")]
        found = run(["/usr/bin/grep", "-rlF", "--exclude-dir=journal", "-e", self.pin, *folders], check=False).stdout.split()
        self.assertEqual(sorted(found), sorted(str(self.host.path(file)) for file in (
            OPENSSL, f"/etc/perennial/token-{USER}.pin")))
        # Of others it has the command lines of this test.
        journal = self.host.run("journalctl", "--no-pager", "-o", "export", "-u", "perennial-*", "-u", "run-*").stdout
        self.assertIn("swap web: done", journal)
        self.assertNotIn(self.pin, journal)
        for about in Path(f"/proc/{self.host.leader}/root/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    self.assertNotIn(self.pin.encode(), (about / name).read_bytes())
                except OSError:
                    pass  # it has ended


if __name__ == "__main__":
    unittest.main()
