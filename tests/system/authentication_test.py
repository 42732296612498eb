"""How callers of perennial-enrollment prove who they are, with the real other sides: MIT's KDC, curl, python3-gssapi."""

import base64
import json
import re
from pathlib import Path

from foreign_client import GET_POLICIES, OPENSSL, P, RST, ForeignClient, Reply, get_policies, issue_pkcs10
from lab.enrollment import AUTHORITY, Enrollment, policy_id, web_template
from lab.files import write_yaml
from lab.kdc import Kdc
from lab.processes import LabError, run
from system_case import SystemCase

NAME = "host7.example.test"
OID = web_template()["oid"]
BOUND_CEP = "/ADPolicyProvider_CEP_Kerberos/service.svc/CEP"
BOUND_CES = f"/{AUTHORITY}_CES_Kerberos/service.svc/CES"
UNBOUND_CEP = "/Unbound_CEP_Kerberos/service.svc/CEP"
UNBOUND_CES = "/Unbound_CES_Kerberos/service.svc/CES"
TOKEN_MAKER = Path(__file__).with_name("negotiate_token.py")


def provider(path, authentication, **more):
    return {"path": path, "authentication": authentication, "policy_id": policy_id(path), "name": "Example", **more}


def service(path, authentication, **more):
    return {"path": path, "authentication": authentication, **more}


class KerberosCase(SystemCase):
    def setUp(self):
        super().setUp()
        self.kdc = Kdc(self.lab)
        self.kdc.prepare()
        self.keytab = self.kdc.add("HTTP/localhost")
        self.alice = self.kdc.add("alice")
        self.kdc.add("host/localhost")
        self.kdc.start()
        self.prepare_enrollment()
        self.enrollment.start()
        self.client = ForeignClient(self.lab.folder / "client", self.enrollment)

    def prepare_enrollment(self):
        self.enrollment = Enrollment(self.lab)
        template = web_template(rights={"enroll": {"users": ["alice"], "groups": ["kerberos-group"]}})
        self.enrollment.prepare([template], more={
            "kerberos": self.settings(),
            "policy_providers": [provider(BOUND_CEP, "kerberos"),
                                 provider(UNBOUND_CEP, "kerberos", channel_binding="optional")],
            "enrollment_services": [service(BOUND_CES, "kerberos"),
                                    service(UNBOUND_CES, "kerberos", channel_binding="optional")]})

    def settings(self):
        return {"keytab_file": self.keytab, "realms": [{"realm": self.kdc.realm, "short_names": True}]}

    def url(self, path):
        return self.enrollment.url(path).replace("127.0.0.1", "localhost")

    def log_in(self, name="alice", keytab=None):
        return self.kdc.log_in(name, keytab or self.alice)

    def token(self, *options, service="HTTP@localhost", environment=None):
        made = run(["/usr/bin/python3", TOKEN_MAKER, *options, service], env=environment or self.log_in())
        return made.stdout.strip()

    def bound(self, **more):
        return self.token("--certificate", self.enrollment.state / "tls.pem", **more)

    def send(self, path, action=GET_POLICIES, body=None, options=(), environment=None):
        """The reply, and what the last answer's head held."""
        message, answer, head = (self.client.folder / name for name in ("message.xml", "answer.xml", "head.txt"))
        message.write_text(self.client.envelope(self.url(path), action, body or get_policies()))
        answer.unlink(missing_ok=True)
        done = run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, "-o", answer, "-D", head,
                    "-w", "%{http_code}", "-H", "Content-Type: application/soap+xml; charset=utf-8",
                    "--data-binary", f"@{message}", *options, self.url(path)], env=environment)
        last = [part for part in head.read_text().split("\r\n\r\n") if part][-1]
        return Reply(int(done.stdout), answer.read_text() if answer.exists() else ""), last

    def negotiate(self, path, *what):
        return self.send(path, *what, options=["--negotiate", "-u", ":"], environment=self.log_in())

    def send_token(self, path, token, *what):
        return self.send(path, *what, options=["-H", f"Authorization: Negotiate {token}"])

    def assert_refused(self, answer, why):
        """401 with Negotiate and nothing else, no word of why; the log has it."""
        reply, head = answer
        self.assertEqual(reply.status, 401)
        self.assertEqual(re.findall(r"(?im)^www-authenticate: (.*?)\r?$", head), ["Negotiate"])
        self.assertNotIn("Envelope", reply.text)
        self.assertRegex(self.log(), why)
        self.assertNotRegex(reply.text, why)

    def log(self):
        return self.enrollment.process.output.read_text()

    def ask_admin(self, path):
        token = self.enrollment.admin_token.read_text().strip()
        return run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, "-H", f"Authorization: Bearer {token}",
                    self.enrollment.admin_url + path]).stdout

    def assert_policies(self, answer):
        reply, head = answer
        self.assertEqual(reply.status, 200, reply.text)
        self.assertEqual(reply.value(P + "commonName"), "WebServer")
        return head


