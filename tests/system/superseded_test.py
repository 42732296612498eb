"""What becomes of a certificate that was replaced: its key goes, and where policy and service say so it is revoked."""

import json

from issuing_test import IssuingCase
from lab.agent import Agent
from lab.files import write_yaml
from lab.policies import web_documents
from lab.processes import run, wait_until
from system_case import HOST

PATH = "/holder-revocation"


class Superseded(IssuingCase):
    agent_class = Agent
    more = {"holder_revocation": PATH}

    def lab_up(self, address=True, guard=None):
        self.start_nginx()
        self.old_files = [self.lab.folder / name for name in ("old.pem", "old.key")]
        for source, target in zip((self.nginx.certificate, self.nginx.key), self.old_files):
            target.write_bytes(source.read_bytes())
        documents = web_documents(self.enrollment)
        if address:
            documents["services/lab.yaml"]["revocation_url"] = self.enrollment.url(PATH)
        documents["policies/web-servers.yaml"]["superseded"] = "revoke"
        for path, document in documents.items():
            write_yaml(self.lab.folder / "documents" / path, document)
        self.start_agent(policies=self.lab.folder / "documents", labels={"role": "web"}, guard=guard,
                         intervals={"scan": "2s", "retry": "1s", "unanswered": "30m"})
        self.wait_for_new_certificate()

    def told(self):
        """The agent's log, once it says what came of it."""
        log = lambda: self.agent.process.tail(5_000_000)
        return wait_until(lambda: log() if "certificate.revocation_asked" in log() else None, "the CA was asked, or why not")

    def archived(self):
        return json.loads(self.agent.command("superseded", "--json").stdout)["items"][0]["say"]

    def ask(self, *more, pair=None):
        """As curl asks, with any certificate and key."""
        certificate = ["--cert", pair[0], "--key", pair[1]] if pair else []
        return run(["/usr/bin/curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", self.enrollment.root,
                    *certificate, *(more or ("-X", "POST")), self.enrollment.url(PATH)], check=False).stdout

    def test_revoked(self):
        """after keep_previous is over the old one is revoked as superseded; CRL and OCSP say so, and the new one is good"""
        self.lab_up(guard={"keep_previous": "3s"})
        log = self.told()
        self.assertLess(log.index("certificate.superseded"), log.index("key.destroyed"))
        self.assertLess(log.index("key.destroyed"), log.index("certificate.revocation_asked"))
        self.assertNotIn("not revoked", log)
        self.assertIn("it is revoked at its CA", self.archived())
        old = self.old_files[0]
        self.assertIn("Reason: superseded", self.ocsp(old))
        self.assertIn("certificate revoked", self.verify(old))
        self.assertIn(": OK", self.verify(self.nginx.certificate))
        self.assertIn(": good", self.ocsp(self.nginx.certificate))
        self.assert_pair_matches()
        self.assertEqual(list((self.agent.installer_state / "orders").glob("*.key")), [])  # nor the one it asked by
        new = (self.nginx.certificate, self.nginx.key)
        self.assertEqual(self.ask(pair=new), "200")  # said again, done once
        events = self.enrollment.operator("events", "--json").stdout
        self.assertEqual(events.count('"certificate.revoked"'), 1)
        self.assertIn(f"holder of {self.serial_of(self.nginx.certificate)}", events)

    def test_others_are_refused(self):
        """nobody has another's certificate revoked, nor their own that is in force; a browser asks nothing"""
        self.start_nginx()
        first = (self.nginx.certificate, self.nginx.key)
        self.assertEqual(self.ask(), "403")
        self.assertEqual(self.ask(pair=first), "409")
        stranger = [self.lab.folder / name for name in ("stranger.pem", "stranger.key")]
        run(["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             f"/CN={HOST}", "-days", "9", "-out", stranger[0], "-keyout", stranger[1]])
        self.assertIn(self.ask(pair=stranger), ("000", "403"))  # TLS may refuse it first
        self.assertEqual(self.ask("-X", "POST", "-H", "Origin: https://evil.example.test", pair=first), "400")
        self.assertEqual(self.ask("-X", "POST", "-d", "serial=01", pair=first), "400")
        self.assertEqual(self.ask("-X", "GET", pair=first), "405")
        self.assertIn(": good", self.ocsp(self.nginx.certificate))
        self.enrollment.revoke(self.nginx.certificate)
        self.assertEqual(self.ask(pair=first), "403")

    def test_elsewhere(self):
        """a CA that has no such address: said once with serial number, issuer and what the operator types; nothing is asked"""
        self.lab_up(address=False)
        said = self.told()
        self.assertIn("has no revocation_url", said)
        self.assertIn(f"perennial enrollment revoke {self.old['serial']}", said)
        self.assertIn("has no revocation_url", self.archived())
        self.assertIn(": good", self.ocsp(self.old_files[0]))


if __name__ == "__main__":
    import unittest
    unittest.main()
