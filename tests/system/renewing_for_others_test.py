"""Who renews whose certificate where it is not by key: a stolen key is worth nothing to another caller."""

import signal

from enrollment_test import NAME, OID
from foreign_client import OPENSSL, RST, issue_pkcs10, issue_renewal
from lab.enrollment import AUTHORITY, CERTIFICATE_CES, PASSWORD_CES, Enrollment, web_template
from lab.files import write, write_yaml
from lab.processes import run, wait_until
from lab.relay import RELAY_USER
from relay_test import RelayCase
from renewal_rules_test import ACCESS_DENIED, RenewalCase

MAPPED_CES = f"/{AUTHORITY}_CES_Mapped/service.svc/CES"
MALLORY = "mallory's own password"
RIGHTS = {"enroll": {"users": ["web-enroller", "mallory", RELAY_USER]}}


def add_mallory(service):
    password = write(service.folder / "mallory-password", MALLORY, 0o600)
    run([service.program, "user", "add", "--config", service.config, "--name", "mallory", "--password-file", password])


def kept(client, reply, key, label):
    """What was issued, and its key, for renewals."""
    pair = client.folder / f"{label}.pem", key.rename(client.folder / f"{label}-old.key")
    run([OPENSSL, "x509", "-inform", "DER", "-in", client.save(reply.tokens()[1], f"{label}.der"), "-out", pair[0]])
    return pair


class OthersCase(RenewalCase):
    templates = [web_template(rights=RIGHTS)]

    def start_enrollment(self, templates=None):
        self.enrollment = Enrollment(self.lab)
        mappings = self.lab.folder / "mappings.yaml"
        write_yaml(mappings, {"mappings": [{"name": "web-enroller", "dns": NAME}]})
        self.enrollment.prepare(templates, {
            "certificate_mappings": mappings,
            "enrollment_services": [{"path": MAPPED_CES, "authentication": "certificate"}]})
        add_mallory(self.enrollment)
        self.enrollment.start()

    def first(self, label, name=NAME, **who):
        request, key = self.client.request(name, OID, label)
        reply = self.client.ask(PASSWORD_CES, RST, issue_pkcs10(request), **who)
        self.assertEqual(reply.status, 200, reply.text)
        return kept(self.client, reply, key, label)

    def message(self, pair, name=NAME):
        request, key = self.client.request(name, OID, "again")
        return issue_renewal(self.client.renewal(request, key, pair)), key

    def renewed(self, pair, label, **who):
        body, key = self.message(pair)
        reply = self.client.ask(PASSWORD_CES, RST, body, **who)
        self.assertEqual(reply.status, 200, reply.text)
        return kept(self.client, reply, key, label)


class ByPassword(OthersCase):
    mallory = {"user": "mallory", "password": MALLORY}

    def refused(self, pair):
        self.assert_refused(self.client.ask(PASSWORD_CES, RST, self.message(pair)[0], **self.mallory), ACCESS_DENIED)

    def test_requester(self):
        """who asked first renews again and again, by key in between; another with the right to enrol and the key does not"""
        pair = self.first("first")
        self.refused(pair)
        pair = self.renewed(pair, "second")
        self.refused(pair)
        body, key = self.message(pair)
        reply = self.client.ask_by_certificate(CERTIFICATE_CES, RST, body, pair)
        self.assertEqual(reply.status, 200, reply.text)
        pair = kept(self.client, reply, key, "third")
        self.refused(pair)
        self.renewed(pair, "fourth")

    def test_right(self):
        """renew_for_others: another may, and whoever asked first still may afterwards"""
        pair = self.first("first")
        write_yaml(self.enrollment.folder / "templates" / "WebServer.yaml",
                   web_template(rights={**RIGHTS, "renew_for_others": {"users": ["mallory"]}}))
        self.enrollment.process.send(signal.SIGHUP)
        wait_until(lambda: "template.updated" in self.cli("events", "--json").stdout, "the template is read again")
        pair = self.renewed(pair, "second", **self.mallory)
        self.renewed(pair, "third")


class ByMapping(OthersCase):
    def asked(self, body, pair):
        return self.client.ask_by_certificate(MAPPED_CES, RST, body, pair)

    def test_mapped(self):
        """a TLS certificate that stands for an account renews itself, and what the account asked for; nothing of another's"""
        shown, own = self.first("shown"), self.first("own", "host8.example.test")
        others = self.first("others", "host9.example.test", user="mallory", password=MALLORY)
        made = self.client.folder / "made.pem", self.client.folder / "made.key"
        self.enrollment.issue_test(*made, "host6.example.test")
        by_test = self.client.folder / "by-test.pem", self.client.folder / "by-test.key"
        self.enrollment.issue_test(*by_test, NAME)
        self.assertEqual(self.asked(self.message(shown)[0], shown).status, 200)
        self.assertEqual(self.asked(self.message(by_test)[0], by_test).status, 200)
        self.assertEqual(self.asked(self.message(own, "host8.example.test")[0], shown).status, 200)
        self.assert_refused(self.asked(self.message(others, "host9.example.test")[0], shown), ACCESS_DENIED)
        self.assert_refused(self.asked(self.message(made, "host6.example.test")[0], shown), ACCESS_DENIED)


class OverARelay(RelayCase):
    templates = OthersCase.templates

    def test_relayed(self):
        """inside all is the relay's: outside, nobody renews what another asked for"""
        self.relay.process.stop()
        add_mallory(self.relay)
        self.relay.start()
        reply, key = self.submit_outside()
        self.assertEqual(reply.status, 200, reply.text)
        pair = kept(self.outside, reply, key, "first")
        before = self.inside_events()
        body = issue_renewal(self.outside.renewal(*self.outside.request(NAME, OID), pair))
        refused = self.outside.ask(PASSWORD_CES, RST, body, "mallory", MALLORY)
        self.assertEqual(f"{refused.error_code & 0xFFFFFFFF:08X}", ACCESS_DENIED, refused.text)
        self.assertEqual(self.inside_events(), before)
        self.assertEqual(self.outside.ask(PASSWORD_CES, RST, body).status, 200)


if __name__ == "__main__":
    import unittest
    unittest.main()
