"""perennial-enrollment as others see it: curl, openssl and Python's XML reader."""

import hashlib
import json
import re

from foreign_client import A, E, GET_POLICIES, OPENSSL, P, RST, S, ForeignClient
from foreign_client import get_policies, issue_pkcs10, issue_renewal, query
from lab.enrollment import Enrollment
from lab.enrollment import CERTIFICATE_CEP, CERTIFICATE_CES, PASSWORD_CEP, PASSWORD_CES, web_template
from lab.files import write, write_yaml
from lab.processes import LabError, run
from system_case import HOST, SystemCase

NAME = "host7.example.test"
OID = web_template()["oid"]
DENIED = -2146877420   # 0x80094014 CERTSRV_E_ADMIN_DENIED_REQUEST
REVOKED = -2146885616  # 0x80092010 CRYPT_E_REVOKED


class EnrollmentCase(SystemCase):
    templates = None

    def setUp(self):
        super().setUp()
        self.start_enrollment(self.templates)
        self.client = ForeignClient(self.lab.folder / "client", self.enrollment)
        self.cli_config = self.lab.folder / "perennial.yaml"
        write_yaml(self.cli_config, {"enrollment": {
            "url": self.enrollment.admin_url, "trust_file": self.enrollment.root,
            "token_file": self.enrollment.admin_token}})

    def cli(self, *arguments):
        return run([self.lab.program("perennial"), "--config", self.cli_config, "enrollment", *arguments])

    def restart(self):
        self.enrollment.process.stop()
        self.enrollment.start()

    def submit(self, name=NAME, label="new"):
        request, key = self.client.request(name, OID, label)
        return self.client.ask(PASSWORD_CES, RST, issue_pkcs10(request)), key

    def old_pair(self, name=NAME):
        pair = self.client.folder / "old.pem", self.client.folder / "old.key"
        self.enrollment.issue_test(*pair, name)
        return pair

    def assert_shut_out(self, pair):
        """Neither key-based endpoint takes the certificate any more, nor the other one a renewal of it."""
        cms = issue_renewal(self.client.renewal(*self.client.request(NAME, OID, "shut-out"), pair))
        for path, action, body in ((CERTIFICATE_CEP, GET_POLICIES, get_policies()), (CERTIFICATE_CES, RST, cms)):
            reply = self.client.ask_by_certificate(path, action, body, pair)
            self.assertEqual(reply.status, 500, reply.text)
            self.assertIn("FailedAuthentication", reply.text)
            self.assertNotIn("WebServer", reply.text)
        reply = self.client.ask(PASSWORD_CES, RST, cms)
        self.assertEqual((reply.status, reply.error_code), (500, REVOKED), reply.text)

    def assert_good(self, reply, key):
        """openssl takes the answer: its signature, its chain, its names and its key."""
        self.assertEqual(reply.status, 200, reply.text)
        cms, certificate = reply.tokens()
        signed = self.client.save(cms, "answer.p7")
        run([OPENSSL, "cms", "-verify", "-inform", "DER", "-in", signed, "-CAfile", self.enrollment.root,
             "-purpose", "any", "-out", self.client.folder / "answer.content"])
        file = self.client.save(certificate, "issued.der")
        pem = self.client.folder / "issued.pem"
        run([OPENSSL, "x509", "-inform", "DER", "-in", file, "-out", pem])
        run([OPENSSL, "verify", "-x509_strict", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             "-verify_hostname", NAME, pem])
        ours = run([OPENSSL, "pkey", "-in", key, "-pubout"]).stdout
        self.assertEqual(run([OPENSSL, "x509", "-in", pem, "-noout", "-pubkey"]).stdout, ours)
        return pem


