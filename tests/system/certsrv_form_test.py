"""The form of /certsrv: what it answers is run by a shell and openssl, and what they make is submitted."""

import html
import re

from certsrv_case import NAME, CertsrvCase
from foreign_client import OPENSSL
from lab.enrollment import web_template
from lab.processes import run

STRANGE = "o'b$HOME`id`<b>&\"x\\y#z.example.test"


class FormCase(CertsrvCase):
    def fill(self, **fields):
        return self.post("certrqma.asp", {"Template": "WebServer", "KeyType": "ec-p256", **fields})

    def recipe(self, page):
        self.assertEqual(page.status, 200, page.text)
        return html.unescape(re.search(r"<pre><code>(.*?)</code></pre>", page.text, re.S).group(1))

    def make(self, page):
        """Runs what the page says, and gives back the request that is there then."""
        folder = self.folder / "made"
        folder.mkdir()
        script = folder / "pasted"
        script.write_text(f"cd '{folder}' || exit 1\n" + self.recipe(page))
        run(["/bin/sh", script])
        made = sorted(file.suffix for file in folder.iterdir() if file != script)
        self.assertEqual(made, [".cnf", ".csr", ".key"])
        return next(folder.glob("*.csr"))

    def certificate(self, request):
        answer = self.curl("certfnsh.asp", "-F", "Mode=newreq", "-F", "CertRequest=", "-F", f"CertFile=@{request}")
        leaf = self.folder / "leaf.pem"
        leaf.write_bytes(self.curl(f"certnew.cer?ReqID={self.issued(answer)}").body)
        return run([OPENSSL, "x509", "-in", leaf, "-noout", "-text", "-nameopt", "multiline,-esc_msb,-esc_ctrl,-align"]).stdout


class Form(FormCase):
    def test_elliptic_curve(self):
        """a form's answer, run by a shell: a request that names its template, whose certificate has what was asked for"""
        request = self.make(self.fill(CommonName=NAME, DnsNames=f"{NAME}\r\nweb2.example.test", Hash="sha384"))
        self.assertIn("ecdsa-with-SHA384", run([OPENSSL, "req", "-in", request, "-noout", "-text"]).stdout)
        text = self.certificate(request)
        self.assertIn(f"commonName = {NAME}", text)
        self.assertIn(f"DNS:{NAME}, DNS:web2.example.test", text)
        self.assertIn("NIST CURVE: P-256", text)

    def test_rsa_without_common_name(self):
        """an RSA key and no subject"""
        text = self.certificate(self.make(self.fill(KeyType="rsa-2048", DnsNames=NAME)))
        self.assertIn("Public-Key: (2048 bit)", text)
        self.assertIn(f"DNS:{NAME}", text)
        self.assertNotIn("commonName = " + NAME, text)

    def test_refused(self):
        """what a template does not allow is told on the page, escaped; no request is recorded"""
        for fields, why in (({"CommonName": "<script>x</script>"}, "does not allow the name"),
                            ({"Template": "Others", "CommonName": NAME}, "no such template"),
                            ({"Template": "<script>", "CommonName": NAME}, "no such template"),
                            ({"KeyType": "rsa-512", "CommonName": NAME}, "kind of key"),
                            ({"DnsNames": "$(touch x).example.test"}, "no DNS name"),
                            ({"IpAddresses": "<script>"}, "no IP address")):
            with self.subTest(why):
                page = self.fill(**fields)
                self.assertEqual(page.status, 400)
                self.assertIn(why, page.text)
                self.assertNotIn("<script", page.text)
                self.assertNotIn("<pre", page.text)
        self.assertEqual(self.recorded(), [])
        foreign = self.post("certrqma.asp", {"Template": "WebServer"}, "-H", "Origin: https://evil.example")
        self.assertEqual(foreign.status, 403)

    def test_additional_attributes(self):
        """certrqxt.asp has AD CS's field CertAttrib; CertificateTemplate in it counts, anything else is refused and logged"""
        page = self.curl("certrqxt.asp").text
        self.assertRegex(page, r'<label for="CertAttrib">Additional Attributes</label>\s*<textarea id="CertAttrib" name="CertAttrib"')
        fields = {"Mode": "newreq", "CertRequest": self.csr()[0].read_text(), "lbCertTemplate": "N;;"}
        self.issued(self.post("certfnsh.asp", {**fields, "CertAttrib": "certificatetemplate:WebServer\r\n"}))
        refused = self.post("certfnsh.asp", {**fields, "CertAttrib": "CertificateTemplate:WebServer\r\nSAN:dns=x.example.test"})
        self.assertIn("request attribute SAN is not accepted", refused.text)
        event = self.ask_admin("/v1/events?limit=1000")["items"][-1]
        self.assertEqual(event["kind"], "request.denied")


class FormOfAnyName(FormCase):
    @staticmethod
    def templates(rights):
        return [web_template(rights=rights, names=["*.example.test", STRANGE])]

    def test_strange_name(self):
        """quotes, dollars, backquotes and markup in a common name: text to the page, to the shell and to openssl"""
        page = self.fill(CommonName=STRANGE)
        self.assertNotIn("<b>", page.text)
        request = self.make(page)
        subject = run([OPENSSL, "req", "-in", request, "-noout", "-subject", "-nameopt", "multiline,-esc_msb,-align"]).stdout
        self.assertIn("commonName = " + STRANGE.replace("\\", "\\\\") + "\n", subject)  # as openssl tells a backslash


class FormOfOldTemplate(FormCase):
    @staticmethod
    def templates(rights):
        return [web_template(rights=rights, schema=1, key_based_renewal=False,
                             key={"algorithms": ["rsa"], "minimum_rsa_bits": 2048})]

    def test_schema_1(self):
        """a template of schema 1 is named by its name"""
        self.assertIn(f"DNS:{NAME}", self.certificate(self.make(self.fill(KeyType="rsa-2048", DnsNames=NAME))))


if __name__ == "__main__":
    import unittest
    unittest.main()
