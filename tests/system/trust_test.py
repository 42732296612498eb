"""Whom a host trusts: a document, the guard, and Debian's update-ca-certificates in folders of the test's own."""

import os

from lab.agent import Agent
from lab.files import write, write_yaml
from lab.nginx import Nginx
from lab.processes import run, wait_until
from system_case import HOST, SystemCase


class Trust(SystemCase):
    def setUp(self):
        super().setUp()
        self.folder = self.lab.folder / "trust"
        for name in ("anchors", "certs", "shipped", "hooks"):
            (self.folder / name).mkdir(parents=True)
            (self.folder / name).chmod(0o755)
        for name in ("one", "two", "shipped"):
            self.make_root(name)
        write(self.folder / "shipped" / "shipped.crt", self.pem("shipped"), 0o644)
        write(self.folder / "certs.conf", "shipped.crt\n", 0o644)
        self.documents = self.lab.folder / "documents"

    def make_root(self, name):
        """A root, and a certificate that it has issued."""
        root, leaf = self.folder / f"{name}.pem", self.folder / f"{name}-leaf"
        new = ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run([*new, "-keyout", f"{root}.key", "-out", root, "-subj", f"/CN=Root {name}", "-days", "30"])
        run([*new, "-keyout", f"{leaf}.key", "-out", f"{leaf}.pem", "-subj", f"/CN={HOST}", "-days", "20", "-CA", root,
             "-CAkey", f"{root}.key", "-addext", f"subjectAltName=DNS:{HOST}", "-addext", "basicConstraints=CA:FALSE"])

    def pem(self, name):
        return (self.folder / f"{name}.pem").read_text()

    def fingerprint(self, name):
        shown = run(["/usr/bin/openssl", "x509", "-in", self.folder / f"{name}.pem", "-noout", "-fingerprint",
                     "-sha256"]).stdout
        return shown.split("=")[1].strip().replace(":", "").lower()

    def want(self, *names):
        write_yaml(self.documents / "trust.yaml", {
            "kind": "trust-anchors", "name": "roots", "match": {}, "store": "system",
            "anchors": "".join(self.pem(name) for name in names) or "none"})

    def start(self, *allowed):
        self.nginx = Nginx(self.lab, HOST)
        self.nginx.prepare()
        at = self.folder
        self.agent = Agent(self.lab, self.nginx)

        class Enrollment:
            issuing = at / "one.pem"
        self.agent.prepare(Enrollment, policies=self.documents, guard={"trust_stores": {"system": {
            "folder": at / "anchors", "result": at / "certs" / "ca-certificates.crt",
            "update": ["/usr/sbin/update-ca-certificates", "--fresh", "--localcertsdir", at / "anchors",
                       "--etccertsdir", at / "certs", "--certsdir", at / "shipped", "--certsconf", at / "certs.conf",
                       "--hooksdir", at / "hooks"],
            "anchors": [self.fingerprint(name) for name in allowed]}}})
        self.agent.start_installer()
        self.agent.start()

    def restart(self):
        self.agent.process.stop()
        self.agent.start()

    def trusts(self, name):
        """As curl and openssl see it: a server's certificate, by the bundle and by the folder of links."""
        leaf = self.folder / f"{name}-leaf.pem"
        bundle = ["-no-CApath", "-CAfile", self.folder / "certs" / "ca-certificates.crt"]
        links = ["-no-CAfile", "-CApath", self.folder / "certs"]
        outcomes = {run(["/usr/bin/openssl", "verify", "-no-CAstore", *where, leaf], check=False).returncode == 0
                    for where in (bundle, links)}
        self.assertEqual(len(outcomes), 1, "bundle and links are of one mind")
        return outcomes == {True}

    def log(self):
        return "".join(log.read_text(errors="replace") for log in self.lab.folder.rglob("agent*.log"))

    def wait_for_changes(self, count):
        wait_until(lambda: self.log().count("trust.changed") == count, f"{count} changes are told", 60)

    def test_anchors_come_and_go(self):
        """trusted when a document says so, not any more when it does not; what the distribution ships stays"""
        self.want("one", "two")
        self.start("one", "two")
        self.wait_for_changes(1)
        self.assertTrue(self.trusts("one") and self.trusts("two") and self.trusts("shipped"))
        self.want("two")
        self.restart()
        self.wait_for_changes(2)
        self.assertTrue(not self.trusts("one") and self.trusts("two") and self.trusts("shipped"))
        # A document that is gone changes nothing.
        (self.documents / "trust.yaml").unlink()
        self.restart()
        self.agent.command("scan")
        self.assertTrue(self.trusts("two"))
        self.want()
        self.restart()
        self.wait_for_changes(3)
        self.assertFalse(self.trusts("two"))
        self.assertEqual(os.listdir(self.folder / "anchors"), [])
        self.assertTrue(self.trusts("shipped"))

    def test_the_guard_has_the_last_word(self):
        """an authority that the guard does not list is refused, told once, and nothing is changed"""
        self.want("one", "two")
        self.start("one")
        wait_until(lambda: "trust.refused" in self.log(), "it is refused", 60)
        self.assertIn(self.fingerprint("two"), self.log())
        self.assertEqual(os.listdir(self.folder / "anchors"), [])
        self.assertEqual(os.listdir(self.folder / "certs"), [])
        self.assertEqual(self.log().count("trust.refused"), 1)
