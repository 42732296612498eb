"""Whom a host trusts, from a commit that its owners signed to OpenSSL, a JVM and nginx in a Debian with a real systemd."""

import hashlib
import re
import shutil
import unittest
from pathlib import Path

from lab.policies import web_documents
from lab.policy_owner import PolicyOwner
from lab.processes import run, wait_until
from packaged_host import NAME, TLS, PackagedHost

EXAMPLES = "/usr/share/doc/perennial-agent/examples/trust"
DROP_IN = "/etc/systemd/system/perennial-installer.service.d/trust.conf"
EXAMPLE_ANCHOR = r"(?<=anchors: \[)[0-9a-f]{64}(?=\])"
CLIENT_CA = Path("/etc/nginx/client-ca.pem")
SITES = f"""server {{ listen 127.0.0.1:4444 ssl; server_name {NAME}; ssl_certificate {TLS}/site.pem;
  ssl_certificate_key {TLS}/site.pem; location / {{ return 200 "hello"; }} }}
server {{ listen 127.0.0.1:4445 ssl; server_name {NAME}; ssl_certificate {TLS}/site.pem; ssl_certificate_key {TLS}/site.pem;
  ssl_client_certificate {CLIENT_CA}; ssl_verify_client on; location / {{ return 200 "welcome"; }} }}
"""


