"""/certsrv: who comes in, and what hostile callers, forms and pages get."""

from certsrv_case import NAME, CertsrvCase
from foreign_client import ForeignClient
from lab.enrollment import Enrollment
from lab.files import write_yaml
from lab.kdc import Kdc
from system_case import SystemCase


class Credentials(CertsrvCase):
    def test_credentials(self):
        """GET /certsrv/: 200 with good credentials, 401 with bad ones and without any; never NTLM"""
        self.assertEqual(self.curl("").status, 200)
        for answer in (self.curl("", password="wrong"), self.curl("", user=None),
                       self.curl("certnew.cer?ReqID=CACert", user=None)):
            self.assertEqual(answer.status, 401)
            self.assertEqual(answer.header("WWW-Authenticate"), 'Basic realm="certsrv", charset="UTF-8"')
        self.assertEqual(self.curl("", "-H", "Authorization: Basic !!!!", user=None).status, 401)
        self.assertEqual(self.curl("", "-H", "Authorization: NTLM TlRMTVNTUAABAAAA", user=None).status, 401)

    def test_letter_case(self):
        """paths and parameter names in any letter case; without the last slash there is a redirect to it"""
        for base, page in (("/CertSrv/", "CERTCARC.ASP"), ("/CERTSRV/", "certcarc.asp"), ("/certsrv/", "CertCarc.Asp")):
            self.assertEqual(self.curl(page, base=base).status, 200)
        self.assertEqual(self.curl("certnew.cer?REQID=cacert&ENC=B64").header("Content-Type"), "application/pkix-cert")
        moved = self.curl("", base="/CERTSRV")
        self.assertEqual((moved.status, moved.header("Location")), (301, "/certsrv/"))
        self.assertEqual(self.curl("nosuch.asp").status, 404)
        self.assertEqual(self.curl("", base="/certsrvx").status, 404)

    def test_twice(self):
        """a parameter twice, in two letter cases: 400"""
        self.assertEqual(self.curl("certnew.cer?ReqID=CACert&REQID=1").status, 400)


class Off(CertsrvCase):
    def setUp(self):
        SystemCase.setUp(self)
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare()
        self.folder = self.lab.folder / "client"
        self.client = ForeignClient(self.folder, self.enrollment)
        self.enrollment.start()

    def test_off(self):
        """without web_enrollment there is no /certsrv"""
        self.assertEqual(self.curl("").status, 404)


class Hostile(CertsrvCase):
    def test_forms(self):
        """malformed forms: 400 and a page; no request is recorded"""
        text = self.csr()[0].read_text()
        for fields in ({"Mode": "newreq"}, {"Mode": "delete", "CertRequest": text}, {"CertRequest": text},
                       {"Mode": "newreq", "CertRequest": "%%%"}, {"Mode": "newreq", "CertRequest": "<script>alert(1)"},
                       {"Mode": "newreq", "CertRequest": text + text},
                       {"Mode": "newreq", "CertRequest": text, "CertAttrib": "no colon"},
                       {"Mode": "newreq", "CertRequest": text, "MODE": "newreq"}):
            answer = self.post("certfnsh.asp", fields)
            self.assertEqual(answer.status, 400, fields)
            self.assertNotIn("<script", answer.text)
        self.assertEqual(self.curl("certfnsh.asp", "-H", "Content-Type: text/plain", "--data", "Mode=newreq").status, 400)
        self.assertEqual(self.curl("certfnsh.asp", "-H", "Content-Type: multipart/form-data", "--data", "x").status, 400)
        self.assertEqual(self.curl("certfnsh.asp?Mode=newreq").status, 405)
        self.assertEqual(self.recorded(), [])

    def test_private_key(self):
        """a private key beside the request is refused and is in no store and no log"""
        request, key = self.csr()
        answer = self.submit(request, CertRequest=key.read_text() + request.read_text())
        self.assertEqual(answer.status, 400)
        self.assertIn("private key", answer.text)
        secret = key.read_text().split("\n")[1]
        for file in self.enrollment.folder.rglob("*"):
            if file.is_file():
                self.assertNotIn(secret.encode(), file.read_bytes(), file)

    def test_foreign_text(self):
        """hostile subjects, attributes and templates are shown, and never as markup"""
        hostile = "<script>alert(1)</script>\"'>&amp;"
        request = self.csr(subject="/CN=" + hostile.replace("/", "\\/"))[0]
        for answer in (self.submit(request), self.submit(request, hostile), self.submit(request, "", hostile + ":x"),
                       self.submit(request, "WebServer", f"x{hostile}:y")):
            self.assertNotIn("<script", answer.text)
            self.assertNotIn('"' + hostile[-8:], answer.text)
            self.assertEqual(answer.text.count("\t"), 0)
        self.assertIn("&lt;script", self.submit(request).text)

    def test_headers(self):
        """every page forbids scripts, framing and guessing of types, and is not stored"""
        for page in ("", "certrqus.asp", "certrqad.asp", "certrqxt.asp", "certrqma.asp", "certckpn.asp", "certlist.asp",
                     "certcarc.asp", "nosuch.asp", "certnew.cer?ReqID=99"):
            answer = self.curl(page)
            policy = answer.header("Content-Security-Policy")
            self.assertIn("default-src 'none'", policy)
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(answer.header("X-Content-Type-Options"), "nosniff")
            self.assertEqual(answer.header("Cache-Control"), "no-store")
            self.assertNotRegex(answer.text, r"(?i)<script|<style| style=| on[a-z]+=|https?://")
        self.assertEqual(self.curl("certsrv.css", user=None).header("Content-Type"), "text/css; charset=utf-8")

    def test_foreign_pages(self):
        """a post that a foreign page made a browser send is refused before the password; a program's is taken"""
        text = self.csr()[0].read_text()
        fields = {"Mode": "newreq", "CertRequest": text, "CertAttrib": "CertificateTemplate:WebServer"}
        own = self.url("")
        for header in ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example",
                       "Origin: null", f"Origin: {own}.evil.example", "Referer: https://evil.example/certsrv/",
                       f"Referer: {own}0/"):
            answer = self.post("certfnsh.asp", fields, "-H", header)
            self.assertEqual(answer.status, 403, header)
            self.assertEqual(self.post("certfnsh.asp", fields, "-H", header, password="wrong").status, 403)
        self.assertEqual(self.recorded(), [])
        for headers in ((f"Origin: {own}", "Sec-Fetch-Site: same-origin"), (f"Referer: {own}/certsrv/certrqxt.asp",), ()):
            options = [part for header in headers for part in ("-H", header)]
            self.issued(self.post("certfnsh.asp", fields, *options))


