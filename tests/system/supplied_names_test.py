"""Names of a request's own choice: what is no host name, or hides one, is in no certificate. The bytes are openssl's."""

import json

from enrollment_test import NAME, OID
from foreign_client import OPENSSL, RST, issue_pkcs10, issue_renewal, tlv
from lab.enrollment import PASSWORD_CES, web_template
from lab.processes import run
from renewal_rules_test import OTHER_OID, RenewalCase, extension_of

BAD_REQUEST = "80094001"
UTF8, PRINTABLE, T61, IA5, BMP = 12, 19, 20, 22, 30
NAMES = "2.5.29.17"
STAR = "*.example.test"


def common_name(value, kind=UTF8):
    return tlv(0x31, tlv(0x30, bytes.fromhex("0603550403") + tlv(kind, value)))


def alternative(*names):
    return f"{NAMES}=DER:{tlv(0x30, b''.join(tlv(0x82, name) for name in names)).hex()}\n"


class NamesCase(RenewalCase):
    def asked(self, subject=None, more=None, oid=OID):
        """The answer to a new request, and its key; `subject`: the parts of the name, DER."""
        names = [f"DNS:{NAME}"] if more is None else []
        request, key = self.client.request(NAME, oid, "names", names=names, more=more or "")
        if subject is not None:
            request = self.client.with_subject(request, key, tlv(0x30, subject))
        return self.client.ask(PASSWORD_CES, RST, issue_pkcs10(request)), key

    def pair_of(self, reply, key):
        """What was issued, and its key, for a renewal."""
        pair = self.client.folder / "old.pem", key.rename(self.client.folder / "old.key")
        run([OPENSSL, "x509", "-inform", "DER", "-in", self.client.save(reply.tokens()[1], "old.der"), "-out", pair[0]])
        return pair


class HostNames(NamesCase):
    templates = [web_template(manager_approval=True, names=["*.example.test", "WEB7", "Ann Smith", "a,b", "10.0.0.7"])]

    def taken(self, *arguments):
        reply, _ = self.asked(*arguments)
        self.assertEqual(reply.status, 200, reply.text)

    def test_common_name(self):
        """a common name with NUL, line feed, spaces or a star, of any string type, or more than one: refused"""
        good = NAME.encode()
        wrong = [common_name(value) for value in (
            b"localhost\0.example.test", b"a\n b.example.test", b"admin of everything.example.test", STAR.encode(),
            b"*x*.example.test", b"a/b.example.test", b"-.example.test", b".example.test", b"a,b.example.test",
            "\u202eweb1.example.test".encode(), "w\u00e9b1.example.test".encode(), b"Ann Smith\0", b"")]
        wrong += [common_name("web1\0.example.test".encode("utf-16-be"), BMP), common_name(b"w\xe9b.example.test", T61),
                  common_name(good) + common_name(good), b"\x31\x00", b"\x31\x00" + common_name(good),
                  common_name(good) + b"\x31\x00",
                  tlv(0x31, tlv(0x30, bytes.fromhex("060355040a") + tlv(UTF8, good)))]
        for subject in wrong:
            with self.subTest(subject):
                self.assert_refused(self.asked(subject)[0], BAD_REQUEST)

    def test_right_common_names(self):
        """host names in each string type that has them, letter case aside; a short name, a person or an address that `names` has"""
        for subject in (common_name(NAME.encode()), common_name(NAME.upper().encode(), PRINTABLE), common_name(NAME.encode(), IA5),
                        common_name(NAME.encode(), T61), common_name(NAME.encode("utf-16-be"), BMP),
                        common_name(b"web_7.example.test"), common_name(b"web7", PRINTABLE), common_name(b"Ann Smith", PRINTABLE),
                        common_name(b"a,b"), common_name(b"10.0.0.7"), b""):
            with self.subTest(subject):
                self.taken(subject)

    def test_alternative_name(self):
        """a dNSName that is no host name: refused; `names` does not make one of it"""
        for name in (STAR.encode(), b"*x*.example.test", b"a/b.example.test", b"web1,x.example.test", b"-.example.test",
                     b"a,dns:dc1.example.test", b"web1\0.example.test", b"a b.example.test", b"Ann Smith", b"a,b",
                     b".example.test", b"a@web.example.test", b"x" * 64 + b".example.test"):
            with self.subTest(name):
                self.assert_refused(self.asked(None, alternative(name))[0], BAD_REQUEST)
        self.taken(None, alternative(b"Web1.example.TEST", b"web7", b"10.0.0.7"))

    def test_shown(self):
        """one name does not read as two in the list that an operator sees"""
        self.asked(None, alternative(b"a,dns:dc1.example.test"))
        listed = json.loads(self.cli("requests", "--state", "denied", "--json").stdout)["items"]
        self.assertEqual([item["names"] for item in listed], ["dns:a\\,dns:dc1.example.test"])


class Wildcards(NamesCase):
    templates = [web_template(wildcards=True), web_template(name="Plain", oid=OTHER_OID, supersedes=["WebServer"])]

    def test_wildcards(self):
        """a star only where the template says wildcards; it is renewed there, and not by a superseding template without"""
        star = common_name(STAR.encode())
        reply, key = self.asked(star, alternative(STAR.encode()))
        self.assertEqual(reply.status, 200, reply.text)
        pair = self.pair_of(reply, key)
        self.assert_refused(self.asked(star, alternative(STAR.encode()), OTHER_OID)[0], BAD_REQUEST)
        for name in (b"*.b.example.test", b"*", b"w*.example.test", b"*.*.example.test"):
            self.assert_refused(self.asked(None, alternative(name))[0], BAD_REQUEST)
        self.assertIn("2A2E", extension_of(pair[0], "X509v3 Subject Alternative Name"))
        for oid, taken in ((OID, True), (OTHER_OID, False)):
            request, key = self.client.request(STAR, oid, "renewal")
            reply = self.client.ask(PASSWORD_CES, RST, issue_renewal(self.client.renewal(request, key, pair)))
            self.assertEqual(reply.status == 200, taken, reply.text)


class Superseding(NamesCase):
    templates = [web_template(), web_template(name="Newer", oid=OTHER_OID, supersedes=["WebServer"], names=["host7.example.test"])]

    def test_common_name(self):
        """a superseding template renews no common name that it does not allow"""
        reply, key = self.asked(common_name(b"host8.example.test"))
        self.assertEqual(reply.status, 200, reply.text)
        pair = self.pair_of(reply, key)
        for oid, taken in ((OTHER_OID, False), (OID, True)):
            request, key = self.client.request("host8.example.test", oid, "renewal", names=[f"DNS:{NAME}"])
            reply = self.client.ask(PASSWORD_CES, RST, issue_renewal(self.client.renewal(request, key, pair)))
            self.assertEqual(reply.status == 200, taken, reply.text)
        self.assertIn("does not allow the subject", self.cli("requests", "--state", "denied", "--json").stdout)


if __name__ == "__main__":
    import unittest
    unittest.main()
