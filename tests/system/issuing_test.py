"""Revocation, CRLs and OCSP of perennial-enrollment as openssl and curl see them, by the operator's commands."""

import os

from enrollment_test import EnrollmentCase
from foreign_client import OPENSSL
from lab.enrollment import AUTHORITY, Enrollment
from lab.files import write
from lab.processes import free_port, run, wait_until

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


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

    def ocsp(self, pem):
        done = run([OPENSSL, "ocsp", "-issuer", self.enrollment.issuing, "-CAfile", self.trust, "-cert", pem,
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
        """revoked by the operator: delta CRL, OCSP and both endpoints refuse it; after a restart still"""
        pem, key = self.old_pair()
        self.assertIn(": OK", self.verify(pem))
        self.assertIn(": good", self.ocsp(pem))
        base = self.number()
        self.cli("revoke", self.serial_of(pem), "--reason", "keyCompromise")
        self.assertEqual(self.number(), base)
        self.assertIn("certificate revoked", self.verify(pem))
        self.assertIn("Reason: keyCompromise", self.ocsp(pem))
        delta = self.number("issuing-delta.crl")
        self.restart()
        self.assertEqual(self.number("issuing-delta.crl"), delta)
        self.assertIn("certificate revoked", self.verify(pem))
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


class Token(IssuingCase):
    """Both authorities' keys in SoftHSM2; the PIN comes from a file."""

    def setUp(self):
        self.addCleanup(os.environ.pop, "SOFTHSM2_CONF", None)
        super().setUp()

    def start_enrollment(self, templates=None):
        folder = self.lab.folder / "token"
        (folder / "tokens").mkdir(parents=True)
        config = write(folder / "softhsm2.conf", f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(config)
        pin = write(folder / "pin", "2468\n", 0o600)
        run(["/usr/bin/softhsm2-util", "--init-token", "--free", "--label", "lab", "--pin", "2468", "--so-pin", "1357"])
        for number, label in enumerate(("root", "issuing"), 1):
            key = folder / f"{label}.pem"
            run([OPENSSL, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", key])
            run(["/usr/bin/softhsm2-util", "--import", key, "--token", "lab", "--label", label, "--id", f"0{number}",
                 "--pin", "2468"])
            key.unlink()
        self.pin = pin
        self.publication = {}
        self.more = {"authority": {"name": AUTHORITY, "root_name": "Token Root", "pkcs11": {
            "module": SOFTHSM, "pin_file": pin, "issuing_key": "pkcs11:token=lab;object=issuing;type=private",
            "root_key": "pkcs11:token=lab;object=root;type=private"}}}
        super().start_enrollment(templates)

    def test_issue_and_revoke(self):
        """issued, revoked and answered for with keys in a token: no key is in a file, no PIN in a log"""
        self.assertEqual([file.name for file in self.enrollment.state.glob("*.key")], ["tls.key"])
        reply, key = self.submit()
        pem = self.assert_good(reply, key)
        self.assertIn(": good", self.ocsp(pem))
        self.cli("revoke", self.serial_of(pem), "--reason", "superseded")
        self.assertIn("certificate revoked", self.verify(pem))
        self.assertIn("Reason: superseded", self.ocsp(pem))
        run([self.enrollment.program, "root-crl", "--config", self.enrollment.config])
        self.assertIn("secp384r1", run([OPENSSL, "x509", "-in", self.enrollment.root, "-noout", "-text"]).stdout)
        for log in self.lab.folder.rglob("*.log"):
            self.assertNotIn("2468", log.read_text(errors="replace"))

    def test_pin_file(self):
        """a PIN that others can read is refused, and so is a wrong one; nobody is asked"""
        self.enrollment.process.stop()
        start = [self.enrollment.program, "run", "--config", self.enrollment.config]
        self.pin.chmod(0o644)
        self.assertIn("can be read by others", run(start, check=False).stderr)
        write(self.pin, "9999", 0o600)
        refused = run(start, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("check the address, the token and the PIN", refused.stderr)
        self.assertNotIn("9999", refused.stderr)
        write(self.pin, "2468", 0o600)
        self.enrollment.start()


class OnTime(IssuingCase):
    publication = {"crl": {"period": "4s", "overlap": "1h"}, "delta_crl": {"period": "2s", "overlap": "1h"}}

    def test_published_on_time(self):
        """the next CRL comes when its time has come, and its number is higher"""
        first = self.number()
        wait_until(lambda: self.number() > first, "the next CRL", 20)


if __name__ == "__main__":
    import unittest
    unittest.main()