class ByCertificate(CertsrvCase):
    web = {"authentication": ["certificate"]}

    def more(self):
        mappings = self.enrollment.folder / "mappings.yaml"
        write_yaml(mappings, {"mappings": [{"name": "web-enroller", "dns": NAME}]})
        return {"certificate_mappings": mappings}

    def test_certificate(self):
        """TLS client certificate: a mapped one comes in and gets a certificate; an unmapped one and a password do not"""
        for label, name in (("mapped", NAME), ("other", "web2.example.test")):
            self.enrollment.issue_test(self.folder / f"{label}.pem", self.folder / f"{label}.key", name)
        shown = ["--cert", self.folder / "mapped.pem", "--key", self.folder / "mapped.key"]
        page = self.curl("", *shown, user=None)
        self.assertEqual(page.status, 200)
        self.assertIn("<strong>web-enroller</strong>", page.text)
        fields = {"Mode": "newreq", "CertRequest": self.csr()[0].read_text(), "CertAttrib": "CertificateTemplate:WebServer"}
        self.issued(self.post("certfnsh.asp", fields, *shown, user=None))
        other = ["--cert", self.folder / "other.pem", "--key", self.folder / "other.key"]
        self.assertEqual(self.curl("", *other, user=None).status, 403)
        self.assertEqual(self.curl("").status, 403)


class ByKerberos(CertsrvCase):
    web = {"authentication": ["kerberos", "username-password"], "channel_binding": "optional"}

    def more(self):
        self.kdc = Kdc(self.lab)
        self.kdc.prepare()
        keytab = self.kdc.add("HTTP/localhost")
        self.alice = self.kdc.add("alice")
        self.kdc.start()
        return {"kerberos": {"keytab_file": keytab, "realms": [{"realm": self.kdc.realm, "short_names": True}]}}

    def test_kerberos(self):
        """Negotiate and Basic are offered apart; curl --negotiate comes in as its principal and gets a certificate"""
        self.assertEqual(self.curl("", user=None).header("WWW-Authenticate"),
                         ["Negotiate", 'Basic realm="certsrv", charset="UTF-8"'])
        options = ["--negotiate", "-u", ":"]
        page = self.curl("", *options, user=None, environment=self.kdc.log_in("alice", self.alice))
        self.assertEqual(page.status, 200)
        self.assertIn("<strong>alice</strong>", page.text)
        fields = {"Mode": "newreq", "CertRequest": self.csr()[0].read_text(), "CertAttrib": "CertificateTemplate:WebServer"}
        self.issued(self.post("certfnsh.asp", fields, *options, user=None,
                              environment=self.kdc.log_in("alice", self.alice)))
        self.assertEqual(self.curl("").status, 200)
