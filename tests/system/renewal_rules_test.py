"""What a renewal may ask for, with openssl's bytes: template, version, names and SID of the old certificate."""

import contextlib
import hashlib
import json
import signal
import sqlite3
from pathlib import Path

from enrollment_test import NAME, OID, EnrollmentCase
from foreign_client import OPENSSL, RST, issue_pkcs10, issue_renewal, tlv
from lab.enrollment import CERTIFICATE_CES, PASSWORD_CES, web_template
from lab.files import write_yaml
from lab.policies import web_documents
from lab.processes import run, wait_until

BAD_VERSION, CONFLICT, BAD_SUBJECT, ACCESS_DENIED = "80094807", "80094802", "80094806", "80070005"
OTHER_OID = OID[:-1] + "9"
UPN = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8"
SID_OID = "1.3.6.1.4.1.311.25.2"
SID_URI = "tag:microsoft.com,2022-09-14:sid:"
SID, OTHER_SID = "S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-500"
DATA = Path(__file__).resolve().parent.parent / "data" / "enrollment"


def sid_extension(sid):
    """GeneralNames with one otherName 1.3.6.1.4.1.311.25.2.1, an OCTET STRING (KB5014754)."""
    oid = bytes.fromhex("060a2b060104018237190201")
    return tlv(0x30, tlv(0xA0, oid + tlv(0xA0, tlv(4, sid.encode()))))


def sid_line(sid):
    return f"{SID_OID}=DER:{sid_extension(sid).hex()}\n"


def extension_of(pem, oid):
    """The value in hexadecimal, as openssl asn1parse shows it; None without the extension."""
    parsed = run([OPENSSL, "asn1parse", "-in", pem]).stdout.split(f":{oid}\n")
    return parsed[1].split("[HEX DUMP]:")[1].split("\n")[0] if len(parsed) > 1 else None


class RenewalCase(EnrollmentCase):
    def renewal(self, pair, **asked):
        """The answer to a renewal of openssl's at the key-based endpoint, and the new key."""
        request, key = self.client.request(NAME, OID, "renewal", **asked)
        cms = self.client.renewal(request, key, pair)
        return self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair), key

    def adopted(self, names=None, more=""):
        """A certificate with what we never issue, made by openssl with the authority's key and put on record."""
        self.old_pair()
        request, key = self.client.request(NAME, OID, "adopted", names=names, more=more)
        config = self.client.folder / "adopted.cnf"
        config.write_text(config.read_text().replace("[ext]\n", "[ext]\nextendedKeyUsage=clientAuth,serverAuth\n"))
        state, der, pem = self.enrollment.state, self.client.folder / "adopted.der", self.client.folder / "adopted.pem"
        run([OPENSSL, "x509", "-req", "-inform", "DER", "-in", request, "-CA", self.enrollment.issuing, "-CAkey",
             state / "issuing.key", "-days", "30", "-extfile", config, "-extensions", "ext", "-out", pem])
        run([OPENSSL, "x509", "-in", pem, "-outform", "DER", "-out", der])
        serial = run([OPENSSL, "x509", "-in", pem, "-noout", "-serial"]).stdout.strip().split("=")[1]
        content = der.read_bytes()
        with contextlib.closing(sqlite3.connect(state / "enrollment.db")) as database, database:
            added = database.execute(
                "INSERT INTO certificates (serial, request_id, subject, template, not_before, not_after, fingerprint, der) "
                "SELECT ?, request_id, subject, template, not_before, not_after, ?, ? FROM certificates "
                "ORDER BY rowid DESC LIMIT 1", (serial, hashlib.sha256(content).hexdigest(), content))
            self.assertEqual(added.rowcount, 1)
        return pem, key

    def assert_refused(self, reply, code):
        self.assertEqual(reply.status, 500, reply.text)
        self.assertEqual(f"{reply.error_code & 0xFFFFFFFF:08X}", code, reply.reason)


class TemplateVersion(RenewalCase):
    def raise_version(self, major, minor):
        write_yaml(self.enrollment.folder / "templates" / "WebServer.yaml",
                   web_template(version={"major": major, "minor": minor}))
        self.enrollment.process.send(signal.SIGHUP)
        wait_until(lambda: f'"{major}.{minor}"' in self.cli("templates", "--json").stdout, "the template is read again")

    def test_openssl(self):
        """100.4 is raised to 101.0: what has version 100.4 is renewed with it, and a new request for it is too new"""
        pair = self.old_pair()
        self.raise_version(101, 0)
        reply, key = self.renewal(pair)
        pem = self.assert_good(reply, key)
        self.assertEqual(self.version_of(pem), (101, 0))
        fresh, _ = self.client.request(NAME, OID)
        self.assert_refused(self.client.ask(PASSWORD_CES, RST, issue_pkcs10(fresh)), BAD_VERSION)
        self.assert_refused(self.renewal(pair, version=(100, 5))[0], BAD_VERSION)
        self.assert_good(*self.renewal(pair, version=(101, 0)))

    def version_of(self, pem):
        """The last two INTEGERs of extension 21.7."""
        numbers = bytes.fromhex(extension_of(pem, "1.3.6.1.4.1.311.21.7"))[-6:]
        return numbers[2], numbers[5]

    def test_agent(self):
        """100.4 is raised to 101.0 and the agent's renewal, which copies the version of the old certificate, goes on"""
        self.start_nginx()
        self.raise_version(101, 0)
        folder = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            write_yaml(folder / path, document)
        self.start_agent(policies=folder, labels={"role": "web"})
        self.wait_for_new_certificate()
        self.assert_pair_matches()
        self.assertEqual(self.version_of(self.nginx.certificate), (101, 0))
        denied = json.loads(self.cli("requests", "--state", "denied", "--json").stdout)["items"]
        self.assertEqual(denied, [])

    def test_paused(self):
        """100.4 is raised to 101.0 and the policy says pause: the agent's renewal waits for the host's admin, the controller is told"""
        self.start_nginx()
        old = self.nginx.certificate.read_text()
        self.raise_version(101, 0)
        documents = web_documents(self.enrollment)
        documents["policies/web-servers.yaml"]["on_template_change"] = "pause"
        self.start_controller(documents=documents)
        self.start_agent()
        told = self.heard("renewal.blocked")
        details = told["details"]
        self.assertEqual((details["by"], details["old_template_version"], details["template_version"]), ("template", "100.4", "101.0"))
        slot = told["slot_id"]
        self.assertIn("paused: the CA's template has version 101.0", self.agent.command("explain", slot).stdout)
        self.assertIn("100.4", self.agent.command("status").stdout)
        self.assertIn("version 101.0", self.controller.cli("renewals", "--json").stdout)
        self.assertEqual(self.nginx.certificate.read_text(), old)
        self.agent.command("resume", slot)
        self.wait_for_new_certificate()
        self.heard("slot.resumed")
        self.assertEqual(self.version_of(self.nginx.certificate), (101, 0))
        issued = json.loads(self.cli("requests", "--state", "issued", "--json").stdout)["items"]
        self.assertEqual(len(issued), 3)  # of the service, of nginx, and one for the renewal


