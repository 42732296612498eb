"""perennial-enrollment with /certsrv, asked with curl in the way of AD CS's automation clients."""

import json
import re
from pathlib import Path

from foreign_client import OPENSSL, ForeignClient
from lab.enrollment import Enrollment, web_template
from lab.processes import run
from system_case import SystemCase

NAME = "web1.example.test"
SLOW_OID = "1.3.6.1.4.1.311.21.8.1000001.2000002.3000003.4000004.5000005.66.7000007.8000009"
ISSUED = re.compile(r"certnew.cer\?ReqID=(\d+)&")


class Answer:
    def __init__(self, status, head, body):
        self.status, self.head, self.body = status, head, body

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        found = re.findall(rf"(?im)^{name}: (.*?)\r?$", self.head)
        return found[0] if len(found) == 1 else found


class CertsrvCase(SystemCase):
    web = {"authentication": ["username-password"]}

    def setUp(self):
        super().setUp()
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare(self.templates({"enroll": {"users": ["web-enroller", "alice"]}}),
                                more={"web_enrollment": self.web, **self.more()})
        self.folder = self.lab.folder / "client"
        self.client = ForeignClient(self.folder, self.enrollment)
        self.enrollment.start()

    @staticmethod
    def templates(rights):
        return [web_template(rights=rights),
                web_template(name="Approved Server", display_name="Approved <b>&amp; Server", oid=SLOW_OID,
                             manager_approval=True, rights=rights),
                web_template(name="Others", oid=SLOW_OID + ".1", rights={"enroll": {"users": ["nobody-here"]}})]

    def more(self):
        return {}

    def curl(self, page, *options, user="web-enroller", password=None, base="/certsrv/", environment=None):
        body, head = self.folder / "body", self.folder / "head"
        for old in (body, head):
            old.unlink(missing_ok=True)
        signed_in = []
        if user:
            config = self.folder / "curl.conf"
            config.write_text(f'user = "{user}:{password or self.enrollment.password}"\n')
            signed_in = ["--basic", "--config", config]
        done = run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, "-o", body, "-D", head,
                    "-w", "%{http_code}", *signed_in, *options, self.url(base + page)], env=environment)
        last = [part for part in head.read_text().split("\r\n\r\n") if part][-1]
        return Answer(int(done.stdout), last, body.read_bytes() if body.exists() else b"")

    def url(self, path):
        return self.enrollment.url(path).replace("127.0.0.1", "localhost")

    def csr(self, name=NAME, label="plain", subject=None):
        """A PKCS#10 as openssl makes it: no template in it."""
        request, key = self.folder / f"{label}.csr", self.folder / f"{label}.key"
        run([OPENSSL, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", key,
             "-out", request, "-utf8", "-subj", subject or f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"])
        return request, key

    def submit(self, request, template="WebServer", attributes="", **more):
        """As the python package certsrv does it."""
        fields = {"Mode": "newreq", "CertRequest": Path(request).read_text(),
                  "CertAttrib": f"CertificateTemplate:{template}\r\n{attributes}" if template else attributes,
                  "FriendlyType": "Saved-Request Certificate", "TargetStoreFlags": "0", "SaveCert": "yes"}
        fields.update(more)
        return self.post("certfnsh.asp", fields)

    def post(self, page, fields, *options, **more):
        encoded = []
        for name, value in fields.items():
            encoded += ["--data-urlencode", f"{name}={value}"]
        return self.curl(page, "-A", "Mozilla/5.0 (certsrv)", *encoded, *options, **more)

    def issued(self, answer):
        found = ISSUED.search(answer.text)
        self.assertIsNotNone(found, answer.text)
        return found.group(1)

    def subject_of(self, certificate, form="PEM"):
        file = self.folder / "read.cer"
        file.write_bytes(certificate)
        return run([OPENSSL, "x509", "-inform", form, "-in", file, "-noout", "-subject"]).stdout.strip()

    def ask_admin(self, path, *options):
        token = self.enrollment.admin_token.read_text().strip()
        return json.loads(run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, "-H",
                               f"Authorization: Bearer {token}", *options, self.enrollment.admin_url + path]).stdout)

    def recorded(self):
        """What the store has of requests at all, but for the one that init made for the server itself."""
        return [item for item in self.ask_admin("/v1/requests")["items"] if item["requester"] != "init"]

    def decide(self, word, request_id):
        self.ask_admin(f"/v1/requests/{request_id}/{word}", "-X", "POST", "-H", "Content-Type: application/json",
                       "-d", json.dumps({"reason": "not today"} if word == "deny" else {}))
