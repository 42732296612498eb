"""/certsrv on another machine than the authority: certsrv_test's flows through a relay, and the CRLs it fetches."""

import json
import re

import certsrv_test
from certsrv_case import CertsrvCase
from foreign_client import OPENSSL, ForeignClient
from lab.enrollment import Enrollment
from lab.processes import free_port, run, wait_until
from lab.relay import RELAY_USER, Relay
from system_case import SystemCase


class RelayedCertsrvCase(CertsrvCase):
    def setUp(self):
        SystemCase.setUp(self)
        self.inside = Enrollment(self.lab)
        port = free_port()
        self.published = f"http://127.0.0.1:{port}"
        templates = self.templates({"enroll": {"users": ["web-enroller", "alice", RELAY_USER]}})
        self.inside.prepare(templates, {"publication": {
            "listen": {"host": "127.0.0.1", "port": port}, "url": self.published,
            "delta_crl": {"period": "1d", "overlap": "12h"}}})
        self.enrollment = Relay(self.lab, self.inside)
        self.enrollment.lists = {"base": f"{self.published}/issuing.crl", "delta": f"{self.published}/issuing-delta.crl",
                                 "interval": "1s"}
        self.enrollment.prepare(templates, {"web_enrollment": self.web})
        self.folder = self.lab.folder / "client"
        self.client = ForeignClient(self.folder, self.enrollment)
        self.inside.start()
        self.enrollment.start()

    def ask_inside(self, path, *options):
        token = self.inside.admin_token.read_text().strip()
        return json.loads(run(["/usr/bin/curl", "-sS", "--cacert", self.inside.root, "-H",
                               f"Authorization: Bearer {token}", *options, self.inside.admin_url + path]).stdout)

    def decide(self, word, request_id):
        """Inside, where the request has an id of its own."""
        pending = self.ask_inside("/v1/requests?state=pending")["items"]
        self.assertEqual(len(pending), 1)
        self.ask_inside(f"/v1/requests/{pending[0]['request_id']}/{word}", "-X", "POST", "-H",
                        "Content-Type: application/json", "-d",
                        json.dumps({"reason": "not today"} if word == "deny" else {}))


class RelayedAutomation(RelayedCertsrvCase, certsrv_test.Automation):
    pass


class RelayedLists(RelayedCertsrvCase):
    def crl(self, query):
        answer = self.curl(f"certcrl.crl?{query}")
        self.assertEqual((answer.status, answer.header("Content-Type")), (200, "application/pkix-crl"), answer.body[:300])
        return answer.body

    def text_of(self, crl):
        file, issuer = self.folder / "list.crl", self.folder / "chain.pem"
        file.write_bytes(crl)
        issuer.write_text(self.inside.issuing.read_text() + self.inside.root.read_text())
        told = run([OPENSSL, "crl", "-inform", "DER", "-in", file, "-noout", "-text", "-CAfile", issuer])
        self.assertIn("verify OK", told.stderr + told.stdout)
        return told.stdout

    def test_lists(self):
        """base and delta CRL of the authority inside, as it published them; a revocation is in the next delta"""
        wait_until(lambda: "Type=delta" in self.curl("certcarc.asp").text, "the relay has fetched the CRLs")
        base, delta = self.crl("Type=base&Renewal=0&Enc=bin"), self.crl("Type=delta")
        self.assertNotIn("Delta CRL Indicator", self.text_of(base))
        self.assertIn("Delta CRL Indicator", self.text_of(delta))
        self.assertTrue(self.crl("Type=base&Enc=b64").startswith(b"-----BEGIN X509 CRL-----"))
        for name, crl in (("issuing.crl", base), ("issuing-delta.crl", delta)):
            file = self.folder / name
            run(["/usr/bin/curl", "-sSf", "-o", file, f"{self.published}/{name}"])
            self.assertEqual(file.read_bytes(), crl)
        self.issued(self.submit(self.csr()[0]))
        serial = self.ask_inside("/v1/certificates")["items"][0]["serial"]
        self.ask_inside(f"/v1/certificates/{serial}/revoke", "-X", "POST", "-H", "Content-Type: application/json",
                        "-d", json.dumps({"reason": "superseded"}))
        wait_until(lambda: serial in self.text_of(self.crl("Type=delta")), "the next delta CRL")

    def test_own_list(self):
        """the caller's certificates say which template they are of"""
        self.issued(self.submit(self.csr()[0]))
        rows = re.findall(r"<tr>.*?</tr>", self.curl("certlist.asp").text, re.S)
        self.assertIn("WebServer", rows[1])


if __name__ == "__main__":
    import unittest
    unittest.main()
