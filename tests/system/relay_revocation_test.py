"""A relay and what the authority inside has revoked: refused outside at every way in, and nobody comes in unlooked at."""

import json

from enrollment_test import NAME, OID
from foreign_client import RST, S, issue_pkcs10, issue_renewal
from lab.enrollment import CERTIFICATE_CES
from lab.files import write_yaml
from lab.processes import run, wait_until
from relay_test import RelayCase

MAPPED_CES = "/Mapped_CES_Certificate/service.svc/CES"


class ByCertificate(RelayCase):
    longest_age = "1d"

    def outside_settings(self):
        self.relay.lists = self.lists(longest_age=self.longest_age)
        return self.by_certificate()

    def by_certificate(self):
        mappings = self.lab.folder / "mappings.yaml"
        write_yaml(mappings, {"mappings": [{"name": "web-enroller", "dns": NAME}]})
        return {"certificate_mappings": mappings, "web_enrollment": {"authentication": ["certificate"]},
                "enrollment_services": [{"path": MAPPED_CES, "authentication": "certificate"}]}

    def renew(self, pair):
        cms = self.outside.renewal(*self.outside.request(NAME, OID), pair)
        return self.outside.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair)

    def enroll(self, pair):
        request, _ = self.outside.request(NAME, OID)
        return self.outside.ask_by_certificate(MAPPED_CES, RST, issue_pkcs10(request), pair)

    def certsrv(self, pair):
        return self.outside.curl(self.relay.url("/certsrv/"), pair=pair).status

    def ask_admin(self, path):
        token = self.relay.admin_token.read_text().strip()
        return run(["/usr/bin/curl", "-sS", "--cacert", self.relay.root, "-H", f"Authorization: Bearer {token}",
                    f"https://localhost:{self.relay.admin_port}{path}"]).stdout

    def metric(self, name):
        lines = [line for line in self.ask_admin("/metrics").splitlines() if line.startswith(f"perennial_enrollment_{name} ")]
        return int(lines[0].split()[1])

    def told(self):
        return [event["kind"] for event in json.loads(self.ask_admin("/v1/events?limit=1000"))["items"]
                if event["kind"].startswith("revocation_lists.")]


class Revoked(ByCertificate):
    def test_revoked(self):
        """revoked inside: outside no renewal by key, no request of its account, no page; inside nothing was heard of it"""
        pair = self.old_pair()
        wait_until(lambda: self.certsrv(pair) == 200, "the relay knows the CRLs")
        self.assertEqual(self.enroll(pair).status, 200)
        self.assertEqual(self.renew(pair).status, 200)
        serial = run(["/usr/bin/openssl", "x509", "-in", pair[0], "-noout", "-serial"]).stdout.strip().split("=")[1]
        self.cli("revoke", serial, "--reason", "keyCompromise")
        before = self.inside_events()
        wait_until(lambda: self.certsrv(pair) == 403, "the relay knows of the revocation")
        for reply in (self.enroll(pair), self.renew(pair)):
            self.assertEqual(reply.status, 500)
            self.assertIn("FailedAuthentication", reply.text)
        self.assertEqual(self.inside_events(), before)
        self.relay.process.stop()
        self.enrollment.process.stop()
        self.relay.start()  # from what it kept
        self.assertEqual(self.certsrv(pair), 403)


class OutOfDate(ByCertificate):
    longest_age = "6s"

    def test_out_of_date(self):
        """CRLs that cannot be fetched any more: nobody comes in by certificate but to renew by key; told and measured"""
        pair = self.old_pair()
        wait_until(lambda: self.certsrv(pair) == 200, "the relay knows the CRLs")
        wait_until(lambda: self.told()[-1:] == ["revocation_lists.in_force"], "an event")
        self.assertEqual(self.metric("crl_in_force"), 1)
        fetched = self.metric("crl_fetched_seconds")
        self.enrollment.process.stop()
        wait_until(lambda: self.certsrv(pair) == 503, "the CRLs are out of date")
        self.assertIn("try again later", self.enroll(pair).value(S + "Text"))
        self.assertIn("cannot be asked", self.renew(pair).reason)  # let in, and on to the authority
        wait_until(lambda: self.told()[-1:] == ["revocation_lists.out_of_date"], "an event")
        self.assertEqual(self.metric("crl_in_force"), 0)
        self.assertGreaterEqual(self.metric("crl_fetched_seconds"), fetched)
        self.enrollment.start()
        wait_until(lambda: self.certsrv(pair) == 200, "they are fetched again")
        self.assertEqual(self.enroll(pair).status, 200)


class Unlisted(ByCertificate):
    def outside_settings(self):
        return {}

    def test_refused(self):
        """without revocation_lists a relay does not start with an endpoint where certificates stand for accounts"""
        self.relay.process.stop()
        text = self.relay.config.read_text()
        refused = run([self.relay.program, "run", "--config", self.mapped(text)], check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("revocation_lists", refused.stderr)

    def mapped(self, text):
        more = self.by_certificate()
        del more["enrollment_services"]
        other = self.lab.folder / "mapped.yaml"
        addition = self.lab.folder / "addition.yaml"
        write_yaml(addition, more)
        other.write_text(text.rstrip("\n") + "\n" + addition.read_text())
        return other


if __name__ == "__main__":
    import unittest
    unittest.main()
