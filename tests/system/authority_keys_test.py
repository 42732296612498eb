"""An authority of each kind of key, in a file and in a token: openssl takes all that it signs."""

import os

from enrollment_test import NAME, OID
from foreign_client import OPENSSL, RST, issue_renewal
from issuing_test import IssuingCase
from lab.enrollment import AUTHORITY, CERTIFICATE_CES
from lab.files import write
from lab.processes import run
from lab.softhsm import Token

RSA, ECDSA = "sha256WithRSAEncryption", "ecdsa-with-SHA384"
LISTS = ("issuing.crl", "issuing-delta.crl")


class AuthorityCase(IssuingCase):
    def authority(self, **more):
        return {"authority": {"name": AUTHORITY, "root_name": "Example Root", **more}}

    def assert_signs(self, algorithm, kind):
        """A first request, a renewal, revocation with both CRLs and OCSP: every signature verified, and of that kind."""
        reply, key = self.submit()
        pem = self.assert_good(reply, key)  # the CMC answer and the chain
        shown = run([OPENSSL, "cms", "-cmsout", "-print", "-inform", "DER", "-in", self.client.folder / "answer.p7"]).stdout
        signer = shown[shown.index("signerInfos:"):]
        self.assertIn(kind, signer)
        for certificate in (pem, self.enrollment.issuing, self.enrollment.root):
            self.assert_signed(algorithm, run([OPENSSL, "x509", "-in", certificate, "-noout", "-text"]).stdout)
        pair = pem.rename(self.client.folder / "renewed.pem"), key.rename(self.client.folder / "renewed.key")
        request, key = self.client.request(NAME, OID, "again")
        cms = self.client.renewal(request, key, pair)
        again = self.assert_good(self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair), key)
        self.assertIn(": OK", self.verify(again))
        self.assert_answers(again, "good", algorithm)
        base = self.number()
        self.enrollment.revoke(again, "superseded")
        self.assertEqual(self.number(), base)  # it is the delta CRL that says so
        self.assertIn("certificate revoked", self.verify(again))
        self.assert_answers(again, "revoked", algorithm)
        self.cli("crl", "publish")
        self.assertGreater(self.number(), base)
        self.assertIn("certificate revoked", self.verify(again))
        run([self.enrollment.program, "root-crl", "--config", self.enrollment.config])
        for name, issuer in ((LISTS[0], self.enrollment.issuing), (LISTS[1], self.enrollment.issuing),
                             ("root.crl", self.enrollment.root)):
            text = run([OPENSSL, "crl", "-inform", "DER", "-in", self.fetch(name), "-noout", "-text", "-CAfile", issuer])
            self.assertIn("verify OK", text.stderr, name)
            self.assert_signed(algorithm, text.stdout)
        self.assertIn(": OK", self.verify(pair[0], "-crl_check_all", lists=(*LISTS, "root.crl")))

    def assert_answers(self, pem, status, algorithm):
        told = self.ocsp(pem, "-resp_text")
        self.assertIn("Response verify OK", told)
        self.assertIn(f": {status}", told)
        self.assertIn(f"Signature Algorithm: {algorithm}", told)

    def assert_signed(self, algorithm, text):
        self.assertEqual(set(line.split(": ")[1] for line in text.splitlines() if "Signature Algorithm: " in line), {algorithm})


class RsaInFiles(AuthorityCase):
    def start_enrollment(self, templates=None):
        self.more = self.authority(key_type="rsa-3072")
        super().start_enrollment(templates)

    def test_rsa(self):
        """RSA keys of 3072 bits in files: issued, renewed, revoked, CRL, delta CRL and OCSP, all verified by openssl"""
        self.assertIn("Public-Key: (3072 bit)", run([OPENSSL, "x509", "-in", self.enrollment.issuing, "-noout", "-text"]).stdout)
        self.assert_signs(RSA, "rsaEncryption")


class TokenCase(AuthorityCase):
    """Both authorities' keys in SoftHSM2; the PIN comes from a file."""

    key = []

    def setUp(self):
        self.addCleanup(os.environ.pop, "SOFTHSM2_CONF", None)
        super().setUp()

    def start_enrollment(self, templates=None):
        self.token = Token(self.lab.folder / "token")
        os.environ["SOFTHSM2_CONF"] = str(self.token.config)
        for number, label in enumerate(("root", "issuing"), 1):
            file = self.token.folder / f"{label}.pem"
            run([OPENSSL, "genpkey", *self.key, "-out", file], timeout=300)  # RSA takes long where others work too
            self.token.take(file, label, number)
        self.more = self.authority(pkcs11=self.token.settings(issuing_key="issuing", root_key="root"))
        super().start_enrollment(templates)

    def assert_in_the_token(self):
        self.assertEqual([file.name for file in self.enrollment.state.glob("*.key")], ["tls.key"])
        self.assertEqual(self.token.places_of_the_pin(self.lab.folder, self.enrollment.process), [])


class RsaInToken(TokenCase):
    key = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]

    def test_rsa(self):
        """RSA keys of 3072 bits in a token: issued, renewed, revoked, CRL, delta CRL and OCSP, all verified by openssl"""
        self.assertIn("Public-Key: (3072 bit)", run([OPENSSL, "x509", "-in", self.enrollment.issuing, "-noout", "-text"]).stdout)
        self.assert_signs(RSA, "rsaEncryption")
        self.assert_in_the_token()


class EcInToken(TokenCase):
    key = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]

    def test_issue_and_revoke(self):
        """P-384 keys in a token: issued, renewed, revoked and answered for: no key is in a file, no PIN but in its own"""
        self.assertIn("secp384r1", run([OPENSSL, "x509", "-in", self.enrollment.root, "-noout", "-text"]).stdout)
        self.assert_signs(ECDSA, "ecdsa-with-SHA384")
        self.assert_in_the_token()

    def test_pin_file(self):
        """a PIN that others can read is refused, and so is a wrong one; nobody is asked"""
        self.enrollment.process.stop()
        start = [self.enrollment.program, "run", "--config", self.enrollment.config]
        self.token.pin_file.chmod(0o644)
        self.assertIn("can be read by others", run(start, check=False).stderr)
        write(self.token.pin_file, "9999", 0o600)
        refused = run(start, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("check the address, the token and the PIN", refused.stderr)
        self.assertNotIn("9999", refused.stderr)
        write(self.token.pin_file, self.token.pin, 0o600)
        self.enrollment.start()


if __name__ == "__main__":
    import unittest
    unittest.main()
