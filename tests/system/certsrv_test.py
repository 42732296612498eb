"""/certsrv in the way AD CS's automation clients use it: curl, openssl, and the regular expressions of those clients."""

import base64
import re

from certsrv_case import ISSUED, NAME, CertsrvCase
from foreign_client import OPENSSL
from lab.enrollment import web_template
from lab.files import write
from lab.processes import run

PENDING = re.compile(r"Your Request Id is (\d+).")
DISPOSITION = re.compile(r'The disposition message is "([^"]+)')
STATUS_MESSAGE = re.compile(r"Disposition message:[^\t]+\t\t([^\r\n]+)")
LAST_STATUS = re.compile(r"LastStatus:[^\t]+\t\t([^\r\n]+)")
RENEWALS = re.compile(r"var nRenewals=(\d+);")
STATUS_CODE = re.compile(r"(0x[0-9a-fA-F]+) \([-]?[0-9]+ ")


class Automation(CertsrvCase):
    def test_issue(self):
        """certfnsh.asp, then certnew.cer in both encodings and certnew.p7b: what the clients' expressions find"""
        request, key = self.csr()
        request_id = self.issued(self.submit(request))
        for query in (f"ReqID={request_id}&Enc=b64", f"ReqID={request_id}&ENC=b64", f"ReqID={request_id}"):
            answer = self.curl(f"certnew.cer?{query}")
            self.assertEqual((answer.status, answer.header("Content-Type")), (200, "application/pkix-cert"))
            self.assertTrue(answer.body.startswith(b"-----BEGIN CERTIFICATE-----\r\n"), answer.body[:40])
        binary = self.curl(f"certnew.cer?ReqID={request_id}&Enc=bin")
        self.assertEqual(binary.header("Content-Type"), "application/pkix-cert")
        self.assertEqual(self.subject_of(binary.body, "DER"), f"subject=CN = {NAME}")
        leaf = self.folder / "leaf.pem"
        leaf.write_bytes(answer.body)
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing, leaf])
        self.assertEqual(run([OPENSSL, "x509", "-in", leaf, "-noout", "-pubkey"]).stdout,
                         run([OPENSSL, "pkey", "-in", key, "-pubout"]).stdout)
        chain = self.curl(f"certnew.p7b?ReqID={request_id}&Enc=bin")
        self.assertEqual(chain.header("Content-Type"), "application/x-pkcs7-certificates")
        self.assertEqual(self.subjects(chain.body), 3)

    def subjects(self, p7b):
        file = self.folder / "chain.p7b"
        file.write_bytes(p7b)
        return run([OPENSSL, "pkcs7", "-inform", "DER", "-in", file, "-print_certs"]).stdout.count("BEGIN CERTIFICATE")

    def test_event(self):
        """the same event as CES's: who, from where, at /certsrv"""
        self.issued(self.submit(self.csr()[0]))
        event = [e for e in self.ask_admin("/v1/events")["items"] if e["kind"] == "certificate.issued"][-1]
        self.assertEqual(event["details"]["endpoint"], "/certsrv")
        self.assertEqual((event["details"]["requester"], event["details"]["adcs_event"]), ("web-enroller", 4887))

    def test_as_adcs_issuer(self):
        """adcs-issuer's form: no line end after the template, and CertificateTemplate beside it; Certipy's with a line feed"""
        request = self.csr()[0]
        fields = {"Mode": "newreq", "CertRequest": request.read_text(), "CertAttrib": "CertificateTemplate:WebServer",
                  "CertificateTemplate": "WebServer"}
        self.issued(self.post("certfnsh.asp", fields))
        fields["CertAttrib"] += "\n"
        self.issued(self.post("certfnsh.asp", fields))
        bare = "".join(request.read_text().split("\n")[1:-2])
        self.issued(self.submit(request, CertRequest=bare))

    def test_pending(self):
        """pending, asked for with certnew.cer and chkpnd, over a restart, then approved"""
        answer = self.submit(self.csr()[0], "Approved Server")
        self.assertIsNone(ISSUED.search(answer.text))
        self.assertIn("Certificate Pending", answer.text)
        request_id = PENDING.search(answer.text).group(1)
        status = self.curl(f"certnew.cer?ReqID={request_id}&Enc=b64")
        self.assertEqual(status.status, 200)
        self.assertRegex(status.header("Content-Type"), "^text/html")
        self.assertEqual(STATUS_MESSAGE.search(status.text).group(1), "Taken Under Submission")
        self.assertEqual(LAST_STATUS.search(status.text).group(1),
                         "The operation completed successfully. 0x0 (WIN32: 0)")
        self.assertIn("5 - (unknown)", status.text)
        self.assertNotIn("Denied by", status.text)
        self.assertIn(f'name="ReqID" value="{request_id}"', self.curl("certckpn.asp").text)
        self.enrollment.process.stop()
        self.enrollment.start()
        check = {"Mode": "chkpnd", "ReqID": request_id}
        self.assertIn("Certificate Pending", self.post("certfnsh.asp", check).text)
        self.decide("approve", request_id)
        self.assertEqual(self.issued(self.post("certckpn.asp", check)), request_id)
        self.assertEqual(self.curl(f"certnew.cer?ReqID={request_id}").header("Content-Type"), "application/pkix-cert")
        self.assertNotIn(f'value="{request_id}"', self.curl("certckpn.asp").text)

    def test_denied(self):
        """denied by an operator: the status page's message and code"""
        request_id = PENDING.search(self.submit(self.csr()[0], "Approved Server").text).group(1)
        self.decide("deny", request_id)
        status = self.curl(f"certnew.cer?ReqID={request_id}")
        self.assertRegex(status.header("Content-Type"), "^text/html")
        self.assertEqual(STATUS_MESSAGE.search(status.text).group(1), "Denied by lab")
        self.assertEqual(STATUS_CODE.search(LAST_STATUS.search(status.text).group(1)).group(1), "0x80094014")
        self.assertNotIn("Taken Under Submission", status.text)
        self.assertIn("Certificate Request Denied", self.post("certfnsh.asp", {"Mode": "chkpnd", "ReqID": request_id}).text)

    def test_denied_by_policy(self):
        """denied by policy: disposition message, code; a template without rights, an unsupported one, none"""
        request = self.csr()[0]
        answer = self.submit(request, "Others")
        self.assertEqual(answer.status, 200)
        self.assertIsNone(ISSUED.search(answer.text))
        self.assertRegex(DISPOSITION.search(answer.text).group(1), r"^Denied by Policy Module  0x80094012, ")
        self.assertEqual(re.findall(r"Error Number: (0x[0-9a-fA-F]+)", answer.text), ["0x80094012"])
        request_id = PENDING.search(answer.text).group(1)
        self.assertRegex(STATUS_MESSAGE.search(self.curl(f"certnew.cer?ReqID={request_id}").text).group(1), "^Denied by")
        self.assertIn("template that is not supported", self.submit(request, "NoSuch").text)
        self.assertRegex(DISPOSITION.search(self.submit(request, "").text).group(1), "0x80094801")

    def test_unknown_id(self):
        """an id nobody has, another user's, and no number: status pages with codes"""
        self.assertIn("The requested property value is empty", self.curl("certnew.cer?ReqID=4711").text)
        self.assertEqual(STATUS_CODE.search(self.curl("certnew.cer?ReqID=4711").text).group(1), "0x80094004")
        own = self.issued(self.submit(self.csr()[0]))
        file = write(self.folder / "alice", "alice's long password", 0o600)
        run([self.enrollment.program, "user", "add", "--config", self.enrollment.config, "--name", "alice",
             "--password-file", file])
        self.enrollment.process.stop()
        self.enrollment.start()
        other = self.curl(f"certnew.cer?ReqID={own}", user="alice", password="alice's long password")
        self.assertRegex(other.header("Content-Type"), "^text/html")
        self.assertIn("0x80070005", other.text)
        self.assertNotIn(NAME, self.curl("certlist.asp", user="alice", password="alice's long password").text)
        self.assertIn(NAME, self.curl("certlist.asp").text)
        for hostile in ("CACert2", "-1", "1%20OR%201", "99999999999", "%3Cscript%3E"):
            page = self.curl(f"certnew.cer?ReqID={hostile}")
            self.assertRegex(page.header("Content-Type"), "^text/html")
            self.assertNotIn("<script", page.text)

    def test_authority(self):
        """certcarc.asp says nRenewals; CA certificate and chain by it, in both encodings"""
        number = RENEWALS.search(self.curl("certcarc.asp").text).group(1)
        certificate = self.curl(f"certnew.cer?ReqID=CACert&Renewal={number}&Enc=b64")
        self.assertEqual(certificate.header("Content-Type"), "application/pkix-cert")
        issuing = run([OPENSSL, "x509", "-in", self.enrollment.issuing, "-outform", "PEM"]).stdout
        self.assertEqual(certificate.text.replace("\r\n", "\n"), issuing)
        chain = self.curl(f"certnew.p7b?ReqID=CACert&Renewal={number}&Enc=b64")
        self.assertEqual(chain.header("Content-Type"), "application/x-pkcs7-certificates")
        self.assertTrue(chain.text.startswith("-----BEGIN CERTIFICATE-----"))
        der = base64.b64decode("".join(chain.text.replace("\r", "").split("\n")[1:-2]))
        self.assertEqual(self.subjects(der), 2)
        other = self.curl("certnew.cer?ReqID=CACert&Renewal=7&Enc=b64")
        self.assertRegex(other.header("Content-Type"), "^text/html")

    def test_template_list(self):
        """certrqxt.asp: the caller's templates, names in the second field of each option"""
        page = self.curl("certrqxt.asp").text
        self.assertIn('<select name="lbCertTemplate" id="lbCertTemplateID"', page)
        options = [option.split(";")[1] for option in re.findall(r'<option value="([^"]*)"', page)]
        self.assertEqual([option for option in options if option], ["Approved Server", "WebServer"])
        self.assertIn("Approved &lt;b&gt;&amp;amp; Server", page)
        answer = self.post("certfnsh.asp", {"Mode": "newreq", "CertRequest": self.csr()[0].read_text(),
                                            "lbCertTemplate": "E;WebServer;1.2.3"})
        self.issued(answer)

    def test_attributes(self):
        """attributes beside CertificateTemplate, in any letter case, are refused and logged"""
        request = self.csr()[0]
        for attribute in ("SAN:dns=evil.example.test", "san:upn=administrator@corp", "cdc:dc1.corp", "RMD:host$",
                          "requestername:CORP\\admin", "certfile:\\\\x\\y", "ApplicationPolicies:1.3.6.1.5.5.7.3.2"):
            named = "behalf of others" if attribute.startswith("requestername") else attribute.split(":")[0]
            answer = self.submit(request, attributes=attribute + "\r\n")
            self.assertIsNone(ISSUED.search(answer.text), attribute)
            self.assertIn(named, DISPOSITION.search(answer.text).group(1))
            page = self.ask_admin("/v1/events?limit=1000")
            event = page["items"][-1]
            self.assertEqual((page["newest"], page["after_digest"], len(page["database"])), (event["id"], None, 32))
            self.assertEqual(event["kind"], "request.denied")
            self.assertIn(named, event["details"]["reason"])
            rest = self.ask_admin(f"/v1/events?after={event['id']}")
            self.assertEqual((rest["items"], rest["newest"], rest["database"], rest["after_digest"]),
                             ([], event["id"], page["database"], event["digest"]))
        self.assertIsNone(ISSUED.search(self.submit(request, CertificateTemplate="Approved Server").text))

    def test_renewal(self):
        """a renewal: PKCS#7 over PKCS#10, pasted as PEM and uploaded as DER"""
        old, key = self.folder / "old.pem", self.folder / "old.key"
        self.enrollment.issue_test(old, key, NAME)
        request, new_key = self.client.request(NAME, web_template()["oid"], "renewed")
        cms = self.client.renewal(request, new_key, (old, key))
        text = base64.encodebytes(cms.read_bytes()).decode()
        pasted = self.folder / "pasted.p7"
        pasted.write_text(f"-----BEGIN PKCS7-----\n{text}-----END PKCS7-----\n")
        self.issued(self.submit(pasted, ""))
        upload = self.curl("certfnsh.asp", "-F", "Mode=newreq", "-F", "CertRequest=", "-F", f"CertFile=@{cms}",
                           "-F", "lbCertTemplate=N;;")
        request_id = self.issued(upload)
        last = self.ask_admin("/v1/requests")["items"][0]
        self.assertEqual((str(last["request_id"]), last["kind"]), (request_id, "renewal"))