class ForeignEnrollment(EnrollmentCase):
    def test_get_policies(self):
        """GetPolicies: the elements in the schema's order, flags as unsigned decimals"""
        reply = self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies())
        self.assertEqual(reply.status, 200, reply.text)
        answer = reply.xml.find(f".//{P}GetPoliciesResponse")
        self.assertEqual([child.tag for child in answer], [P + "response", P + "cAs", P + "oIDs"])
        self.assertEqual([child.tag for child in answer.find(P + "response")],
                         [P + tag for tag in ("policyID", "policyFriendlyName", "nextUpdateHours",
                                              "policiesNotChanged", "policies")])
        attributes = answer.find(f".//{P}attributes")
        self.assertEqual([child.tag for child in attributes], [P + tag for tag in (
            "commonName", "policySchema", "certificateValidity", "permission", "privateKeyAttributes", "revision",
            "supersededPolicies", "privateKeyFlags", "subjectNameFlags", "enrollmentFlags", "generalFlags",
            "hashAlgorithmOIDReference", "rARequirements", "keyArchivalAttributes", "extensions")])
        self.assertEqual(attributes.findtext(P + "commonName"), "WebServer")
        for flags in ("privateKeyFlags", "subjectNameFlags", "enrollmentFlags", "generalFlags"):
            self.assertRegex(attributes.findtext(P + flags), r"^\d+$")
        self.assertEqual(reply.value(A + "RelatesTo"), "urn:uuid:00000000-0000-4000-8000-0000000000aa")

    def test_issue(self):
        """a PKCS#10 of openssl's is issued, and openssl takes the answer"""
        reply, key = self.submit()
        self.assert_good(reply, key)

    def test_name_outside_the_template(self):
        """a name the template does not allow is refused with a fault"""
        reply, _ = self.submit("host7.example.org")
        self.assertEqual(reply.status, 500)
        self.assertIn("does not allow", reply.reason)

    def test_renewal(self):
        """a CMS of openssl's, the old certificate as curl's --cert, at the key-based endpoints"""
        pair = self.old_pair()
        policies = self.client.ask_by_certificate(CERTIFICATE_CEP, GET_POLICIES, get_policies(), pair)
        self.assertEqual(policies.value(P + "commonName"), "WebServer", policies.text)
        request, key = self.client.request(NAME, OID)
        cms = self.client.renewal(request, key, pair)
        self.assert_good(self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair), key)

    def test_renewal_with_another_tls_certificate(self):
        """the certificate of TLS must be the one that is renewed"""
        pair = self.old_pair()
        other = self.client.folder / "other.pem", self.client.folder / "other.key"
        self.enrollment.issue_test(*other, "host8.example.test")
        cms = self.client.renewal(*self.client.request(NAME, OID), pair)
        reply = self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), other)
        self.assertEqual(reply.status, 500)
        self.assertIn("TLS client certificate", reply.reason)

    def test_new_request_at_the_renewal_endpoint(self):
        """a bare PKCS#10 at the endpoint for renewals is refused, and the fault says so"""
        request, _ = self.client.request(NAME, OID)
        reply = self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_pkcs10(request), self.old_pair())
        self.assertEqual(reply.status, 500)
        self.assertIn("renewals only", reply.reason)

    def test_wrong_password(self):
        """a wrong password, an unknown user, no password and no certificate: one fault, HTTP 500"""
        for user, password in (("web-enroller", "wrong"), ("nobody", "wrong")):
            reply = self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies(), user, password)
            self.assertEqual(reply.status, 500)
            self.assertIn("FailedAuthentication", reply.text)
            self.assertNotIn("WebServer", reply.text)
        for path in (PASSWORD_CEP, CERTIFICATE_CEP):
            url = self.enrollment.url(path)
            reply = self.client.post(url, self.client.envelope(url, GET_POLICIES, get_policies()))
            self.assertEqual(reply.status, 500)
            self.assertIn("FailedAuthentication", reply.text)

    def test_what_is_no_message(self):
        """DOCTYPE, another content type, GET and an unknown path are refused"""
        url = self.enrollment.url(PASSWORD_CEP)
        text = self.client.envelope(url, GET_POLICIES, get_policies(), "web-enroller", self.enrollment.password)
        doctype = self.client.post(url, '<!DOCTYPE s [<!ENTITY e "x">]>' + text)
        self.assertEqual(doctype.status, 500)
        self.assertEqual(doctype.value(S + "Value"), "s:Sender", doctype.text)
        wrong = self.client.post(url, text, content_type="text/xml")
        self.assertEqual(wrong.status, 500)
        self.assertIn("Content-Type", wrong.reason)
        self.assertEqual(self.client.curl(url).status, 405)
        self.assertEqual(self.client.post(url + "x", text).status, 404)

    def test_paths(self):
        """letter case and %20 in a path do not matter"""
        for path in (PASSWORD_CEP.upper(), PASSWORD_CEP.lower()):
            self.assertEqual(self.client.ask(path, GET_POLICIES, get_policies()).status, 200)
        request, key = self.client.request(NAME, OID)
        self.assertIn(" ", PASSWORD_CES)
        self.assert_good(self.client.ask(PASSWORD_CES.lower(), RST, issue_pkcs10(request)), key)

    def test_revoked_certificate(self):
        """revoked by the operator: the certificate opens neither endpoint, and is not renewed by password"""
        pair = self.old_pair()
        asked = self.client.ask_by_certificate(CERTIFICATE_CEP, GET_POLICIES, get_policies(), pair)
        self.assertEqual(asked.status, 200)
        self.enrollment.revoke(pair[0])
        self.assert_shut_out(pair)

    def test_lock_out(self):
        """after ten wrong passwords the right one is refused too"""
        for _ in range(10):
            self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies(), password="wrong")
        reply = self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies())
        self.assertEqual(reply.status, 500)
        self.assertIn("FailedAuthentication", reply.text)

    def test_perennial_enroller(self):
        """perennial-enroller first is given a certificate at once"""
        done = first(self)
        self.assertEqual(done.returncode, 0, done.stderr)
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             self.client.folder / "first.pem"])