class TrustOnHost(PackagedHost):
    def boot_host(self):
        super().boot_host()
        self.owner = PolicyOwner(self.lab)
        self.made = self.lab.folder / "made"
        self.made.mkdir()
        self.roots = {name: self.make_root(name) for name in ("corp", "clients", "theirs")}

    def make_root(self, name):
        """A root, and a certificate with its key in one file that it has issued: their paths, and the root's SHA-256."""
        root, leaf = self.made / f"{name}.pem", self.made / f"{name}-leaf.pem"
        new = ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run([*new, "-keyout", f"{root}.key", "-out", root, "-subj", f"/CN=Root {name}", "-days", "30"])
        run([*new, "-keyout", f"{leaf}.key", "-out", leaf, "-subj", f"/CN={NAME}", "-days", "20", "-CA", root, "-CAkey",
             f"{root}.key", "-addext", f"subjectAltName=DNS:{NAME}", "-addext", "basicConstraints=critical,CA:FALSE"])
        leaf.write_text(leaf.read_text() + Path(f"{leaf}.key").read_text())
        shown = run(["/usr/bin/openssl", "x509", "-in", root, "-noout", "-fingerprint", "-sha256"]).stdout
        return root, leaf, shown.split("=")[1].strip().replace(":", "").lower()

    def first_documents(self):
        return {"services/lab.yaml": web_documents(self.enrollment)["services/lab.yaml"]}

    def want(self, store, *names):
        self.publish({f"trust/{store}.yaml": {
            "kind": "trust-anchors", "name": f"{store}-roots", "match": {"labels": {"role": "web"}}, "store": store,
            "anchors": "".join(self.roots[name][0].read_text() for name in names) or "none"}})

    def set_up_sites(self):
        """nginx, and beside ours an authority of its administrator's for its clients; a Java program."""
        host = self.host
        host.path(TLS).mkdir(mode=0o755)
        host.write(TLS / "site.pem", self.roots["corp"][1].read_text(), 0o600)
        host.path("/etc/nginx/client-ca.d").mkdir(mode=0o755)
        for place in ("/etc/nginx/client-ca.d/theirs.crt", CLIENT_CA):
            host.write(place, self.roots["theirs"][0].read_text())
        host.write("/etc/nginx/sites-enabled/trust.conf", SITES)
        host.write("/etc/hosts", f"127.0.0.1 localhost {NAME}\n")
        host.run("systemctl", "restart", "nginx")
        if not shutil.which("javac"):
            raise unittest.SkipTest("not installed: javac (deploy/install-packages tests)")
        source = self.made / "TrustClient.java"
        shutil.copy(Path(__file__).with_name("trust_client.java"), source)
        run(["javac", "-d", self.made, source])
        host.path("/srv/java").mkdir()
        shutil.copy(self.made / "TrustClient.class", host.path("/srv/java"))

    def set_up_trust(self):
        """With the examples of the package, and authorities of ours in place of the example's."""
        host = self.host
        host.write("/etc/perennial/policy_signers", self.owner.signers.read_text())
        self.set_up_agent("policy_signers: {threshold: 2, file: /etc/perennial/policy_signers}\n")
        for script in ("update-debian-trust", "update-nginx-client-ca"):
            host.run("install", "-m", "755", f"{EXAMPLES}/{script}", "/usr/local/sbin/")
        stores, count = re.subn(EXAMPLE_ANCHOR, f"{self.roots['corp'][2]}, {self.roots['clients'][2]}",
                                host.read(f"{EXAMPLES}/guard-trust-stores.yaml"))
        self.assertEqual(count, 2)
        host.write("/etc/perennial/guard.yaml", host.read("/etc/perennial/guard.yaml") + stores)

    # What programs of the host do.

    def openssl_trusts(self):
        shown = self.host.run("openssl", "s_client", "-connect", "127.0.0.1:4444", "-verify_hostname", NAME,
                              "-verify_return_error", "-CApath", "/etc/ssl/certs", input="", check=False, timeout=30)
        by_bundle = self.host.run("openssl", "verify", "-no-CApath", "-CAfile", "/etc/ssl/certs/ca-certificates.crt",
                                  TLS / "site.pem", check=False)
        self.assertEqual(shown.returncode, by_bundle.returncode and 1, shown.stderr)
        return shown.returncode == 0

    def java_trusts(self):
        told = self.host.run("java", "-cp", "/srv/java", "TrustClient", f"https://{NAME}:4444/").stdout
        self.assertRegex(told, "^(trusted: 200|refused: .*unable to find valid certification path.*)\n$")
        return told.startswith("trusted")

    def nginx_lets_in(self, name):
        """A client with a certificate of that root, which also sees the names that nginx asks for."""
        self.host.write("/srv/client.pem", self.roots[name][1].read_text(), 0o600)
        told = self.host.run("openssl", "s_client", "-connect", "127.0.0.1:4445", "-cert", "/srv/client.pem", "-key",
                             "/srv/client.pem", "-quiet", input=f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n", check=False,
                             timeout=30).stdout
        self.assertRegex(told, r"^HTTP/1.1 (200 OK|400 Bad Request)\n")
        return told.endswith("welcome")

    def trust_of_programs(self):
        """Every file and link that says whom programs trust."""
        kept = {}
        for folder in ("/etc/ssl/certs", "/usr/local/share/ca-certificates"):
            for path in sorted(self.host.path(folder).rglob("*")):
                if path.is_symlink():
                    kept[str(path)] = str(path.readlink())
                elif path.is_file() and path.name != "cacerts":  # it has its own times in it
                    kept[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        kept["java"] = self.host.run("keytool", "-list", "-cacerts", "-storepass", "changeit").stdout.splitlines()[4:]
        return kept

    def test_signed_distributed_trusted_taken_away(self):
        """anchors of signed documents, over the controller, into Debian's store, a JVM's and nginx's; taken away; nginx refuses"""
        self.boot_host()
        host = self.host
        self.set_up_services()
        self.set_up_sites()
        before = self.trust_of_programs()
        self.apt_install(f"perennial-agent={self.ours(None)}")
        self.set_up_trust()
        self.join()
        self.assertFalse(self.openssl_trusts() or self.java_trusts())

        self.see_the_unit_refuse()
        self.assertEqual(self.trust_of_programs(), before)
        self.see_the_system_store(before)
        self.see_nginx_clients()

    def see_the_unit_refuse(self):
        """The unit writes nowhere that its administrator has not named."""
        self.want("system", "corp")
        refused = self.heard("trust.refused")
        self.assertEqual((refused["details"]["store"], refused["outcome"]), ("system", "denied"))
        self.assertIn("Read-only file system", refused["reason"])
        self.host.run("install", "-D", "-m", "644", f"{EXAMPLES}/installer-trust.conf", DROP_IN)
        self.host.run("systemctl", "daemon-reload")
        self.host.run("systemctl", "stop", "perennial-installer.service")

    def see_the_system_store(self, before):
        changed = self.heard("trust.changed")
        self.assertEqual(changed["details"], {"store": "system", "added": [self.roots["corp"][2]], "removed": []})
        commit = self.policies.git("rev-parse", "HEAD")
        self.assertEqual((changed["policy"], changed["host"]), (f"{commit}:system-roots", "web1"))
        self.assertTrue(self.openssl_trusts() and self.java_trusts())
        self.want("system")
        changed = self.heard("trust.changed", 2)
        self.assertEqual(changed["details"], {"store": "system", "added": [], "removed": [self.roots["corp"][2]]})
        self.assertFalse(self.openssl_trusts() or self.java_trusts())
        self.assertEqual(self.trust_of_programs(), before)

    def see_nginx_clients(self):
        host = self.host
        self.assertTrue(self.nginx_lets_in("theirs") and not self.nginx_lets_in("clients"))
        self.want("nginx-clients", "clients")
        self.assertEqual(self.heard("trust.changed", 3)["details"]["added"], [self.roots["clients"][2]])
        wait_until(lambda: self.nginx_lets_in("clients"), "nginx has loaded it", 20)
        self.assertTrue(self.nginx_lets_in("theirs") and not self.nginx_lets_in("corp"))
        # The administrator's own goes, and the last one is to go too: nginx takes no file without an authority.
        host.path("/etc/nginx/client-ca.d/theirs.crt").unlink()
        refusals = len(self.events("trust.refused"))
        self.want("nginx-clients")
        refused = self.heard("trust.refused", refusals + 1)
        self.assertEqual(refused["details"]["store"], "nginx-clients")
        self.assertRegex(refused["reason"], r"update ended with 1: .*client-ca\.pem.*no certificate or crl found")
        self.assertEqual(host.read(CLIENT_CA), self.roots["clients"][0].read_text())
        self.assertEqual(sorted(path.name for path in host.path("/etc/nginx/client-ca.d").iterdir()),
                         [f"perennial-{self.roots['clients'][2]}.crt"])
        host.run("nginx", "-t", "-q")
        self.assertTrue(self.nginx_lets_in("clients"))
        # The agent asks again by itself, and tells a refusal once.
        host.write("/etc/nginx/client-ca.d/theirs.crt", self.roots["theirs"][0].read_text())
        self.assertEqual(self.heard("trust.changed", 4)["details"]["removed"], [self.roots["clients"][2]])
        wait_until(lambda: not self.nginx_lets_in("clients"), "nginx has loaded it", 20)
        self.assertTrue(self.nginx_lets_in("theirs"))
        self.assertEqual(len(self.events("trust.refused")), refusals + 1)


if __name__ == "__main__":
    unittest.main()
