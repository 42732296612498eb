"""Revocation, CRLs and OCSP of perennial-enrollment as openssl and curl see them, by the operator's commands."""

import os

from enrollment_test import EnrollmentCase
from foreign_client import GET_POLICIES, OPENSSL, get_policies
from lab.enrollment import CERTIFICATE_CEP, Enrollment
from lab.processes import free_port, run, wait_until


class IssuingCase(EnrollmentCase):
    publication = {}
    more = {}

    def setUp(self):
        self.port = free_port()
        super().setUp()
        self.trust = self.lab.folder / "trust.pem"
        self.trust.write_text(self.enrollment.root.read_text() + self.enrollment.issuing.read_text())

    def start_enrollment(self, templates=None):
        self.url = f"http://127.0.0.1:{self.port}"
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare(templates, {"publication": {
            "listen": {"host": "127.0.0.1", "port": self.port}, "url": self.url,
            "delta_crl": {"period": "1d", "overlap": "12h"}, **self.publication}, **self.more})
        self.enrollment.environment = {name: os.environ[name] for name in ("SOFTHSM2_CONF",) if name in os.environ}
        self.enrollment.start()

    def fetch(self, name):
        file = self.lab.folder / name
        run(["/usr/bin/curl", "-sSf", "-o", file, f"{self.url}/{name}"])
        return file

    def fetched_pem(self, *names):
        text = "".join(run([OPENSSL, "crl", "-inform", "DER", "-in", self.fetch(name)]).stdout for name in names)
        file = self.lab.folder / "lists.pem"
        file.write_text(text)
        return file

    def verify(self, pem, *more, lists=("issuing.crl", "issuing-delta.crl")):
        done = run([OPENSSL, "verify", "-crl_check", "-extended_crl", "-use_deltas", "-CAfile", self.trust,
                    "-CRLfile", self.fetched_pem(*lists), *more, pem], check=False)
        return done.stdout + done.stderr

    def ocsp(self, pem, *more):
        done = run([OPENSSL, "ocsp", *more, "-issuer", self.enrollment.issuing, "-CAfile", self.trust, "-cert", pem,
                    "-url", run([OPENSSL, "x509", "-in", pem, "-noout", "-ocsp_uri"]).stdout.strip()], check=False)
        return done.stdout + done.stderr

    def number(self, name="issuing.crl"):
        text = run([OPENSSL, "crl", "-inform", "DER", "-in", self.fetch(name), "-noout", "-crlnumber"]).stdout
        return int(text.strip().split("=")[1], 16)

    @staticmethod
    def serial_of(pem):
        return run([OPENSSL, "x509", "-in", pem, "-noout", "-serial"]).stdout.strip().split("=")[1]


class Revocation(IssuingCase):
    def test_revoke(self):
        """revoked by the operator: delta CRL, OCSP and every endpoint refuse it; after a restart still"""
        pem, key = self.old_pair()
        asked = self.client.ask_by_certificate(CERTIFICATE_CEP, GET_POLICIES, get_policies(), (pem, key))
        self.assertEqual(asked.status, 200)
        self.assertIn(": OK", self.verify(pem))
        self.assertIn(": good", self.ocsp(pem))
        base = self.number()
        self.cli("revoke", self.serial_of(pem), "--reason", "keyCompromise")
        self.assertEqual(self.number(), base)
        self.assertIn("certificate revoked", self.verify(pem))
        self.assertIn("Reason: keyCompromise", self.ocsp(pem))
        self.assert_shut_out((pem, key))
        delta = self.number("issuing-delta.crl")
        self.restart()
        self.assertEqual(self.number("issuing-delta.crl"), delta)
        self.assertIn("certificate revoked", self.verify(pem))
        self.assert_shut_out((pem, key))
        self.cli("crl", "publish")
        self.assertGreater(self.number(), delta)
        self.assertIn("certificate revoked", self.verify(pem))
        events = self.cli("events", "--json").stdout
        self.assertIn('"adcs_event":4870', events.replace(" ", ""))
        self.assertIn('"adcs_event":4872', events.replace(" ", ""))

    def test_hold(self):
        """certificateHold is taken back with removeFromCRL, another reason is not"""
        pem, _ = self.old_pair()
        serial = self.serial_of(pem)
        self.cli("revoke", serial, "--reason", "certificateHold")
        self.assertIn("certificate revoked", self.verify(pem))
        self.cli("revoke", serial, "--reason", "removeFromCRL")
        self.assertIn(": OK", self.verify(pem))
        self.cli("revoke", serial, "--reason", "superseded")
        again = run([self.lab.program("perennial"), "--config", self.cli_config, "enrollment", "revoke", serial,
                     "--reason", "removeFromCRL"], check=False)
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("not on hold", again.stderr)

    def test_chain_by_address(self):
        """from a leaf alone: its issuer and the root are found by AIA, every CRL by CDP"""
        pem, _ = self.old_pair()
        text = run([OPENSSL, "x509", "-in", pem, "-noout", "-text"]).stdout
        for name in ("issuing.crl", "issuing-delta.crl", "issuing.crt", "ocsp"):
            self.assertIn(f"URI:{self.url}/{name}\n", text)
        issuing = run([OPENSSL, "x509", "-inform", "DER", "-in", self.fetch("issuing.crt"), "-text"]).stdout
        self.assertIn(f"URI:{self.url}/root.crt\n", issuing)
        self.assertIn(f"URI:{self.url}/root.crl\n", issuing)
        root = run([OPENSSL, "x509", "-inform", "DER", "-in", self.fetch("root.crt")]).stdout
        self.assertEqual(root, run([OPENSSL, "x509", "-in", self.enrollment.root]).stdout)
        self.assertIn(": OK", self.verify(pem, "-crl_check_all",
                                          lists=("issuing.crl", "issuing-delta.crl", "root.crl")))


class OnTime(IssuingCase):
    publication = {"crl": {"period": "4s", "overlap": "1h"}, "delta_crl": {"period": "2s", "overlap": "1h"}}

    def test_published_on_time(self):
        """the next CRL comes when its time has come, and its number is higher"""
        first = self.number()
        wait_until(lambda: self.number() > first, "the next CRL", 20)


if __name__ == "__main__":
    import unittest
    unittest.main()