def first(case):
    return run([case.lab.program("perennial-enroller"), "first", "--policy-url", case.enrollment.url(PASSWORD_CEP),
                "--trust-file", case.enrollment.root, "--user", "web-enroller",
                "--password-file", case.enrollment.password_file, "--template", "WebServer", "--name", NAME,
                "--certificate-file", case.client.folder / "first.pem",
                "--key-file", case.client.folder / "first.key"], check=False)


class Pending(EnrollmentCase):
    templates = [web_template(manager_approval=True)]

    def taken(self, label="new"):
        reply, key = self.submit(label=label)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNone(reply.tokens()[1])
        return reply.value(E + "RequestID"), key

    def asked(self, request_id, **who):
        return self.client.ask(PASSWORD_CES, RST, query(request_id), **who)

    def test_approved(self):
        """pending over a restart, approved, issued"""
        request_id, key = self.taken()
        self.restart()
        self.assertIsNone(self.asked(request_id).tokens()[1])
        self.cli("approve", request_id)
        self.assert_good(self.asked(request_id), key)

    def test_stricter_meanwhile(self):
        """a template that became stricter, or builds names by now: approving is refused with the reason, the request still waits"""
        request_id, key = self.taken()
        file = self.enrollment.folder / "templates" / "WebServer.yaml"
        built = {**web_template(subject="built", key_based_renewal=False),
                 "built_from": {"common_name": "caller", "alternative_names": ["dns"]}}
        del built["names"]
        ra = {"count": 1, "extended_key_usages": ["1.3.6.1.4.1.311.20.2.1"]}
        for template, why in ((web_template(manager_approval=True, key={"algorithms": ["ec-p384"]}), "does not allow it by now"),
                              (web_template(manager_approval=True, ra_signatures=ra), "signature of a registration authority"),
                              (built, "builds names")):
            write_yaml(file, template)
            self.restart()
            with self.assertRaisesRegex(LabError, why):
                self.cli("approve", request_id)
            self.assertIsNone(self.asked(request_id).tokens()[1])
        write_yaml(file, self.templates[0])
        self.restart()
        self.cli("approve", request_id)
        self.assert_good(self.asked(request_id), key)

    def test_denied(self):
        """pending, denied, and after a restart the fault is CERTSRV_E_ADMIN_DENIED_REQUEST; what was decided stays so"""
        request_id, _ = self.taken()
        self.cli("deny", request_id, "--reason", "not this host")
        self.restart()
        reply = self.asked(request_id)
        self.assertEqual(reply.status, 500)
        self.assertEqual(reply.error_code, DENIED)
        self.assertEqual(reply.value(E + "RequestID"), request_id)
        for again in (("approve", request_id), ("deny", request_id, "--reason", "once more")):
            with self.assertRaisesRegex(LabError, "is not pending but denied"):
                self.cli(*again)

    def test_another_caller(self):
        """the state of a request is told to its requester only"""
        request_id, _ = self.taken()
        self.enrollment.process.stop()
        other = write(self.lab.folder / "other-password", "another password", 0o600)
        run([self.enrollment.program, "user", "add", "--config", self.enrollment.config, "--name", "other",
             "--password-file", other])
        self.enrollment.start()
        self.cli("approve", request_id)
        reply = self.asked(request_id, user="other", password="another password")
        self.assertEqual(reply.status, 500)
        self.assertIn("another user's", reply.reason)
        self.assertEqual(self.asked(request_id).status, 200)

    def test_perennial_enroller(self):
        """perennial-enroller first: pending is exit status 3; run again after the approval it has the certificate"""
        waiting = first(self)
        self.assertEqual(waiting.returncode, 3, waiting.stderr)
        request_id = re.search(r"\d+", self.cli("requests", "--json").stdout.split('"request_id"')[1]).group(0)
        self.cli("approve", request_id)
        done = first(self)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             self.client.folder / "first.pem"])