class Names(RenewalCase):
    templates = [web_template(),
                 web_template(name="Other", oid=OTHER_OID, rights={"enroll": {"users": ["web-enroller"]}})]

    def test_another_template(self):
        """a renewal for a template that the caller may enrol for, but that is not the old certificate's"""
        pair = self.old_pair()
        request, key = self.client.request(NAME, OTHER_OID, "elsewhere")
        cms = issue_renewal(self.client.renewal(request, key, pair))
        self.assert_refused(self.client.ask(PASSWORD_CES, RST, cms), CONFLICT)
        self.assert_refused(self.client.ask_by_certificate(CERTIFICATE_CES, RST, cms, pair), CONFLICT)

    def test_wider(self):
        """the subject is equal, and the names are others or more: DNS, address, UPN, mail, URI"""
        pair = self.old_pair()
        own = f"DNS:{NAME}"
        for names in (["DNS:host8.example.test"], [own, "DNS:host8.example.test"], [own, "IP:127.0.0.1"],
                      [own, f"{UPN}:administrator@example.test"], [f"{UPN}:administrator@example.test"],
                      [own, "email:administrator@example.test"], [own, f"URI:{SID_URI}{SID}"]):
            with self.subTest(names):
                self.assert_refused(self.renewal(pair, names=names)[0], BAD_SUBJECT)
        self.assert_good(*self.renewal(pair))

    def test_narrower(self):
        """fewer of the old certificate's names, or none: the new one has all of the old; none beyond them"""
        every = [f"DNS:{NAME}", f"{UPN}:ann@example.test", "email:ann@example.test", f"URI:{SID_URI}{SID}"]
        pair = self.adopted(names=every)
        old = self.names_of(pair[0])
        for names in (every, every[:1], every[2::-1], []):
            with self.subTest(names):
                pem = self.assert_good(*self.renewal(pair, names=names))
                self.assertEqual(self.names_of(pem), old)
        for more in (f"{UPN}:bob@example.test", "email:bob@example.test", f"URI:{SID_URI}{OTHER_SID}"):
            with self.subTest(more):
                self.assert_refused(self.renewal(pair, names=[*every, more])[0], BAD_SUBJECT)

    def names_of(self, pem):
        """Extension 2.5.29.17 as it stands in the certificate."""
        return extension_of(pem, "X509v3 Subject Alternative Name")


class Sid(RenewalCase):
    def test_bytes(self):
        """the extension of these tests is the one of the protocol notes' sample certificate"""
        sample = (DATA / "cert1.der").read_bytes()
        self.assertIn(sid_extension("S-1-5-21-1004336348-1177238915-682003330-1108"), sample)

    def test_kept(self):
        """the old certificate has a SID: equal or none asked, the new one has it; another's is refused"""
        pair = self.adopted(more=sid_line(SID))
        for asked in ("", sid_line(SID)):
            pem = self.assert_good(*self.renewal(pair, more=asked))
            self.assertEqual(extension_of(pem, SID_OID), sid_extension(SID).hex().upper())
        for asked in (sid_line(OTHER_SID), sid_line(SID + "0"), f"{SID_OID}=DER:0401{ord('x'):02x}\n"):
            self.assert_refused(self.renewal(pair, more=asked)[0], ACCESS_DENIED)

    def test_none(self):
        """the old certificate has no SID: none comes into the new one"""
        pair = self.old_pair()
        self.assert_refused(self.renewal(pair, more=sid_line(SID))[0], ACCESS_DENIED)
        pem = self.assert_good(*self.renewal(pair))
        self.assertIsNone(extension_of(pem, SID_OID))

    def test_new(self):
        """a new request chooses no SID, neither as extension nor as URI"""
        request, _ = self.client.request(NAME, OID, more=sid_line(SID))
        self.assert_refused(self.client.ask(PASSWORD_CES, RST, issue_pkcs10(request)), ACCESS_DENIED)
        request, _ = self.client.request(NAME, OID, names=[f"DNS:{NAME}", f"URI:{SID_URI}{SID}"])
        self.assert_refused(self.client.ask(PASSWORD_CES, RST, issue_pkcs10(request)), "80094001")


if __name__ == "__main__":
    import unittest
    unittest.main()