class Kerberos(KerberosCase):
    def test_no_credentials(self):
        """Kerberos: 401 with Negotiate and no other scheme, at CEP and CES"""
        for path in (BOUND_CEP, BOUND_CES, UNBOUND_CEP, UNBOUND_CES):
            reply, head = self.send(path)
            self.assertEqual(reply.status, 401)
            self.assertEqual(re.findall(r"(?im)^www-authenticate: (.*?)\r?$", head), ["Negotiate"])
        warnings = [line for line in self.log().splitlines() if "warning:" in line and "warning: risk:" not in line]
        self.assertEqual(warnings, [])

    def test_curl_without_binding(self):
        """curl --negotiate, which sends no binding: policies and a certificate where it is optional"""
        head = self.assert_policies(self.negotiate(UNBOUND_CEP))
        self.assertRegex(head, r"(?i)www-authenticate: Negotiate \S+")
        request, _ = self.client.request(NAME, OID)
        reply, _ = self.negotiate(UNBOUND_CES, RST, issue_pkcs10(request))
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNotNone(reply.tokens()[1])
        stored = json.loads(self.ask_admin("/v1/requests"))["items"][0]
        self.assertEqual(stored["requester"], "alice")

    def test_binding_required(self):
        """curl --negotiate gets 401 where channel binding is required, at CEP and CES"""
        for path in (BOUND_CEP, BOUND_CES):
            self.assert_refused(self.negotiate(path), "did not bind")

    def test_bound(self):
        """a client that binds to the channel (python3-gssapi): policies and a certificate"""
        self.assert_policies(self.send_token(BOUND_CEP, self.bound()))
        request, _ = self.client.request(NAME, OID)
        reply, _ = self.send_token(BOUND_CES, self.bound(), RST, issue_pkcs10(request))
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNotNone(reply.tokens()[1])

    def test_bound_to_another_channel(self):
        """a token bound to another server's certificate is refused, even where binding is optional"""
        other = b"tls-server-end-point:" + bytes(32)
        for path in (BOUND_CEP, UNBOUND_CEP):
            self.assert_refused(self.send_token(path, self.token("--binding", other.hex())), "(?i)binding")

    def test_replay(self):
        """a token that was taken is not taken again, after a restart neither"""
        token = self.bound()
        self.assert_policies(self.send_token(BOUND_CEP, token))
        self.assert_refused(self.send_token(BOUND_CEP, token), "(?i)replay|duplicate")
        other = self.bound()
        self.assert_policies(self.send_token(BOUND_CEP, other))
        self.enrollment.process.stop()
        self.enrollment.start()
        self.assert_refused(self.send_token(BOUND_CEP, other), "(?i)replay|duplicate")

    def test_not_kerberos(self):
        """NTLM, bare and inside SPNEGO, raw Kerberos, garbage and oversized tokens: 401"""
        ntlm = "TlRMTVNTUAABAAAABoIIAAAAAAAAAAAAAAAAAAAAAAA="  # MS-NLMP 2.2.1.1, type 1
        self.assert_refused(self.send_token(BOUND_CEP, ntlm), "NTLM is not taken")
        # RFC 4178 NegTokenInit with the one mechanism 1.3.6.1.4.1.311.2.2.10
        wrapped = bytes.fromhex("601c06062b0601050502a0123010a00e300c060a2b06010401823702020a")
        self.assert_refused(self.send_token(BOUND_CEP, base64.b64encode(wrapped).decode()), "Negotiate refused")
        raw = self.token("--certificate", self.enrollment.state / "tls.pem", "--mechanism", "krb5")
        self.assert_refused(self.send_token(BOUND_CEP, raw), "Negotiate refused")
        for token, why in (("!!!!", "not base64"), ("AAAA", "Negotiate refused"),
                           (base64.b64encode(b"x" * 24_000).decode(), "Negotiate refused|too long")):
            self.assert_refused(self.send_token(BOUND_CEP, token), why)
        reply, _ = self.send_token(BOUND_CEP, base64.b64encode(b"x" * 40_000).decode())
        self.assertEqual(reply.status, 431)

    def test_another_service(self):
        """a ticket for host/localhost is refused, though its key may be in the keytab"""
        run(["/usr/sbin/kadmin.local", "-r", self.kdc.realm, "-q",
             f"ktadd -norandkey -k {self.keytab} host/localhost@{self.kdc.realm}"], env=self.kdc.environment)
        token = self.token("--certificate", self.enrollment.state / "tls.pem", service="host@localhost")
        self.assert_refused(self.send_token(BOUND_CEP, token), "Negotiate refused")
        self.assert_policies(self.send_token(BOUND_CEP, self.bound()))

    def test_keytab_of_others(self):
        """a keytab that others may read: the server does not start, and says so"""
        self.enrollment.process.stop()
        self.keytab.chmod(0o640)
        done = run([self.enrollment.program, "run", "--config", self.enrollment.config], check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("chmod 600", done.stderr)


class KerberosNames(KerberosCase):

    def settings(self):
        self.bob = self.kdc.add("bob")
        return {"keytab_file": self.keytab, "principals": [
            {"principal": f"alice@{self.kdc.realm}", "name": "someone", "groups": ["kerberos-group"]}]}

    def test_unknown_principal(self):
        """a principal that is not configured is refused, though the KDC knows it"""
        self.assert_policies(self.send_token(BOUND_CEP, self.bound()))
        environment = self.log_in("bob", self.bob)
        self.assert_refused(self.send_token(BOUND_CEP, self.bound(environment=environment)), "neither the principal")


MAPPED_CEP = "/ADPolicyProvider_CEP_Certificate/service.svc/CEP"
MAPPED_CES = f"/{AUTHORITY}_CES_Mapped/service.svc/CES"


class MappedCertificates(SystemCase):
    def setUp(self):
        super().setUp()
        self.enrollment = Enrollment(self.lab)
        self.mappings = self.lab.folder / "mappings.yaml"
        self.enrollment.prepare(
            [web_template(rights={"enroll": {"users": ["web1"], "groups": ["servers"]}})], more={
                "certificate_mappings": self.mappings,
                "policy_providers": [provider(MAPPED_CEP, "certificate")],
                "enrollment_services": [service(MAPPED_CES, "certificate")]})
        self.client = ForeignClient(self.lab.folder / "client", self.enrollment)

    def pair(self, name, **more):
        pair = self.client.folder / f"{name}.pem", self.client.folder / f"{name}.key"
        self.enrollment.issue_test(*pair, f"{name}.example.test", **more)
        return pair

    def start(self, *mappings):
        write_yaml(self.mappings, {"mappings": list(mappings)})
        self.enrollment.start()

    def said(self, certificate, *options):
        return run([OPENSSL, "x509", "-in", certificate, "-noout", *options]).stdout.strip().split("=", 1)[-1]

    def policies(self, pair):
        return self.client.ask_by_certificate(MAPPED_CEP, GET_POLICIES, get_policies(), pair)

    def assert_failed(self, reply, why):
        self.assertEqual(reply.status, 500, reply.text)
        self.assertIn("FailedAuthentication", reply.text)
        self.assertIn(why, self.enrollment.process.output.read_text())

    def test_mapped(self):
        """a mapped certificate may enrol as its caller, at CEP and CES; one without a mapping is nobody"""
        web1, web2 = self.pair("web1"), self.pair("web2")
        self.start({"name": "web1", "dns": "web1.example.test"})
        self.assertEqual(self.policies(web1).value(P + "commonName"), "WebServer")
        request, _ = self.client.request(NAME, OID)
        reply = self.client.ask_by_certificate(MAPPED_CES, RST, issue_pkcs10(request), web1)
        self.assertEqual(reply.status, 200, reply.text)
        for path, action, body in ((MAPPED_CEP, GET_POLICIES, get_policies()),
                                   (MAPPED_CES, RST, issue_pkcs10(request))):
            self.assert_failed(self.client.ask_by_certificate(path, action, body, web2), "mapped to nobody")

    def test_explicit(self):
        """mappings by issuer and serial and by key, with what openssl says of the certificate; groups give rights"""
        first, second, third = self.pair("web1"), self.pair("web2"), self.pair("web3")
        public, der = self.client.folder / "public.pem", self.client.folder / "public.der"
        public.write_text(run([OPENSSL, "x509", "-in", second[0], "-noout", "-pubkey"]).stdout)
        run([OPENSSL, "pkey", "-pubin", "-in", public, "-outform", "DER", "-out", der])
        spki = run([OPENSSL, "dgst", "-sha256", "-r", der]).stdout.split()[0]
        self.start({"name": "first", "groups": ["servers"],
                    "issuer": self.said(first[0], "-issuer", "-nameopt", "RFC2253"),
                    "serial": self.said(first[0], "-serial")},
                   {"name": "second", "groups": ["servers"], "public_key_sha256": spki})
        for pair in (first, second):
            self.assertEqual(self.policies(pair).value(P + "commonName"), "WebServer")
        self.assert_failed(self.policies(third), "mapped to nobody")

    def test_bad_certificates(self):
        """no certificate, an expired, a revoked and a foreign one: refused, though a mapping names them"""
        good, old = self.pair("web1"), self.pair("old", valid_from="-80d", valid_for="20d")
        self.start({"name": "web1", "dns": "web1.example.test"}, {"name": "web1", "dns": "old.example.test"})
        self.assert_failed(self.client.post(self.enrollment.url(MAPPED_CEP), self.client.envelope(
            self.enrollment.url(MAPPED_CEP), GET_POLICIES, get_policies())), "no TLS client certificate")
        self.assertEqual(self.policies(good).status, 200)
        with self.assertRaises(LabError):  # TLS refuses it
            self.policies(old)
        foreign = self.client.folder / "foreign.pem", self.client.folder / "foreign.key"
        run([OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=web1.example.test", "-addext",
             "subjectAltName=DNS:web1.example.test", "-out", foreign[0], "-keyout", foreign[1]])
        with self.assertRaises(LabError):
            self.policies(foreign)
        self.enrollment.revoke(good[0])
        self.assert_failed(self.policies(good), "revoked")

    def test_needed(self):
        """an endpoint for certificates without mappings is a mistake in the configuration"""
        text = self.enrollment.config.read_text()
        self.enrollment.config.write_text(re.sub("certificate_mappings.*\n", "", text))
        done = run([self.enrollment.program, "--config", self.enrollment.config, "--check-config"], check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("certificate_mappings", done.stderr)


if __name__ == "__main__":
    import unittest
    unittest.main()