class PendingRenewal(EnrollmentCase):
    templates = [web_template(manager_approval=True, key_based_renewal=False)]

    def waiting(self):
        pair = self.old_pair()
        request, key = self.client.request(NAME, OID)
        reply = self.client.ask(PASSWORD_CES, RST, issue_renewal(self.client.renewal(request, key, pair)))
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNone(reply.tokens()[1])
        return reply.value(E + "RequestID"), pair, key

    def test_stricter_meanwhile(self):
        """a renewal whose template became stricter, or whose certificate was revoked meanwhile, is not approved"""
        request_id, pair, _ = self.waiting()
        file = self.enrollment.folder / "templates" / "WebServer.yaml"
        ra = {"count": 1, "extended_key_usages": ["1.3.6.1.4.1.311.20.2.1"]}
        for change, why in (({"key": {"algorithms": ["ec-p384"]}}, "does not allow it by now"),
                            ({"ra_signatures": ra}, "signature of a registration authority")):
            write_yaml(file, web_template(manager_approval=True, key_based_renewal=False, **change))
            self.restart()
            with self.assertRaisesRegex(LabError, why):
                self.cli("approve", request_id)
        write_yaml(file, self.templates[0])
        self.restart()
        self.enrollment.revoke(pair[0])
        with self.assertRaisesRegex(LabError, "revoked by now"):
            self.cli("approve", request_id)
        self.assertEqual([r["state"] for r in json.loads(self.cli("requests", "--json").stdout)["items"]
                          if str(r["request_id"]) == request_id], ["pending"])

    def test_renewal_approved(self):
        """a renewal that waited for approval: the event of its certificate says which one it renews"""
        request_id, pair, key = self.waiting()
        old = run(["/usr/bin/openssl", "x509", "-in", pair[0], "-noout", "-serial"]).stdout.strip().split("=")[1]
        self.cli("approve", request_id)
        events = json.loads(self.cli("events", "--json").stdout)["items"]
        renewed = [e for e in events if e["kind"] == "certificate.issued" and "renews" in e["details"]]
        self.assertEqual([e["details"]["renews"] for e in renewed], [old])
        spki = self.client.folder / "spki.der"
        run(["/usr/bin/openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", spki])
        self.assertEqual(renewed[0]["details"]["public_key_sha256"], hashlib.sha256(spki.read_bytes()).hexdigest())


class Templates(SystemCase):
    def test_dangerous_templates(self):
        """ESC1, ESC2, ESC3 and an unknown key: --check-config names the file, the line and why"""
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare()
        file = self.enrollment.folder / "templates" / "WebServer.yaml"
        check = [self.enrollment.program, "--config", self.enrollment.config, "--check-config"]
        run(check)
        for changes, why in (({"rights": {"enroll": {"users": ["*"]}}}, "ESC1"),
                             ({"extended_key_usages": ["2.5.29.37.0"]}, "ESC2"),
                             ({"extended_key_usages": ["1.3.6.1.4.1.311.20.2.1"]}, "ESC3"),
                             ({"surprise": "x"}, "surprise")):
            write_yaml(file, web_template(**changes))
            done = run(check, check=False)
            self.assertEqual(done.returncode, 2, why)
            self.assertRegex(done.stderr, r"WebServer\.yaml:\d+")
            self.assertIn(why, done.stderr)


if __name__ == "__main__":
    import unittest
    unittest.main()
