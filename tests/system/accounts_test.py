"""Rights and SIDs of accounts over the days between a request, its approval and its renewals; slapd has the accounts."""

import json

from directory_test import CES, PEOPLE, DirectoryCase
from enrollment_test import NAME, OID
from foreign_client import E, OPENSSL, RST, issue_pkcs10, issue_renewal, query
from lab.enrollment import AUTHORITY, web_template
from lab.files import write, write_yaml
from lab.processes import LabError, run
from lab.slapd import Slapd, object_sid
from renewal_rules_test import ACCESS_DENIED, sid_line

SID, OTHER_SID = "S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1105"
MAPPED_CES = f"/{AUTHORITY}_CES_Mapped/service.svc/CES"


class AccountsCase(DirectoryCase):
    def setUp(self):
        super().setUp()
        self.slapd.process.stop()
        self.slapd = Slapd(self.lab, "accounts")
        self.slapd.prepare(PEOPLE, {"web-admins": ["ann"]}, more={"ann": object_sid(SID)})
        self.slapd.start()

    def start_with(self, **changes):
        self.mappings = self.lab.folder / "mappings.yaml"
        write_yaml(self.mappings, {"mappings": [{"name": "web1", "dns": "web1.example.test"}]})
        self.template = web_template(key_based_renewal=False, **changes)
        if self.template["subject"] == "built":
            del self.template["names"]
        self.start({**self.slapd.settings(**self.slapd.by_dn()), "names": {"sid": "objectSid"}}, self.template, {
            "certificate_mappings": self.mappings,
            "enrollment_services": [{"path": MAPPED_CES, "authentication": "certificate"}]})
        self.cli_config = self.lab.folder / "perennial.yaml"
        write_yaml(self.cli_config, {"enrollment": {
            "url": self.enrollment.admin_url, "trust_file": self.enrollment.root, "token_file": self.enrollment.admin_token}})

    def cli(self, *arguments):
        return run([self.lab.program("perennial"), "--config", self.cli_config, "enrollment", *arguments]).stdout

    def submit(self, body, user="ann"):
        url = self.enrollment.url(CES)
        return self.client.post(url, self.client.envelope(url, RST, body, user, PEOPLE[user]))

    def waiting(self, reply):
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIsNone(reply.tokens()[1])
        return reply.value(E + "RequestID")

    def put(self, **changes):
        write_yaml(self.enrollment.folder / "templates" / "WebServer.yaml", {**self.template, **changes})
        self.enrollment.process.stop()
        self.enrollment.start()

    def assert_refused(self, reply, code):
        self.assertEqual(reply.status, 500, reply.text)
        self.assertEqual(f"{reply.error_code & 0xFFFFFFFF:08X}", code, reply.reason)


class Approval(AccountsCase):
    def approved_only_with(self, request_id, rights, others):
        """The right that held is named no more: no approval can do without; named again it holds by what is on record."""
        for other in others:
            self.put(rights={"enroll": other})
            with self.assertRaisesRegex(LabError, "permissions on the certificate template"):
                self.cli("approve", request_id)
        self.put(rights={"enroll": rights})
        self.cli("approve", request_id)

    def test_group(self):
        """a request waits that its caller's group had the right to: approved while a group of the caller's has it, and no more"""
        self.start_with(manager_approval=True, rights={"enroll": {"groups": ["web-admins"]}})
        request_id = self.waiting(self.submit(issue_pkcs10(self.client.request(NAME, OID)[0])))
        self.slapd.process.stop()  # nobody is asked again
        self.approved_only_with(request_id, {"groups": ["web-admins"]}, [{"groups": ["others"]}, {"users": ["bob"]}])
        self.slapd.start()
        self.assertIsNotNone(self.submit(query(request_id)).tokens()[1])

    def test_certificate(self):
        """the same where the right is a TLS certificate's, which is looked up again: revoked it gives none"""
        name = {"certificates": ["dns:web1.example.test"]}
        self.start_with(manager_approval=True, rights={"enroll": name})
        pair = self.client.folder / "web1.pem", self.client.folder / "web1.key"
        self.enrollment.issue_test(*pair)
        ids = [self.waiting(self.client.ask_by_certificate(
            MAPPED_CES, RST, issue_pkcs10(self.client.request(NAME, OID)[0]), pair)) for _ in range(2)]
        self.approved_only_with(ids[0], name, [{"certificates": ["dns:web2.example.test"]}])
        self.enrollment.revoke(pair[0])
        with self.assertRaisesRegex(LabError, "permissions on the certificate template"):
            self.cli("approve", ids[1])

    def test_sid_is_shown(self):
        """who decides sees the SID that the certificate will have, of a request and of a renewal"""
        self.start_with(manager_approval=True, rights={"enroll": {"groups": ["web-admins"]}})
        request, key = self.client.request(NAME, OID, more=sid_line(SID))
        request_id = self.waiting(self.submit(issue_pkcs10(request)))
        self.cli("approve", request_id)
        pair = write(self.client.folder / "old.pem", ""), key.rename(self.client.folder / "old.key")
        der = self.client.save(self.submit(query(request_id)).tokens()[1], "old.der")
        run([OPENSSL, "x509", "-inform", "DER", "-in", der, "-out", pair[0]])
        self.waiting(self.submit(issue_renewal(self.client.renewal(*self.client.request(NAME, OID), pair))))
        shown = [item["names"] for item in json.loads(self.cli("requests", "--json"))["items"] if item["requester"] == "ann"]
        self.assertEqual(shown, [f"dns:{NAME}, sid:{SID}"] * 2)


class MadeAnew(AccountsCase):
    def test_renewal(self):
        """an account made anew under its name does not renew the certificate of the one before: its SID is another"""
        self.start_with(subject="built", built_from={"common_name": "caller"}, rights={"enroll": {"users": ["ann"]}})
        request, key = self.client.request("ann", OID, names=[])
        reply = self.submit(issue_pkcs10(request))
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIn(SID.encode(), self.client.save(reply.tokens()[1], "old.der").read_bytes())
        pair = self.client.folder / "old.pem", key.rename(self.client.folder / "old.key")
        run([OPENSSL, "x509", "-inform", "DER", "-in", self.client.folder / "old.der", "-out", pair[0]])
        self.assertEqual(self.renewed(pair).status, 200)
        self.slapd.process.stop()
        change = write(self.lab.folder / "anew.ldif", f"dn: {self.slapd.dn('ann')}\nchangetype: modify\nreplace: objectSid\n"
                       + object_sid(OTHER_SID))
        run(["/usr/sbin/slapmodify", "-f", self.slapd.config, "-l", change])
        self.slapd.start()
        self.assert_refused(self.renewed(pair), ACCESS_DENIED)
        self.assertEqual(self.submit(issue_pkcs10(self.client.request("ann", OID, names=[])[0])).status, 200)

    def renewed(self, pair):
        return self.submit(issue_renewal(self.client.renewal(*self.client.request("ann", OID, "again", names=[]), pair)))


if __name__ == "__main__":
    import unittest
    unittest.main()
