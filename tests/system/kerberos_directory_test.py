"""Callers that a real KDC has proven, with groups and names out of a real OpenLDAP server."""

from authentication_test import BOUND_CEP, BOUND_CES, KerberosCase, provider, service
from foreign_client import RST, issue_pkcs10
from lab.enrollment import Enrollment, web_template
from lab.processes import run
from lab.slapd import Slapd, object_sid

SID = "S-1-5-21-1004336348-1177238915-682003330-1104"


class KerberosDirectory(KerberosCase):
    principals = {"attribute": "uid"}

    def settings(self):
        return {"keytab_file": self.keytab,
                "realms": [{"realm": self.kdc.realm, "short_names": True, "directory": True}]}

    def prepare_enrollment(self):
        self.slapd = Slapd(self.lab)
        self.slapd.prepare({"alice": "password of alice", "carol": "password of carol", "twin": "password of twin"},
                           {"web-admins": ["alice", "carol"]}, more={
            "alice": f"userPrincipalName: alice@{self.kdc.realm}\nmail: alice@example.test\n"
                     + object_sid(SID),
            "twin": f"userPrincipalName: twin@{self.kdc.realm}\nuid: carol\n"})
        self.slapd.start()
        search = self.slapd.by_search()["search"]
        template = {**web_template(subject="built", key_based_renewal=False, rights={"enroll": {"groups": ["web-admins"]}}),
                    "built_from": {"common_name": "caller", "alternative_names": ["upn", "email"]}}
        del template["names"]
        self.enrollment = Enrollment(self.lab)
        self.enrollment.prepare([template], more={
            "kerberos": self.settings(),
            "directory": {**self.slapd.settings(search={**search, "principals": self.principals}),
                          "names": {"upn": "userPrincipalName", "email": "mail", "sid": "objectSid"}},
            "policy_providers": [provider(BOUND_CEP, "kerberos")],
            "enrollment_services": [service(BOUND_CES, "kerberos")]})

    def bound_as(self, name):
        return self.bound(environment=self.log_in(name, self.alice if name == "alice" else self.kdc.add(name)))

    def assert_alices(self):
        self.assert_policies(self.send_token(BOUND_CEP, self.bound()))  # the right is a group's of the directory
        request, _ = self.client.request("evil.example.test", web_template()["oid"])
        reply, _ = self.send_token(BOUND_CES, self.bound(), RST, issue_pkcs10(request))
        self.assertEqual(reply.status, 200, reply.text)
        certificate = self.client.save(reply.tokens()[1], "leaf.der")
        text = run(["/usr/bin/openssl", "x509", "-inform", "DER", "-in", certificate, "-noout", "-text"]).stdout
        self.assertIn("Subject: CN = alice\n", text)
        self.assertIn(f"othername: UPN::alice@{self.kdc.realm}, email:alice@example.test\n", text)
        self.assertNotIn("evil.example.test", text)
        self.assertIn(SID.encode(), certificate.read_bytes())

    def test_issued(self):
        """a Kerberos caller's groups, UPN, address and SID are those of the entry that has the principal"""
        self.assert_alices()

    def test_not_its_entry(self):
        """a principal without an entry, with another letter case, or with two entries is not let in"""
        for name, why in (("bob", "no entry"), ("Alice", "letter for letter"), ("carol", "several entries"),
                          ("al*", "no entry"), ("al)", "no entry")):
            self.assert_refused(self.send_token(BOUND_CEP, self.bound_as(name)), f"{name[:2]}.*{why}")

    def test_down(self):
        """the directory is down: a fault that says to come again, not a 401; then it works again"""
        self.slapd.process.stop()
        reply, _ = self.send_token(BOUND_CEP, self.bound())
        self.assertEqual(reply.status, 500)
        self.assertIn("try again later", reply.reason)
        self.slapd.start()
        self.assert_policies(self.send_token(BOUND_CEP, self.bound()))


class WithRealm(KerberosDirectory):
    """The entry has the whole principal."""
    principals = {"attribute": "userPrincipalName", "with_realm": True}

    def test_not_its_entry(self):
        """whole principals: nobody without an entry comes in"""
        self.assert_refused(self.send_token(BOUND_CEP, self.bound_as("carol")), "carol.*no entry")

    def test_down(self):
        """whole principals: the same certificate over a restart of the directory"""
        self.slapd.process.stop()
        self.slapd.start()
        self.assert_alices()


if __name__ == "__main__":
    import unittest
    unittest.main()
